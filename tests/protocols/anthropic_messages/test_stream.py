"""gate.protocols.anthropic_messages.stream: reads along, changes nothing, knows a whole stream from a broken one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.core.usage import Usage
from gate.protocols.anthropic_messages.stream import PING as OUR_PING
from gate.protocols.sse import iter_events, split_events
from tests.protocols import reading
from tests.protocols.anthropic_messages.shapes import PING, STOP, STREAM, THINKING, TOOL, ending, sse, start, text

D = Dialect.ANTHROPIC_MESSAGES


def read(*chunks: bytes) -> reading.Reading:
    return reading.read(D, chunks)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 400), max_size=30), st.booleans())
def test_any_chunking_same_bytes_same_answer(sizes: list[int], crlf: bool) -> None:
    stream = STREAM.replace(b"\n", b"\r\n") if crlf else STREAM
    found = reading.read(D, reading.cut(stream, sizes))
    assert found.out == stream
    assert found.answer.usage == Usage(input=12307, output=550, cache_read=0, cache_write=12304)
    assert found.answer.finish_reasons == ("tool_use",)
    assert (found.answer.response_model, found.answer.response_id) == ("claude-x", "msg_1")
    assert (found.content, found.done, found.failure) == (True, True, None)
    assert found.events == len(split_events(STREAM))
    assert found.ending == (b"", None)


def test_content_begins_after_message_start_and_pings() -> None:
    tap = reading.tap(D)
    for event in (b": comment\n\n", start(input_tokens=1), PING, b"event: ping\ndata: {}\n\n"):
        assert not tap.feed(event).content
    assert tap.feed(sse("content_block_start", index=0, content_block={"type": "text", "text": ""})).content
    assert tap.feed(PING).content


def test_an_answer_without_a_block_has_content_with_its_ending() -> None:
    assert read(start(), ending()).content


def test_the_names_of_events_are_not_needed() -> None:
    stream = b"".join(b"data: " + data + b"\n\n" for _, data in iter_events(STREAM))
    found = read(stream)
    assert found.out == stream
    assert (found.answer.finish_reasons, found.done) == (("tool_use",), True)


def test_missing_message_stop_is_supplied() -> None:
    found = read(start(), text(0, "a"), ending())
    assert found.ending == (b'event: message_stop\ndata: {"type":"message_stop"}\n\n', None)
    tap = reading.tap(D)
    tap.feed(start() + text(0, "a") + ending())
    assert tap.feed(tap.finish()[0]).done
    assert tap.finish() == (b"", None)


@pytest.mark.parametrize(
    "stream",
    [
        b"",
        start(),
        start() + THINKING,
        start() + THINKING + TOOL[:-60],
        start() + sse("content_block_start", index=0, content_block={"type": "text"}) + ending(),
        start() + text(0, "a") + ending(None),
        b"garbage\n\n",
        b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n',
    ],
)
def test_a_broken_stream_is_named(stream: bytes) -> None:
    missing, failure = read(stream).ending
    assert missing == b""
    assert failure is not None
    assert failure.kind is FailureKind.TRUNCATED_STREAM


def error(kind: str) -> bytes:
    return sse("error", error={"type": kind, "message": "words"})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("overloaded_error", FailureKind.OVERLOADED),
        ("rate_limit_error", FailureKind.RATE_LIMITED),
        ("api_error", FailureKind.STREAM_ERROR),
        ("something_new", FailureKind.STREAM_ERROR),
    ],
)
def test_error_events(kind: str, expected: FailureKind) -> None:
    early = read(start() + PING + error(kind) + text(0, "never"))
    assert early.failure is not None
    assert (early.failure.kind, early.content) == (expected, False)
    assert early.out == start() + PING + error(kind)
    late = read(start() + text(0, "a") + error(kind), text(1, "b"))
    assert late.failure is not None
    assert (late.failure.kind, late.content, late.out) == (expected, True, start() + text(0, "a") + error(kind))
    assert "words" not in late.failure.detail


def test_malformed_events_pass_untouched_and_uncounted() -> None:
    odd = b'event: content_block_start\ndata: {"type":\n\nevent: x\n\ndata: [1]\n\n\n'
    found = read(start(), odd, text(0, "a"), odd, ending(), STOP)
    assert found.out == start() + odd + text(0, "a") + odd + ending() + STOP
    assert (found.done, found.events) == (True, 6)
    assert not read(odd).content


def test_events_and_blocks_nobody_knows_are_content() -> None:
    found = read(sse("event_of_tomorrow", payload=1))
    assert found.content
    assert found.events == 1


def test_an_emoji_cut_in_two_loses_nothing() -> None:
    event = b'event: message_delta\ndata: {"type":"message_delta","x":"\\ud83d","delta":{"stop_reason":"end_turn"}}\n\n'
    assert read(start(), event).answer.finish_reasons == ("end_turn",)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(split_events(STREAM))
        | st.binary(max_size=30)
        | st.sampled_from([b"\n\n", b"data: {}\n\n", b'data: {"type":5}\n\n', b"event: message_delta\ndata: null\n\n"]),
        max_size=12,
    )
)
def test_no_bytes_make_a_tap_raise_or_change_them(parts: list[bytes]) -> None:
    found = read(*parts)
    assert b"".join(parts).startswith(found.out)
    tap = reading.tap(D)
    assert tap.feed(b"".join(parts)).events >= 0


def test_error_event() -> None:
    made = reading.tap(D).error_event(GateError(ErrorCode.UPSTREAM_INTERRUPTED, "broken off"))
    ((name, data),) = iter_events(made)
    assert (name, json.loads(data)) == (
        "error",
        {"type": "error", "error": {"type": "api_error", "message": "broken off"}},
    )


def test_ping() -> None:
    assert list(iter_events(OUR_PING)) == [("ping", b'{"type": "ping"}')]
