"""gate.protocols.openai_responses.stream: reads along, changes nothing, and goes on counting in its own error event."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.registry import codec
from gate.protocols.sse import iter_events, split_events
from tests.protocols import reading
from tests.protocols.openai_responses.shapes import (
    ADDED,
    ANSWER,
    BEGUN,
    COMPLETED,
    CREATED,
    DELTAS,
    IN_PROGRESS,
    STREAM,
    USAGE,
    response,
    sse,
)

D = Dialect.OPENAI_RESPONSES
COUNTED = Usage(input=200, output=25, cache_read=50, cache_write=20, reasoning=5)


def read(*chunks: bytes) -> reading.Reading:
    return reading.read(D, chunks)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=30), st.booleans())
def test_any_chunking_same_bytes_same_answer(sizes: list[int], crlf: bool) -> None:
    stream = STREAM.replace(b"\n", b"\r\n") if crlf else STREAM
    found = reading.read(D, reading.cut(stream, sizes))
    assert found.out == stream
    assert found.answer.usage == COUNTED
    assert found.answer.finish_reasons == ("completed",)
    assert (found.answer.response_model, found.answer.response_id) == ("gpt-x", "resp_1")
    assert (found.content, found.done, found.failure) == (True, True, None)
    assert found.events == len(split_events(STREAM))
    assert found.ending == (b"", None)


def test_content_begins_after_the_lifecycle_events() -> None:
    tap = reading.tap(D)
    queued = sse("response.queued", 1, response=response("queued"))
    for event in (b": comment\n\n", CREATED, queued, IN_PROGRESS, sse("keepalive", 2)):
        assert not tap.feed(event).content
    assert tap.feed(ADDED).content


def test_the_names_of_events_are_not_needed() -> None:
    stream = b"".join(b"data: " + data + b"\n\n" for _, data in iter_events(STREAM))
    found = read(stream)
    assert (found.out, found.done, found.answer.usage) == (stream, True, COUNTED)


def test_an_incomplete_response_is_whole_with_its_reason() -> None:
    last = response("incomplete", incomplete_details={"reason": "max_output_tokens"}, usage=USAGE)
    found = read(BEGUN, sse("response.incomplete", 7, response=last))
    assert (found.done, found.answer.finish_reasons, found.answer.usage) == (True, ("max_output_tokens",), COUNTED)


@pytest.mark.parametrize("stream", [b"", CREATED, BEGUN, STREAM[:-1], b"garbage\n\n", b'data: {"choices":[]}\n\n'])
def test_a_broken_stream_is_named(stream: bytes) -> None:
    missing, failure = read(stream).ending
    assert missing == b""
    assert failure is not None
    assert failure.kind is FailureKind.TRUNCATED_STREAM


def failed(code: str) -> bytes:
    return sse("response.failed", 9, response=response("failed", error={"code": code, "message": "words"}))


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        (failed("server_error"), FailureKind.STREAM_ERROR),
        (failed("rate_limit_exceeded"), FailureKind.RATE_LIMITED),
        (failed("insufficient_quota"), FailureKind.QUOTA_EXHAUSTED),
        (failed("context_length_exceeded"), FailureKind.CONTEXT_OVERFLOW),
        (sse("response.failed", 9, response=response("failed")), FailureKind.STREAM_ERROR),
        (sse("error", 9, code="server_is_overloaded", message="words"), FailureKind.OVERLOADED),
        (sse("error", 9, error={"type": "slow_down", "message": "words"}), FailureKind.OVERLOADED),
        (sse("error", 9, message="words", code=None), FailureKind.STREAM_ERROR),
    ],
)
def test_failures_of_the_upstream(event: bytes, kind: FailureKind) -> None:
    early = read(CREATED + event + ADDED)
    assert early.failure is not None
    assert (early.failure.kind, early.content, early.out) == (kind, False, CREATED + event)
    late = read(BEGUN, event, COMPLETED)
    assert late.failure is not None
    assert (late.failure.kind, late.content, late.out) == (kind, True, BEGUN + event)
    assert "words" not in late.failure.detail


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(split_events(STREAM))
        | st.binary(max_size=30)
        | st.sampled_from([b"\n\n", b"data: {}\n\n", b'data: {"type":"response.completed"}\n\n', b"data: 5\n\n"])
        | st.just(b'event: response.x\ndata: {"response":5}\n\n'),
        max_size=12,
    )
)
def test_no_bytes_make_a_tap_raise_or_change_them(parts: list[bytes]) -> None:
    found = read(*parts)
    assert b"".join(parts).startswith(found.out)
    tap = reading.tap(D)
    assert tap.feed(b"".join(parts)).events >= 0
    assert list(iter_events(tap.error_event(BROKEN)))


BROKEN = GateError(ErrorCode.UPSTREAM_INTERRUPTED, "broken off")


def error_events(fed: bytes, error: GateError = BROKEN) -> list[dict[str, Any]]:
    tap = reading.tap(D)
    if fed:
        tap.feed(fed)
    found = [(name, json.loads(data)) for name, data in iter_events(tap.error_event(error))]
    assert all(name == event["type"] for name, event in found)
    return [event for _, event in found]


@pytest.mark.parametrize(
    ("fed", "number"), [(BEGUN, 7), (BEGUN[: -len(split_events(DELTAS)[-1])], 6), (CREATED + ADDED, 3)]
)
def test_the_error_event_goes_on_with_the_same_response(fed: bytes, number: int) -> None:
    (event,) = error_events(fed)
    assert (event["type"], event["sequence_number"]) == ("response.failed", number)
    made = event["response"]
    assert (made["id"], made["model"], made["created_at"]) == ("resp_1", "gpt-x", 1700000000)
    assert made["status"] == "failed"
    assert made["error"] == {"code": "server_error", "message": "broken off"}


@pytest.mark.parametrize(("fed", "made_id", "model"), [(b"", "resp_gate", "asked-model"), (CREATED, "resp_1", "gpt-x")])
def test_before_content_the_error_begins_its_own_stream(fed: bytes, made_id: str, model: str) -> None:
    events = error_events(fed)
    assert [(event["type"], event["sequence_number"]) for event in events] == [
        ("response.created", 0),
        ("response.failed", 1),
    ]
    assert {event["response"]["id"] for event in events} == {made_id}
    assert {event["response"]["model"] for event in events} == {model}


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (ErrorCode.OVERLOADED, "rate_limit_exceeded"),
        (ErrorCode.CONTEXT_TOO_LONG, "context_length_exceeded"),
        (ErrorCode.UPSTREAM_TIMEOUT, "server_error"),
        (ErrorCode.INVALID_BODY, "invalid_prompt"),
    ],
)
def test_codes_of_the_error_event(code: ErrorCode, shown: str) -> None:
    (event,) = error_events(BEGUN, GateError(code, "words", retry_after_s=3))
    assert event["response"]["error"]["code"] == shown
    assert ("try again in 3s" in event["response"]["error"]["message"]) == (code is ErrorCode.OVERLOADED)


def test_the_answer_is_the_same_as_of_the_whole_body() -> None:
    assert read(STREAM).answer == codec(D).read_answer(json.dumps(ANSWER).encode(), Operation.CHAT)
