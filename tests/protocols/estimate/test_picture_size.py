"""Sizes of pictures made by programs nobody here wrote, and of what is none."""

import base64
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.estimate.picture_size import picture_size


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def png(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + bytes(200)


def gif(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + bytes(40)


def jpeg(width: int, height: int, *, before: bytes = b"", marker: int = 0xC0) -> bytes:
    app0 = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    tables = b"\xff\xc4" + struct.pack(">H", 21) + bytes(19)
    frame = b"\xff" + bytes([marker]) + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app0 + before + tables + b"\xff" + frame + b"\xff\xda" + bytes(60)


def webp(kind: bytes, payload: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(payload)) + payload
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk + bytes(40)


LOSSY = bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", 1280, 720)
LOSSLESS = b"\x2f" + struct.pack("<I", (1280 - 1) | (720 - 1) << 14)
EXTENDED = bytes(4) + (1280 - 1).to_bytes(3, "little") + (720 - 1).to_bytes(3, "little")
METADATA = b"".join(b"\xff\xe1" + struct.pack(">H", 30_002) + bytes(30_000) for _ in range(2))


@pytest.mark.parametrize(
    "data",
    [
        png(1280, 720),
        gif(1280, 720),
        jpeg(1280, 720),
        jpeg(1280, 720, marker=0xC2),
        jpeg(1280, 720, before=METADATA),
        webp(b"VP8 ", LOSSY),
        webp(b"VP8L", LOSSLESS),
        webp(b"VP8X", EXTENDED),
    ],
    ids=["png", "gif", "jpeg", "progressive", "jpeg-with-metadata", "webp", "webp-lossless", "webp-extended"],
)
def test_every_kind(data: bytes) -> None:
    assert picture_size(text(data)) == (1280, 720)
    assert picture_size(base64.urlsafe_b64encode(data).decode()) == (1280, 720)


def test_the_smallest_png_there_is() -> None:
    """One pixel, as its first 68 bytes stand in a hundred style sheets."""
    pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
    assert picture_size(pixel) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"hello",
        png(0, 5),
        png(5, 5)[:20],
        gif(0, 0),
        b"\xff\xd8",
        b"\xff\xd8\xff\xe0\x00\x00" * 40,
        jpeg(9, 9)[:30],
        b"\xff\xd8" + bytes(90),
        b"RIFF\0\0\0\0WEBPVP9 " + bytes(40),
        b"\0\0\0\x18ftypheic" + bytes(40),
    ],
)
def test_what_has_none(data: bytes) -> None:
    assert picture_size(text(data)) is None


@given(st.one_of(st.text(max_size=80), st.binary(max_size=80).map(text)))
def test_never_raises(data: str) -> None:
    size = picture_size(data)
    assert size is None or min(size) > 0


@given(st.binary(max_size=300))
def test_no_jpeg_makes_it_raise(data: bytes) -> None:
    size = picture_size(text(b"\xff\xd8\xff" + data))
    assert size is None or min(size) > 0
