"""AWS event-stream frames: any cut, any damage, any lie about a length."""

import binascii
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.framing import MOST_BYTES, Frame, FrameDecoder, FramingError
from tests.harness.eventstream import chunk, exception, frame, framed, header

NAMES = st.text("abcdefghijklmnopqrstuvwxyz:-", min_size=1, max_size=20)
VALUES = st.one_of(st.text(max_size=30), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=30))
FRAMES = st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=5), st.binary(max_size=300)), max_size=5)


def cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    at = sorted({place % (len(data) + 1) for place in places})
    return [data[start:end] for start, end in zip([0, *at], [*at, len(data)], strict=True)]


def expected(frames: list[tuple[dict[str, object], bytes]]) -> list[Frame]:
    return [
        Frame({name: value for name, value in headers.items() if isinstance(value, str)}, payload)
        for headers, payload in frames
    ]


@given(FRAMES, st.lists(st.integers(0, 10_000), max_size=12))
def test_however_it_is_cut_the_same_frames_come_out(
    frames: list[tuple[dict[str, object], bytes]], places: list[int]
) -> None:
    decoder = FrameDecoder()
    data = b"".join(frame(headers, payload) for headers, payload in frames)
    found = [one for piece in cut(data, places) for one in decoder.feed(piece)]
    assert found == expected(frames)
    assert not decoder.unfinished


@given(FRAMES)
def test_the_tests_own_encoder_writes_what_botocore_reads(frames: list[tuple[dict[str, object], bytes]]) -> None:
    buffer = pytest.importorskip("botocore.eventstream").EventStreamBuffer()
    buffer.add_data(b"".join(frame(headers, payload) for headers, payload in frames))
    assert [(message.headers, message.payload) for message in buffer] == frames


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_no_damaged_byte_passes(place: int, damage: int) -> None:
    data = bytearray(chunk({"type": "ping"}))
    data[place % len(data)] ^= damage
    with pytest.raises(FramingError):
        FrameDecoder().feed(bytes(data))


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=4))
def test_noise_is_an_error_or_nothing(data: bytes, places: list[int]) -> None:
    decoder = FrameDecoder()
    try:
        for piece in cut(data, places):
            assert decoder.feed(piece) == []
    except FramingError:
        pass


@given(st.binary(max_size=60))
def test_headers_of_noise_never_raise_anything_else(raw: bytes) -> None:
    try:
        FrameDecoder().feed(framed(raw, b"payload"))
    except FramingError:
        pass


def prelude(total: int, headers: int) -> bytes:
    lengths = total.to_bytes(4, "big") + headers.to_bytes(4, "big")
    return lengths + binascii.crc32(lengths).to_bytes(4, "big")


@pytest.mark.parametrize(
    "lengths",
    [(MOST_BYTES + 1, 0), (15, 0), (0, 0), (100, 85), (2**32 - 1, 2**32 - 1), (1 << 20, (128 << 10) + 1)],
)
def test_a_length_that_cannot_be_is_refused_before_it_is_waited_for(lengths: tuple[int, int]) -> None:
    with pytest.raises(FramingError, match="lengths"):
        FrameDecoder().feed(prelude(*lengths))


def test_every_kind_of_header_is_passed_over_right() -> None:
    kinds = {2: b"\x01", 3: b"\x01\x02", 4: b"\x00" * 4, 8: b"\x00" * 8, 9: b"\x00" * 16}
    raw = b"".join(b"\x01" + b"x" + bytes([kind]) + value for kind, value in kinds.items())
    raw += header("on", True) + header("off", False) + header("last", "here")
    assert FrameDecoder().feed(framed(raw, b"")) == [Frame({"last": "here"}, b"")]


def test_a_header_cut_short_is_an_error() -> None:
    with pytest.raises(FramingError, match="headers"):
        FrameDecoder().feed(framed(header("name", "value")[:-1], b""))


def test_what_was_not_finished_is_known() -> None:
    decoder = FrameDecoder()
    assert decoder.feed(exception("throttlingException", "slow down")[:-1]) == []
    assert decoder.unfinished
