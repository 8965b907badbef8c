"""Width and height of a picture, read from the head of its base64 text. PNG, JPEG, GIF and WebP.

https://www.w3.org/TR/png/#11IHDR, https://www.w3.org/Graphics/JPEG/itu-t81.pdf (B.2.2),
https://www.w3.org/Graphics/GIF/spec-gif89a.txt (18), https://developers.google.com/speed/webp/docs/riff_container
"""

import base64
from binascii import Error as BinasciiError

HEAD = 128 << 10
"""So many characters of base64 are read of a JPEG, whose size stands behind its metadata and preview; of the others a
few suffice."""
_SHORT = 64
_JPEG = b"\xff\xd8"
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_NOT_FRAMES = frozenset({0xC4, 0xC8, 0xCC})

Size = tuple[int, int]


def picture_size(data: str) -> Size | None:
    """(width, height) in pixels; None when the head does not tell. data: base64, without `data:`."""
    head = _decoded(data, _SHORT)
    if head.startswith(_JPEG):
        return _valid(_jpeg(_decoded(data, HEAD)))
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return _valid((_big(head, 16, 4), _big(head, 20, 4)))
    if head.startswith((b"GIF87a", b"GIF89a")) and len(head) >= 10:
        return _valid((_little(head, 6, 2), _little(head, 8, 2)))
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP" and len(head) >= 30:
        return _valid(_webp(head))
    return None


def _decoded(data: str, characters: int) -> bytes:
    head = data[: characters & ~3]
    head = head[: len(head) & ~3]
    try:
        return base64.b64decode(head.replace("-", "+").replace("_", "/"))
    except (BinasciiError, ValueError):
        return b""


def _big(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length])


def _little(data: bytes, at: int, length: int) -> int:
    return int.from_bytes(data[at : at + length], "little")


def _valid(size: Size | None) -> Size | None:
    return size if size is not None and size[0] > 0 and size[1] > 0 else None


def _jpeg(data: bytes) -> Size | None:
    """The first frame header behind the markers."""
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _NO_LENGTH:
            at += 2
        elif 0xC0 <= marker <= 0xCF and marker not in _NOT_FRAMES:
            return _big(data, at + 7, 2), _big(data, at + 5, 2)
        else:
            at += 2 + _big(data, at + 2, 2)
    return None


def _webp(data: bytes) -> Size | None:
    form = data[12:16]
    if form == b"VP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if form == b"VP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None
