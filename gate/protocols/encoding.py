"""Content codings: a request body decoded whole under a limit, an upstream's stream decoded piece by piece.

gzip (RFC 1952), deflate (RFC 1950, and the bare RFC 1951 some senders mean by it) and zstd (RFC 8878, 9659) are read.
Brotli is not: it is refused by name, and Gate asks upstreams for `identity`. No input makes memory grow past the limit.
"""

import io
import zlib
from typing import Protocol

import zstandard

from gate.core.errors import ErrorCode, GateError

SUPPORTED = ("gzip", "deflate", "zstd")
PIECE_LIMIT = 64 << 20
"""The most one piece of an upstream's stream may grow to, in bytes."""

_ZSTD_WINDOW = 8 << 20  # RFC 9659: the most a zstd content coding may ask of its receiver
# One zstd block of four bytes can stand for 128 KiB, so input is taken in slices that cannot grow past some megabytes.
_ZSTD_SLICE = 256
_CODINGS_AT_MOST = 2


class Decoder(Protocol):
    """Decodes one stream. Both methods raise GateError invalid_body for bytes that do not decode."""

    def feed(self, data: bytes) -> bytes:
        """What can be decoded so far of this piece."""
        ...

    def finish(self) -> bytes:
        """The stream ended: what was still held. Raises also when it ended too early."""
        ...


def decoder(name: str) -> Decoder:
    """A decoder for one content coding. Raises GateError unsupported_encoding."""
    match name.strip().lower():
        case "gzip" | "x-gzip":
            return _Zlib("gzip")
        case "deflate":
            return _Zlib("deflate")
        case "zstd":
            return _Zstd()
        case "identity" | "":
            return _Identity()
        case _:
            raise _unsupported(name)


def decode_body(body: bytes, encoding: bytes, limit: int) -> bytes:
    """A whole request body, decoded. encoding: the header's value; several codings are undone last first.
    Raises GateError: unsupported_encoding, invalid_body, body_too_large (more than `limit` bytes)."""
    names = [name.strip().lower() for name in encoding.decode("latin-1").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > _CODINGS_AT_MOST:
        raise GateError(ErrorCode.UNSUPPORTED_ENCODING, f"more than {_CODINGS_AT_MOST} content codings at once")
    for name in reversed(names):
        if name == "zstd":
            body = _unzstd(body, limit)
        elif name in ("gzip", "x-gzip", "deflate"):
            body = _Zlib("deflate" if name == "deflate" else "gzip", limit, whole=True).all(body)
        else:
            raise _unsupported(name)
    return body


def _unsupported(name: str) -> GateError:
    shown = "br (Brotli)" if name.strip().lower() == "br" else "this content-encoding"
    return GateError(ErrorCode.UNSUPPORTED_ENCODING, f"{shown} is not supported; use {', '.join(SUPPORTED)} or none")


def _invalid(name: str) -> GateError:
    return GateError(ErrorCode.INVALID_BODY, f"the body is not valid {name}, although its content-encoding says so")


def _too_large(limit: int) -> GateError:
    return GateError(ErrorCode.BODY_TOO_LARGE, f"the decoded body is larger than {limit} bytes")


class _Identity:
    def feed(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class _Zlib:
    """gzip with any number of members, and both kinds of deflate. limit: bytes of one `feed`, or of the whole."""

    def __init__(self, name: str, limit: int = PIECE_LIMIT, *, whole: bool = False) -> None:
        self._name = name
        self._limit = limit
        self._whole = whole
        self._object = None if name == "deflate" else zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._first = b""
        self._started = False

    def all(self, data: bytes) -> bytes:
        return self.feed(data) + self.finish()

    def feed(self, data: bytes) -> bytes:
        if self._object is None:
            self._first += data
            if len(self._first) < 2:
                return b""
            data, self._first = self._first, b""
            self._object = zlib.decompressobj(zlib.MAX_WBITS if _is_zlib(data) else -zlib.MAX_WBITS)
        parts: list[bytes] = []
        room = self._limit
        while data:
            if self._object.eof:
                if self._name != "gzip" or not data.strip(b"\0"):
                    break  # padding after the end
                self._object = zlib.decompressobj(zlib.MAX_WBITS | 16)
            self._started = True
            try:
                part = self._object.decompress(data, room + 1)
            except zlib.error:
                raise _invalid(self._name) from None
            room -= len(part)
            if room < 0:
                raise _too_large(self._limit) if self._whole else _invalid(self._name)
            parts.append(part)
            data = self._object.unused_data or self._object.unconsumed_tail
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def finish(self) -> bytes:
        if self._first or not self._started or self._object is None or not self._object.eof:
            raise _invalid(self._name)
        return b""


def _is_zlib(data: bytes) -> bool:
    """RFC 1950: compression method 8, and the first two bytes a multiple of 31."""
    return data[0] & 0x0F == 8 and int.from_bytes(data[:2]) % 31 == 0


class _Zstd:
    def __init__(self) -> None:
        self._frames = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW)
        self._object = self._frames.decompressobj()
        self._started = False

    def feed(self, data: bytes) -> bytes:
        parts: list[bytes] = []
        room = PIECE_LIMIT
        for at in range(0, len(data), _ZSTD_SLICE):
            part = self._slice(data[at : at + _ZSTD_SLICE])
            room -= len(part)
            if room < 0:
                raise _invalid("zstd")
            parts.append(part)
        return b"".join(parts)

    def _slice(self, data: bytes) -> bytes:
        out = b""
        while data:
            if self._object.eof:
                self._object = self._frames.decompressobj()
            self._started = True
            try:
                out += self._object.decompress(data)
            except zstandard.ZstdError:
                raise _invalid("zstd") from None
            data = self._object.unused_data if self._object.eof else b""
        return out

    def finish(self) -> bytes:
        if not self._started or not self._object.eof:
            raise _invalid("zstd")
        return b""


def _unzstd(body: bytes, limit: int) -> bytes:
    """Every frame of a body; a frame cut short is an error."""
    checker = _Zstd()
    out = io.BytesIO()
    for at in range(0, len(body), _ZSTD_SLICE):
        out.write(checker.feed(body[at : at + _ZSTD_SLICE]))
        if out.tell() > limit:
            raise _too_large(limit)
    checker.finish()
    return out.getvalue()
