"""AWS event-stream frames: `application/vnd.amazon.eventstream`, cut out of a byte stream and checked.

A frame is a prelude (total length, length of the headers, CRC-32 of both), headers, a payload and a CRC-32 of all
before it; numbers are big-endian. Layout and header types: https://smithy.io/2.0/aws/amazon-eventstream.html (read
2026-11-21). Promises: however the bytes are cut, the same frames come out; a frame that does not check is a
`FramingError` and nothing of it is used; no length a peer claims is waited for beyond `MOST_BYTES`.
"""

import struct
import zlib
from collections.abc import Mapping
from typing import NamedTuple

CONTENT_TYPE = b"application/vnd.amazon.eventstream"
MOST_BYTES = 25 << 20
"""Of one frame; AWS's own bound is 24 MiB of payload."""
MOST_HEADER_BYTES = 128 << 10

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_SHORT = struct.Struct(">H")
_STRING = 7
_BYTES = 6
# Bytes of a header value by its type: true, false, byte, short, integer, long, (bytes, string), timestamp, UUID.
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}


class FramingError(Exception):
    """The bytes are no event stream. The text says what is wrong, never what stands in them."""


class Frame(NamedTuple):
    """headers: those whose values are strings, all that AWS's services send. payload: as it came."""

    headers: Mapping[str, str]
    payload: bytes


class FrameDecoder:
    """Cuts one stream into frames."""

    def __init__(self) -> None:
        self._held = bytearray()
        # All frames of a stream but the last have the same headers, byte for byte: they are read once.
        self._raw = b""
        self._headers: Mapping[str, str] = {}

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now. Raises FramingError; the stream is of no use after it."""
        held = self._held
        held += data
        frames: list[Frame] = []
        at = 0
        while len(held) - at >= _PRELUDE.size:
            total, header_bytes = _prelude(held, at)
            if len(held) - at < total:
                break
            frames.append(self._frame(bytes(held[at : at + total]), header_bytes))
            at += total
        if at:
            del held[:at]
        return frames

    def _frame(self, whole: bytes, header_bytes: int) -> Frame:
        """One whole frame whose lengths are known."""
        (checksum,) = _CRC.unpack_from(whole, len(whole) - _CRC.size)
        if zlib.crc32(memoryview(whole)[: -_CRC.size]) != checksum:
            raise FramingError("the checksum of a frame is wrong")
        end = _PRELUDE.size + header_bytes
        raw = whole[_PRELUDE.size : end]
        if raw != self._raw:
            self._raw, self._headers = raw, _headers(raw)
        return Frame(self._headers, whole[end : -_CRC.size])

    @property
    def unfinished(self) -> bool:
        """Whether bytes of a frame came whose end did not."""
        return bool(self._held)


def _prelude(held: bytearray, at: int) -> tuple[int, int]:
    """Length of a whole frame and of its headers, checked before either is believed."""
    total, header_bytes, checksum = _PRELUDE.unpack_from(held, at)
    if zlib.crc32(held[at : at + 8]) != checksum:
        raise FramingError("the checksum of a frame's prelude is wrong")
    overhead = _PRELUDE.size + _CRC.size
    if total > MOST_BYTES or header_bytes > MOST_HEADER_BYTES or total < overhead + header_bytes:
        raise FramingError("a frame's lengths cannot be")
    return total, header_bytes


def _headers(data: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name = data[at + 1 : name_end].decode()
            kind = data[name_end]
            at = name_end + 1
            if kind in (_STRING, _BYTES):
                (size,) = _SHORT.unpack_from(data, at)
                at += _SHORT.size + size
                if kind == _STRING:
                    found[name] = data[at - size : at].decode()
            else:
                at += _FIXED[kind]
    except (IndexError, KeyError, struct.error, UnicodeDecodeError):
        raise FramingError("a frame's headers cannot be read") from None
    if at != len(data):
        raise FramingError("a frame's headers are cut short")
    return found
