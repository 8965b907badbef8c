"""gate.protocols.gemini.answer and usage: whole answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect, Operation
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.gemini import CODEC
from gate.protocols.gemini.usage import read_usage, write_usage
from gate.protocols.sse import iter_events
from tests.protocols import reading, vendor_sdks
from tests.protocols.gemini.shapes import COUNTS, WHOLE, answer


def body(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def test_what_is_read() -> None:
    found = CODEC.read_answer(body(WHOLE), Operation.CHAT)
    assert found.usage == Usage(input=200, output=25, cache_read=50, reasoning=5)
    assert (found.finish_reasons, found.response_model, found.response_id) == (
        ("STOP",),
        "gemini-3.8-flash",
        "resp-1",
    )


def test_a_blocked_prompt_is_an_answer() -> None:
    blocked = {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}
    assert CODEC.read_answer(body(blocked), Operation.CHAT).finish_reasons == ("PROHIBITED_CONTENT",)


def test_a_candidate_without_a_reason_has_none() -> None:
    assert CODEC.read_answer(body(answer([{"text": "a"}])), Operation.CHAT).finish_reasons == ()


@pytest.mark.parametrize(
    "value",
    [
        {},
        [],
        [{}],
        3,
        {"candidates": [3]},
        {"candidates": {}},
        {"error": {"code": 500}},
        [{"error": {"code": 500}}],
        {"id": "chatcmpl-1", "choices": []},
    ],
)
def test_what_is_no_answer(value: Any) -> None:
    with pytest.raises(ValueError):
        CODEC.read_answer(body(value), Operation.CHAT)


def test_a_stream_that_came_as_an_array() -> None:
    """As a server sends it that was not asked for events, or took no notice."""
    chunks = [answer([{"text": "a"}]), answer([{"text": "b"}], "STOP", COUNTS)]
    found = CODEC.read_answer(body(chunks), Operation.CHAT)
    assert (found.finish_reasons, found.usage.output, found.response_id) == (("STOP",), 25, "resp-1")
    stream = CODEC.synthesize(body(chunks), reading.SCANNED)
    assert [json.loads(data) for _, data in iter_events(stream)] == chunks
    assert reading.read(Dialect.GEMINI, [stream]).done


def test_an_answer_with_nothing_but_counts_passes() -> None:
    assert CODEC.read_answer(body({"usageMetadata": COUNTS}), Operation.CHAT).usage.input == 200


def test_the_stream_of_a_whole_answer() -> None:
    stream = CODEC.synthesize(body(WHOLE), reading.SCANNED)
    ((_, data),) = iter_events(stream)
    assert json.loads(data) == WHOLE
    found = reading.read(Dialect.GEMINI, [stream])
    assert (found.done, found.failure, found.content) == (True, None, True)
    (seen,) = vendor_sdks.generated_from(stream)
    assert seen.text == "Hello é"


def test_counting() -> None:
    assert (
        CODEC.read_answer(b'{"totalTokens": 31, "promptTokensDetails": []}', Operation.COUNT_TOKENS).input_tokens == 31
    )
    with pytest.raises(ValueError):
        CODEC.read_answer(b'{"totalTokens": "31"}', Operation.COUNT_TOKENS)


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        ({}, NOT_REPORTED),
        (None, NOT_REPORTED),
        ({"promptTokenCount": 9}, Usage(input=9)),
        ({"promptTokenCount": 9, "totalTokenCount": 9}, Usage(input=9, output=0)),
        ({"promptTokenCount": 9, "toolUsePromptTokenCount": 4, "candidatesTokenCount": 1}, Usage(input=13, output=1)),
        ({"promptTokenCount": 9, "thoughtsTokenCount": 4}, Usage(input=9, output=4, reasoning=4)),
        ({"promptTokenCount": 9.0, "candidatesTokenCount": "x"}, Usage(input=9)),
        ({"promptTokenCount": -1, "totalTokenCount": True}, NOT_REPORTED),
    ],
)
def test_counts(counts: Any, usage: Usage) -> None:
    assert read_usage(counts) == usage


@pytest.mark.parametrize(
    "usage",
    [
        Usage(input=200, output=25, cache_read=50, reasoning=5),
        Usage(input=3, output=0),
        Usage(input=3),
        NOT_REPORTED,
    ],
)
def test_counts_survive_the_way_to_a_client(usage: Usage) -> None:
    written = write_usage(usage)
    if written is None:
        assert usage == NOT_REPORTED
        return
    assert read_usage(written).input == usage.input
    assert read_usage(written).output == (usage.output or 0)
    assert read_usage(written).reasoning == usage.reasoning
    assert written["totalTokenCount"] == (usage.input or 0) + (usage.output or 0)
