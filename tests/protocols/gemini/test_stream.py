"""gate.protocols.gemini.stream: reads along, changes nothing, knows a whole stream from a broken one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.gemini.stream import PING
from gate.protocols.sse import iter_events
from tests.protocols import reading, vendor_sdks
from tests.protocols.gemini.shapes import CALL, STREAM, answer, chunk, sse

D = Dialect.GEMINI


def read(*chunks: bytes) -> reading.Reading:
    return reading.read(D, chunks)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=30), st.booleans())
def test_any_chunking_same_bytes_same_answer(sizes: list[int], crlf: bool) -> None:
    stream = STREAM if crlf else STREAM.replace(b"\r\n", b"\n")
    found = reading.read(D, reading.cut(stream, sizes))
    assert found.out == stream
    assert found.answer.usage == Usage(input=200, output=25, cache_read=50, reasoning=5)
    assert found.answer.finish_reasons == ("STOP",)
    assert (found.answer.response_model, found.answer.response_id) == ("gemini-3.8-flash", "resp-1")
    assert (found.content, found.done, found.failure) == (True, True, None)
    assert found.events == 6
    assert found.ending == (b"", None)


def test_content_begins_with_a_part_that_says_something() -> None:
    tap = reading.tap(D)
    for event in (PING, chunk(), chunk([{"text": ""}]), chunk([{"text": "", "thought": True}]), b": comment\n\n"):
        assert not tap.feed(event).content
    assert tap.feed(chunk([CALL])).content
    assert read(chunk([], "STOP")).content
    assert read(chunk([{"inlineData": {"mimeType": "image/png", "data": "AA"}}])).content


def test_a_prompt_that_was_blocked_is_a_whole_answer() -> None:
    found = read(sse({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}))
    assert (found.content, found.done, found.failure) == (True, True, None)
    assert found.answer.finish_reasons == ("SAFETY",)
    assert found.ending == (b"", None)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        PING,
        chunk([{"text": "a"}]),
        chunk([CALL]),
        b"garbage\n\n",
        b"data: [DONE]\n\n",
        b'data: {"candidates": 3}\n\n',
        sse({"candidates": [{"index": 0, "finishReason": "STOP"}, {"index": 1}]}),
    ],
)
def test_a_stream_without_its_end_is_truncated(stream: bytes) -> None:
    found = read(stream)
    assert found.out == stream
    missing, failure = found.ending
    assert missing == b""
    assert failure is not None
    assert failure.kind is FailureKind.TRUNCATED_STREAM


def test_every_candidate_has_to_end() -> None:
    both = {"candidates": [{"index": 0, "finishReason": "STOP"}, {"index": 1, "finishReason": "MAX_TOKENS"}]}
    found = read(sse({"candidates": [{"index": 1, "content": {"parts": [{"text": "b"}]}}]}), sse(both))
    assert found.done
    assert found.answer.finish_reasons == ("STOP", "MAX_TOKENS")


def test_the_last_counts_count_also_when_they_come_early_or_late() -> None:
    late = {"usageMetadata": {"promptTokenCount": 7, "candidatesTokenCount": 8, "totalTokenCount": 15}}
    cut_off = read(chunk([{"text": "a"}]), sse({**answer([{"text": "b"}]), **late}))
    assert cut_off.answer.usage == Usage(input=7, output=8)
    after = read(chunk([{"text": "a"}], "STOP"), sse(late))
    assert after.answer.usage == Usage(input=7, output=8)
    assert after.done


def test_an_error_in_the_stream() -> None:
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    found = read(chunk([{"text": "a"}]), sse(error) + chunk([{"text": "never read"}]))
    assert found.failure is not None
    assert found.failure.kind is FailureKind.OVERLOADED
    assert found.out.endswith(sse(error))


def test_words_in_a_text_that_look_like_members() -> None:
    found = read(chunk([{"text": "a"}]), chunk([{"text": '"finishReason": "error" "promptFeedback"'}]))
    assert (found.done, found.failure) == (False, None)


@pytest.mark.parametrize("code", ErrorCode)
def test_the_error_event_is_googles(code: ErrorCode) -> None:
    event = reading.tap(D).error_event(GateError(code, "words"))
    ((name, data),) = iter_events(event)
    body = json.loads(data)
    assert name == "message"
    assert body.keys() == {"error"}
    assert "words" in body["error"]["message"]


def test_a_ping_is_nothing_to_googles_client() -> None:
    seen = vendor_sdks.generated_from(PING + chunk([{"text": "a"}]) + PING + PING + chunk([{"text": "b"}], "STOP"))
    assert [one.text for one in seen] == ["a", "b"]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_pass_and_raise_nothing(lines: list[bytes]) -> None:
    tap = reading.tap(D)
    for line in lines:
        event = b"data: " + line.replace(b"\n", b"").replace(b"\r", b"") + b"\n\n"
        assert tap.feed(event).forward == event
    tap.answer()
    tap.end()
