"""gate.protocols.openai_chat.stream: reads along; takes out only the usage chunk the client did not ask for."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.core.usage import NOT_REPORTED, Usage
from gate.protocols.registry import codec
from gate.protocols.sse import iter_events, split_events
from tests.protocols import reading
from tests.protocols.openai_chat.shapes import BODY, DONE, HEAD, ROLE, STREAM, TOOL, USAGE, USAGE_ONLY, chunk, sse

D = Dialect.OPENAI_CHAT
ASKED = replace(reading.SCANNED, asked_usage=True)
COUNTED = Usage(input=200, output=25, cache_read=50, reasoning=5)


def read(*chunks: bytes) -> reading.Reading:
    return reading.read(D, chunks)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=30), st.booleans(), st.booleans())
def test_any_chunking_same_bytes_same_answer(sizes: list[int], crlf: bool, asked: bool) -> None:
    expected = STREAM if asked else BODY + DONE
    stream = STREAM.replace(b"\n", b"\r\n") if crlf else STREAM
    found = reading.read(D, reading.cut(stream, sizes), ASKED if asked else reading.SCANNED)
    assert found.out == (expected.replace(b"\n", b"\r\n") if crlf else expected)
    assert found.answer.usage == COUNTED
    assert found.answer.finish_reasons == ("tool_calls",)
    assert (found.answer.response_model, found.answer.response_id) == ("gpt-x", "chatcmpl-1")
    assert (found.content, found.done, found.failure) == (True, True, None)
    assert found.events == len(split_events(expected))
    assert found.ending == (b"", None)


@pytest.mark.parametrize(
    "delta",
    [
        {"content": "x"},
        {"role": "assistant", "content": "x"},
        {"tool_calls": [{"index": 0}]},
        {"function_call": {"name": "f"}},
        {"reasoning_content": "x"},
        {"reasoning": "x"},
        {"refusal": "x"},
    ],
)
def test_content_begins_with_a_delta_that_says_something(delta: dict[str, object]) -> None:
    tap = reading.tap(D)
    for event in (
        b": OPENROUTER PROCESSING\n\n",
        sse(choices=[], prompt_filter_results=[]),
        ROLE,
        chunk({"role": "assistant", "content": None, "tool_calls": [], "refusal": None}),
        chunk({}),
    ):
        assert not tap.feed(event).content
    assert tap.feed(chunk(delta)).content


def test_content_begins_with_a_finish_reason() -> None:
    assert read(chunk({}, "stop")).content


def test_usage_beside_choices_stays_and_counts() -> None:
    stream = ROLE + chunk({"content": "x"}) + chunk({}, "stop", usage=USAGE) + DONE
    found = read(stream)
    assert (found.out, found.answer.usage) == (stream, COUNTED)


def test_usage_in_every_chunk() -> None:
    stream = chunk({"content": "x"}, usage={"prompt_tokens": 200}) + chunk({}, "stop", usage=USAGE)
    found = read(stream, USAGE_ONLY, DONE)
    assert (found.out, found.answer.usage) == (stream + DONE, COUNTED)


def test_null_usage_is_none() -> None:
    stream = chunk({"content": "x"}, usage=None) + chunk({}, "stop", usage=None) + sse(choices=[], usage=None) + DONE
    found = read(stream)
    assert (found.out, found.answer.usage) == (stream, NOT_REPORTED)


def test_missing_done_is_supplied() -> None:
    found = read(BODY, USAGE_ONLY, b"data: [DONE]\n")
    assert found.ending == (DONE, None)
    tap = reading.tap(D)
    tap.feed(BODY)
    assert tap.feed(tap.finish()[0]).done
    assert tap.finish() == (b"", None)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        ROLE,
        DONE,
        ROLE + DONE,
        ROLE + TOOL,
        chunk({"content": "x"}, index=0) + chunk({"content": "y"}, index=1) + chunk({}, "stop", index=0),
        b"garbage\n\n",
        b'data: {"type":"message_start"}\n\n',
    ],
)
def test_a_broken_stream_is_named(stream: bytes) -> None:
    missing, failure = read(stream).ending
    assert missing == b""
    assert failure is not None
    assert failure.kind is FailureKind.TRUNCATED_STREAM


def test_done_without_a_finish_reason_ends_what_has_content() -> None:
    assert read(chunk({"content": "x"}) + DONE).ending == (b"", None)


def test_many_choices() -> None:
    stream = chunk({"content": "x"}, index=1) + chunk({"content": "y"}) + chunk({}, "length", 1) + chunk({}, "stop")
    found = read(stream)
    assert found.answer.finish_reasons == ("stop", "length")
    assert found.ending == (DONE, None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "words", "type": "server_error", "code": None}, FailureKind.STREAM_ERROR),
        ({"message": "words", "code": 429}, FailureKind.RATE_LIMITED),
        ({"message": "maximum context length is 5 tokens", "code": 400}, FailureKind.CONTEXT_OVERFLOW),
        ("words", FailureKind.STREAM_ERROR),
    ],
)
def test_error_chunks(error: object, kind: FailureKind) -> None:
    event = b"data: " + json.dumps({"error": error}).encode() + b"\n\n"
    early = read(ROLE + event + BODY)
    assert early.failure is not None
    assert (early.failure.kind, early.content, early.out) == (kind, False, ROLE + event)
    with_choices = sse(choices=[{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}], error=error)
    late = read(chunk({"content": "x"}), with_choices, DONE)
    assert late.failure is not None
    assert (late.failure.kind, late.content, late.out) == (kind, True, chunk({"content": "x"}) + with_choices)


def test_an_emoji_cut_in_two_loses_nothing() -> None:
    halves = [
        json.dumps({**HEAD, "choices": [{"delta": {"content": "%s"}}]}).replace("%s", h) for h in (r"\ud83d", r"\ude00")
    ]
    found = read(*(b"data: " + half.encode() + b"\n\n" for half in halves), chunk({}, "stop"), DONE)
    assert (found.answer.finish_reasons, found.events, found.content) == (("stop",), 4, True)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(split_events(BODY + DONE))
        | st.binary(max_size=30)
        | st.sampled_from(
            [b"\n\n", b"data: {}\n\n", b'data: {"choices":5}\n\n', b'data: {"choices":[{"delta":5}]}\n\n']
        ),
        max_size=12,
    )
)
def test_no_bytes_make_a_tap_raise_or_change_them(parts: list[bytes]) -> None:
    found = read(*parts)
    assert b"".join(parts).startswith(found.out)
    assert reading.tap(D).feed(b"".join(parts)).events >= 0


def test_error_event() -> None:
    made = reading.tap(D).error_event(GateError(ErrorCode.UPSTREAM_TIMEOUT, "too slow"))
    ((_, data),) = iter_events(made)
    expected = {"message": "too slow", "type": "server_error", "param": None, "code": "upstream_timeout"}
    assert json.loads(data) == {"error": expected}


def test_ping_is_a_comment() -> None:
    ping = codec(D).ping
    assert split_events(ping) == [ping]
    assert list(iter_events(ping)) == []
