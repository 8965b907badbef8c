"""gate.protocols.openai_chat.words: finish reasons both ways, and efforts for budgets."""

from __future__ import annotations

import pytest

from gate.protocols.canonical.answer import Stop
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.openai_chat.words import effort_of, finish_of, stop_of


@pytest.mark.parametrize(
    ("word", "native", "stop"),
    [
        (None, None, Stop.END),
        ("stop", None, Stop.END),
        ("STOP", None, Stop.END),
        ("length", None, Stop.MAX_TOKENS),
        ("model_length", None, Stop.CONTEXT_FULL),
        ("content_filter", None, Stop.REFUSAL),
        ("insufficient_system_resource", None, Stop.OTHER),
        ("", None, Stop.OTHER),
        ("stop", "Stop_Sequence", Stop.STOP_SEQUENCE),
        ("stop", "pause_turn", Stop.PAUSE),
        ("length", "model_context_window_exceeded", Stop.CONTEXT_FULL),
        ("length", "unheard_of", Stop.MAX_TOKENS),
        ("stop", 128009, Stop.END),
    ],
)
def test_why_an_answer_ended(word: str | None, native: object, stop: Stop) -> None:
    assert stop_of(word, native, called=False) is stop


@pytest.mark.parametrize(
    ("word", "called", "stop"),
    [
        ("tool_calls", True, Stop.TOOL_USE),
        ("stop", True, Stop.TOOL_USE),
        (None, True, Stop.TOOL_USE),
        ("length", True, Stop.MAX_TOKENS),
        ("tool_calls", False, Stop.END),
        ("function_call", False, Stop.END),
    ],
)
def test_calls_decide_over_the_word(word: str | None, called: bool, stop: Stop) -> None:
    assert stop_of(word, None, called=called) is stop


@pytest.mark.parametrize(
    ("stop", "legacy", "word"),
    [
        (None, False, "stop"),
        (Stop.END, True, "stop"),
        (Stop.STOP_SEQUENCE, False, "stop"),
        (Stop.PAUSE, False, "stop"),
        (Stop.OTHER, False, "stop"),
        (Stop.MAX_TOKENS, False, "length"),
        (Stop.CONTEXT_FULL, False, "length"),
        (Stop.REFUSAL, True, "content_filter"),
        (Stop.TOOL_USE, False, "tool_calls"),
        (Stop.TOOL_USE, True, "function_call"),
    ],
)
def test_the_word_for_a_client(stop: Stop | None, legacy: bool, word: str) -> None:
    assert finish_of(stop, legacy=legacy) == word


@pytest.mark.parametrize(
    ("asked", "effort"),
    [
        (Reasoning(), None),
        (Reasoning(on=False, effort=Effort.HIGH), Effort.NONE),
        (Reasoning(on=True, budget=0), Effort.NONE),
        (Reasoning(budget=9, effort=Effort.XHIGH), Effort.XHIGH),
        (Reasoning(budget=1), Effort.LOW),
        (Reasoning(budget=1024), Effort.LOW),
        (Reasoning(budget=1025), Effort.MEDIUM),
        (Reasoning(budget=8192), Effort.MEDIUM),
        (Reasoning(budget=8193), Effort.HIGH),
        (Reasoning(budget=-1), None),
        (Reasoning(on=True), Effort.MEDIUM),
        (Reasoning(on=True, adaptive=True), None),
    ],
)
def test_the_nearest_effort(asked: Reasoning, effort: Effort | None) -> None:
    assert effort_of(asked) is effort
