"""What the tests of all three dialects do with streams: feed one in any chunking, and see what the client gets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gate.core.dialect import Dialect, Operation
from gate.core.failure import Failure
from gate.protocols.codec import Answer, Scanned, Span, StreamTap
from gate.protocols.registry import codec
from gate.protocols.sse import EventSplitter

SCANNED = Scanned(model="asked-model", model_at=Span(0, 0), stream=True)


def tap(dialect: Dialect, scanned: Scanned = SCANNED) -> StreamTap:
    return codec(dialect).tap(scanned)


def scan(dialect: Dialect, body: bytes, operation: Operation = Operation.CHAT) -> Scanned:
    return codec(dialect).scan(body, operation)


@dataclass(frozen=True)
class Reading:
    """What came of a stream: the bytes for the client, and what the tap had learned at its end."""

    out: bytes
    answer: Answer
    content: bool
    done: bool
    failure: Failure | None
    events: int
    ending: tuple[bytes, Failure | None]


def read(dialect: Dialect, chunks: Iterable[bytes], scanned: Scanned = SCANNED) -> Reading:
    """As the engine does it: until the stream ends or an event reports a failure."""
    made = tap(dialect, scanned)
    splitter = EventSplitter()
    out, content, done, failure, events = b"", False, False, None, 0
    for chunk in chunks:
        whole = splitter.feed(chunk)
        if not whole:
            continue
        piece = made.feed(whole)
        assert piece.content >= content  # it never goes back
        out, content, done = out + piece.forward, piece.content, piece.done
        events, failure = events + piece.events, piece.failure
        if failure is not None:
            break
    return Reading(out, made.answer(), content, done, failure, events, made.finish())


def cut(stream: bytes, sizes: list[int]) -> list[bytes]:
    """The stream in chunks of these sizes, the rest as the last one."""
    chunks: list[bytes] = []
    at = 0
    for size in sizes:
        chunks.append(stream[at : at + size])
        at += size
    return [*chunks, stream[at:]]
