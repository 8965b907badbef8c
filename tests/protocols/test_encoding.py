"""gate.protocols.encoding: what is decoded, what is refused, and that nothing grows without bound."""

from __future__ import annotations

import gzip
import zlib

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.errors import ErrorCode, GateError
from gate.protocols.encoding import decode_body, decoder

LIMIT = 1 << 20


def raw_deflate(data: bytes) -> bytes:
    made = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return made.compress(data) + made.flush()


ENCODERS = {
    b"gzip": gzip.compress,
    b"x-gzip": gzip.compress,
    b"deflate": zlib.compress,
    b"Deflate": raw_deflate,
    b" ZSTD ": zstandard.ZstdCompressor().compress,
}
named = pytest.mark.parametrize("name", ENCODERS)


def refused(body: bytes, name: bytes, limit: int = LIMIT) -> ErrorCode:
    with pytest.raises(GateError) as caught:
        decode_body(body, name, limit)
    return caught.value.code


@named
def test_whole_bodies(name: bytes) -> None:
    for data in (b"", b"x", b'{"a":1}' * 5000):
        assert decode_body(ENCODERS[name](data), name, LIMIT) == data


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(ENCODERS)), st.binary(max_size=400), st.integers(1, 50))
def test_any_chunking_decodes_to_the_same_bytes(name: bytes, data: bytes, size: int) -> None:
    packed = ENCODERS[name](data)
    made = decoder(name.decode())
    out = [made.feed(packed[at : at + size]) for at in range(0, len(packed), size)]
    assert b"".join([*out, made.finish()]) == data


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(list(ENCODERS)), st.binary(max_size=60))
def test_garbage_is_an_error_with_a_name(name: bytes, data: bytes) -> None:
    try:
        decode_body(data, name, LIMIT)
    except GateError as error:
        assert error.code is ErrorCode.INVALID_BODY


@named
def test_a_body_cut_short(name: bytes) -> None:
    packed = ENCODERS[name](b"some body of a request " * 20)
    assert refused(packed[:-3], name) is ErrorCode.INVALID_BODY
    assert refused(b"", name) is ErrorCode.INVALID_BODY
    made = decoder(name.decode())
    made.feed(packed[:-3])
    with pytest.raises(GateError):
        made.finish()


@named
def test_the_limit(name: bytes) -> None:
    assert decode_body(ENCODERS[name](b"x" * 1000), name, 1000) == b"x" * 1000
    assert refused(ENCODERS[name](b"x" * 1001), name, 1000) is ErrorCode.BODY_TOO_LARGE
    assert refused(ENCODERS[name](b"\0" * (80 << 20)), name) is ErrorCode.BODY_TOO_LARGE


@named
def test_a_piece_of_a_stream_cannot_grow_without_bound(name: bytes) -> None:
    packed = ENCODERS[name](b"\0" * (80 << 20))
    with pytest.raises(GateError):
        decoder(name.decode()).feed(packed)


def test_many_members_and_frames() -> None:
    assert decode_body(gzip.compress(b"a") + gzip.compress(b"b") + b"\0\0", b"gzip", LIMIT) == b"ab"
    pack = zstandard.ZstdCompressor().compress
    assert decode_body(pack(b"a" * 500) + pack(b"b"), b"zstd", LIMIT) == b"a" * 500 + b"b"
    assert refused(gzip.compress(b"a") + gzip.compress(b"b")[:9], b"gzip") is ErrorCode.INVALID_BODY
    assert refused(pack(b"a") + pack(b"b")[:5], b"zstd") is ErrorCode.INVALID_BODY


def test_a_stream_is_decoded_as_it_comes() -> None:
    packing = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    made = decoder("gzip")
    for event in (b"data: 1\n\n", b"data: 2\n\n"):
        assert made.feed(packing.compress(event) + packing.flush(zlib.Z_SYNC_FLUSH)) == event
    assert made.feed(packing.flush()) + made.finish() == b""
    zpacking = zstandard.ZstdCompressor().compressobj()
    zmade = decoder("zstd")
    event = b"data: 1\n\n"
    assert zmade.feed(zpacking.compress(event) + zpacking.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)) == event


def test_two_codings_are_undone_last_first() -> None:
    packed = zstandard.ZstdCompressor().compress(gzip.compress(b"x"))
    assert decode_body(packed, b"gzip, zstd", LIMIT) == b"x"
    assert decode_body(b"x", b"identity", LIMIT) == b"x"
    assert refused(packed, b"gzip, gzip, gzip") is ErrorCode.UNSUPPORTED_ENCODING


@pytest.mark.parametrize(("name", "says"), [("br", "Brotli"), ("compress", "this content-encoding")])
def test_what_is_not_supported_is_said(name: str, says: str) -> None:
    with pytest.raises(GateError, match=says) as caught:
        decoder(name)
    assert caught.value.code is ErrorCode.UNSUPPORTED_ENCODING
    assert "gzip, deflate, zstd" in caught.value.message
    assert refused(b"x", name.encode()) is ErrorCode.UNSUPPORTED_ENCODING


def test_identity() -> None:
    made = decoder("identity")
    assert made.feed(b"x") + made.finish() == b"x"
