"""How an answer looks when nothing goes wrong: its length, pace, framing, usage, compression and oddities.

Every member has a default that real providers show; a test names what it wants to be different.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import zstandard

from tests.harness.http1 import Headers
from tests.harness.says import Says

FILLER = "lorem ipsum dolor sit amet "


@dataclass(frozen=True, slots=True)
class Tokens:
    """Counts that the scripted provider reports. All but messages report their sum as prompt, as OpenAI and Google do.

    reasoning: the part of `output` that was thinking.
    """

    input: int = 120
    output: int = 25
    cache_read: int = 50
    cache_write: int = 30
    reasoning: int = 0

    @property
    def prompt(self) -> int:
        """All input tokens, cached or not."""
        return self.input + self.cache_read + self.cache_write


@dataclass(frozen=True, slots=True)
class Shape:
    """Members:

    usage: `normal`; `missing` (never reported); `repeated` (again in later events, cumulative); `plain` (without cache
      members); `inline` (chat: in the last chunk with choices); `unasked` (chat: also when not asked for).
    tokens: the counts reported.
    thinking: a signed thinking block (messages), a reasoning item with encrypted content (responses), a reasoning text
      (chat) or a thought and signed calls (gemini) first.
    says: what is said in the place of the task's next step. strict: what the real vendor would refuse is refused, with
      its words (refusals.py).
    text_chunks: cut the text (of a final or side answer) into that many deltas, with filler where it is too short.
    text_bytes: lengthen the text with filler to at least that many bytes.
    head_delay, first_delay, interval: seconds before the head, between head and first event, between events.
    encoding: `gzip`, `deflate` or `zstd`, flushed after every event. framing: `chunked`, `length` or
      `close`; by default chunked for a stream and length for a document.
    chunk_bytes: cut the body into pieces of that many bytes, each a chunk and a write of its own.
    write_bytes: cut everything on the wire, head and framing included, into writes of that many bytes.
    comments: SSE comment lines between events. crlf: SSE lines end in CR LF. bom: a byte order mark first.
    drop: SSE events to leave out, by event name (`ping`, `message_stop`) or, for chat, `[DONE]` and `finish`.
    headers: extra response headers. answer_model: what the answer calls its model (default: what was asked for).
    """

    usage: str = "normal"
    tokens: Tokens = Tokens()
    thinking: bool = False
    says: Says | None = None
    strict: bool = False
    text_chunks: int | None = None
    text_bytes: int = 0
    head_delay: float = 0
    first_delay: float = 0
    interval: float = 0
    encoding: str | None = None
    framing: str | None = None
    chunk_bytes: int | None = None
    write_bytes: int | None = None
    comments: bool = False
    crlf: bool = False
    bom: bool = False
    drop: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    answer_model: str | None = None

    def with_changes(self, **changes: Any) -> Shape:
        """This shape with other values; JSON forms of `tokens`, `drop` and `headers` are taken too.

        Raises TypeError for a member that does not exist, ValueError for a word that does not.
        """
        values = {one.name: getattr(self, one.name) for one in fields(self)} | changes
        tokens: Any = values["tokens"]
        values["tokens"] = tokens if isinstance(tokens, Tokens) else Tokens(**tokens)
        values["drop"] = tuple(values["drop"])
        values["headers"] = header_pairs(values["headers"])
        shape = Shape(**values)
        for member, words in _WORDS.items():
            if getattr(shape, member) not in words:
                raise ValueError(f"{member} is one of {words}, not {getattr(shape, member)!r}")
        return shape

    def text(self, text: str) -> str:
        """The text, lengthened as `text_bytes` and `text_chunks` ask."""
        wanted = max(self.text_bytes, self.text_chunks or 0)
        missing = wanted - len(text)
        if missing <= 0:
            return text
        return text + " " + (FILLER * (missing // len(FILLER) + 1))[: max(missing - 1, 0)]

    def pieces(self, text: str, size: int = 7) -> list[str]:
        """The text cut into deltas: `text_chunks` of them if that is set, else of `size` characters."""
        if self.text_chunks is None:
            step = size if self.text_bytes <= 10_000 else 4096
            return [text[start : start + step] for start in range(0, len(text), step)] or [""]
        count = self.text_chunks
        return [text[index * len(text) // count : (index + 1) * len(text) // count] for index in range(count)]


_WORDS = {
    "usage": ("normal", "missing", "repeated", "plain", "inline", "unasked"),
    "encoding": (None, "gzip", "deflate", "zstd"),
    "framing": (None, "chunked", "length", "close"),
}


def header_pairs(headers: Any) -> tuple[tuple[str, str], ...]:
    """Headers given as an object or as a list of pairs, as pairs. Values become text."""
    pairs: Any = list(headers.items()) if hasattr(headers, "items") else headers
    return tuple((str(name), str(value)) for name, value in pairs)


class Compressor:
    """Compresses a body piece by piece so that each piece can be read as soon as it arrives."""

    def __init__(self, encoding: str) -> None:
        import zlib

        if encoding == "zstd":
            stream = zstandard.ZstdCompressor().compressobj()
            self._feed, self._end = stream.compress, stream.flush
            self._flush = lambda: stream.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        else:
            # `deflate` in HTTP is the zlib format (RFC 9110, 8.4.1.2).
            window = zlib.MAX_WBITS | (16 if encoding == "gzip" else 0)
            deflate = zlib.compressobj(wbits=window)
            self._feed, self._end = deflate.compress, deflate.flush
            self._flush = lambda: deflate.flush(zlib.Z_SYNC_FLUSH)

    def piece(self, data: bytes) -> bytes:
        """The compressed form of one piece."""
        return self._feed(data) + self._flush()

    def end(self) -> bytes:
        """What ends the compressed body."""
        return self._end()


def sse(event: str | None, data: str) -> bytes:
    """One server-sent event. `data` is one line."""
    return (f"event: {event}\ndata: {data}\n\n" if event else f"data: {data}\n\n").encode()


def dress(events: Iterator[bytes], shape: Shape) -> Iterator[bytes]:
    """The events with the oddities that the shape asks for."""
    for index, event in enumerate(events):
        dressed = b": PROCESSING\n\n" + event if shape.comments else event
        if shape.crlf:
            dressed = dressed.replace(b"\n", b"\r\n")
        yield b"\xef\xbb\xbf" + dressed if shape.bom and index == 0 else dressed
    if shape.comments:
        yield b": the end" + (b"\r\n\r\n" if shape.crlf else b"\n\n")


def content_headers(content_type: str, shape: Shape) -> Headers:
    """The headers that say what the body is."""
    encoding = [("content-encoding", shape.encoding)] if shape.encoding else []
    return [("content-type", content_type), *encoding, *shape.headers]
