"""gate.protocols.gemini.words: why an answer ended, in both vocabularies."""

from __future__ import annotations

import pytest

from gate.protocols.canonical.answer import Stop
from gate.protocols.gemini.words import STOPS, stop_of, word_of


@pytest.mark.parametrize(
    ("word", "plain", "with_calls"),
    [
        ("STOP", Stop.END, Stop.TOOL_USE),
        ("UNEXPECTED_TOOL_CALL", Stop.OTHER, Stop.TOOL_USE),
        ("MAX_TOKENS", Stop.MAX_TOKENS, Stop.MAX_TOKENS),
        ("CONTINUATION", Stop.MAX_TOKENS, Stop.MAX_TOKENS),
        ("SAFETY", Stop.REFUSAL, Stop.REFUSAL),
        ("IMAGE_RECITATION", Stop.REFUSAL, Stop.REFUSAL),
        ("MALFORMED_FUNCTION_CALL", Stop.OTHER, Stop.OTHER),
        ("FINISH_REASON_UNSPECIFIED", Stop.OTHER, Stop.OTHER),
        ("stop", Stop.OTHER, Stop.OTHER),
        ("", Stop.OTHER, Stop.OTHER),
    ],
)
def test_what_a_reason_means(word: str, plain: Stop, with_calls: Stop) -> None:
    assert stop_of(word, calls=False) is plain
    assert stop_of(word, calls=True) is with_calls


@pytest.mark.parametrize("word", ["CONTINUATION", "MODEL_ARMOR", "LANGUAGE", "MALFORMED_RESPONSE", "NO_IMAGE"])
def test_geminis_own_word_is_kept(word: str) -> None:
    assert word_of(Stop.END, word) == word
    assert word_of(None, word) == word


@pytest.mark.parametrize("word", [None, "", "end_turn", "stop", "FINISH_REASON_UNSPECIFIED"])
@pytest.mark.parametrize(
    ("stop", "made"),
    [
        (Stop.END, "STOP"),
        (Stop.TOOL_USE, "STOP"),
        (Stop.STOP_SEQUENCE, "STOP"),
        (Stop.PAUSE, "STOP"),
        (Stop.MAX_TOKENS, "MAX_TOKENS"),
        (Stop.CONTEXT_FULL, "MAX_TOKENS"),
        (Stop.REFUSAL, "SAFETY"),
        (Stop.OTHER, "OTHER"),
        (None, "OTHER"),
    ],
)
def test_other_vendors_words_are_not(stop: Stop | None, word: str | None, made: str) -> None:
    assert word_of(stop, word) == made


@pytest.mark.parametrize("stop", list(Stop))
def test_every_canonical_stop_has_a_word_a_gemini_client_knows(stop: Stop) -> None:
    word = word_of(stop, None)
    assert word in STOPS or word == "OTHER"
    lesser = {Stop.TOOL_USE: Stop.END, Stop.STOP_SEQUENCE: Stop.END, Stop.PAUSE: Stop.END}
    assert stop_of(word, calls=False) is {**lesser, Stop.CONTEXT_FULL: Stop.MAX_TOKENS}.get(stop, stop)
    assert stop_of(word, calls=True) is not Stop.END
