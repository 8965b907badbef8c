"""gate.protocols.sse: whole events, nothing changed, however the bytes come in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.protocols.sse import EventSplitter, SseOverflow, iter_events, make_event, parse_event, split_events

_parts = st.sampled_from(
    [
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\n\r\n",
        b"data: a",
        b"data:",
        b"event: e",
        b": c",
        b"\xef\xbb\xbf",
        b"\xc3",
        b'data: {"x":"\xc3\xa9"}',
        b"id: 1",
        b"x",
    ]
)
streams = st.lists(_parts, max_size=30).map(b"".join)
cuts = st.lists(st.integers(1, 7), max_size=60)


def chunked(stream: bytes, sizes: list[int]) -> list[bytes]:
    chunks: list[bytes] = []
    at = 0
    for size in sizes:
        chunks.append(stream[at : at + size])
        at += size
    return [*chunks, stream[at:]]


@settings(max_examples=400, deadline=None)
@given(streams, cuts)
def test_any_chunking_gives_the_same_bytes(stream: bytes, sizes: list[int]) -> None:
    splitter, whole = EventSplitter(), EventSplitter()
    out = [splitter.feed(chunk) for chunk in chunked(stream, sizes)]
    assert b"".join(out) + splitter.tail == stream
    assert b"".join(out) == whole.feed(stream)
    assert splitter.tail == whole.tail


@settings(max_examples=400, deadline=None)
@given(streams, cuts)
def test_any_chunking_gives_the_same_events(stream: bytes, sizes: list[int]) -> None:
    splitter, whole = EventSplitter(), EventSplitter()
    out = [event for chunk in chunked(stream, sizes) for event in iter_events(splitter.feed(chunk))]
    assert out == list(iter_events(whole.feed(stream)))


@settings(max_examples=300, deadline=None)
@given(streams)
def test_split_events_keeps_every_byte(stream: bytes) -> None:
    events = EventSplitter().feed(stream)
    pieces = split_events(events)
    assert b"".join(pieces) == events
    assert all(EventSplitter().feed(piece + b"x") == piece for piece in pieces)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_each_line_end(end: bytes) -> None:
    stream = end.join([b"event: a", b"data: 1", b"", b": comment", b"", b"data: 2", b"data: 3", b"", b"data: 4"])
    splitter = EventSplitter()
    whole = b"".join(splitter.feed(bytes([byte])) for byte in stream)
    assert list(iter_events(whole)) == [("a", b"1"), ("message", b"2\n3")]
    assert splitter.tail == b"data: 4"
    assert len(split_events(whole)) == 3


def test_mixed_line_ends_are_one_end() -> None:
    assert EventSplitter().feed(b"data: a\r\n\ndata: b\n\r\ndata: c\r\n") == b"data: a\r\n\ndata: b\n\r\n"


def test_a_crlf_cut_in_two_is_no_empty_line() -> None:
    splitter = EventSplitter()
    assert splitter.feed(b"data: a\r") == b""
    assert splitter.feed(b"\ndata: b\r") == b""
    assert splitter.feed(b"\n\r") == b""
    assert splitter.feed(b"\n") == b"data: a\r\ndata: b\r\n\r\n"
    assert splitter.tail == b""


def test_whole_chunks_come_back_as_they_are() -> None:
    chunk = b"data: 1\n\ndata: 2\n\n"
    assert EventSplitter().feed(chunk) is chunk


def test_an_event_without_an_end_overflows() -> None:
    splitter = EventSplitter(100)
    splitter.feed(b"data: " + b"x" * 94)
    with pytest.raises(SseOverflow):
        splitter.feed(b"x")
    with pytest.raises(SseOverflow):
        EventSplitter(100).feed(b"data: 1\n\n" + b"x" * 101)
    assert EventSplitter(10).feed(b"data: " + b"x" * 50 + b"\n\n")[-2:] == b"\n\n"


def test_fields() -> None:
    assert parse_event(b"event:a\ndata:1\ndata:  2\nid: 7\nretry: 1\n\n") == ("a", b"1\n 2")
    assert parse_event(b"\xef\xbb\xbfdata: 1\n\n") == ("message", b"1")
    assert parse_event(b"data\n\n") == ("message", b"")
    assert parse_event(b": ping\n\n") is None
    assert parse_event(b"event: a\n\n") is None
    assert parse_event(b"\n") is None


def test_made_events_are_one_event_each() -> None:
    assert make_event("a", {"b": 1}) == b'event: a\ndata: {"b":1}\n\n'
    assert make_event(None, {"b": "x\ny"}) == b'data: {"b":"x\\ny"}\n\n'
