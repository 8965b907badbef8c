"""gate.protocols.anthropic_messages.words: every stop reason, both ways."""

from __future__ import annotations

import pytest

from gate.protocols.anthropic_messages.words import reason_of, stop_of
from gate.protocols.canonical.answer import Stop

WORDS = [
    ("end_turn", Stop.END),
    ("max_tokens", Stop.MAX_TOKENS),
    ("stop_sequence", Stop.STOP_SEQUENCE),
    ("pause_turn", Stop.PAUSE),
    ("refusal", Stop.REFUSAL),
    ("model_context_window_exceeded", Stop.CONTEXT_FULL),
]


@pytest.mark.parametrize(("word", "stop"), WORDS)
def test_words_both_ways(word: str, stop: Stop) -> None:
    assert stop_of(word, called=False) is stop
    assert reason_of(stop, "anything") == word


def test_calls_decide_between_end_and_tool_use() -> None:
    assert stop_of("end_turn", called=True) is Stop.TOOL_USE
    assert stop_of("tool_use", called=True) is Stop.TOOL_USE
    assert stop_of("tool_use", called=False) is Stop.END
    assert stop_of("max_tokens", called=True) is Stop.MAX_TOKENS
    assert stop_of(None, called=True) is Stop.TOOL_USE
    assert reason_of(Stop.TOOL_USE, "stop") == "tool_use"


def test_words_without_a_canonical_one_keep_theirs() -> None:
    assert stop_of("compaction", called=False) is Stop.OTHER
    assert reason_of(Stop.OTHER, "compaction") == "compaction"
    assert reason_of(Stop.OTHER, "content_filter") == "end_turn"
    assert (reason_of(None, None), reason_of(Stop.OTHER, None)) == ("end_turn", "end_turn")


@pytest.mark.parametrize("stop", Stop)
def test_every_stop_has_a_reason(stop: Stop) -> None:
    assert reason_of(stop, None)
