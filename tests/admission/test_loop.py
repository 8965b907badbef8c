"""Requests that come round again."""

import pytest

from gate.admission.loop import is_loop, via_value

ME = "0badcafe"


def test_what_gate_adds_is_what_it_finds() -> None:
    assert via_value(ME) == b"1.1 gate-0badcafe"
    assert is_loop([(b"host", b"x"), (b"via", via_value(ME))], ME)


@pytest.mark.parametrize(
    ("value", "loop"),
    [
        (b"1.1 gate-0badcafe", True),
        (b"2 proxy.example, 1.1 gate-0badcafe (note)", True),
        (b"1.1 gate-0badcafe, 1.1 other", True),
        (b"HTTP/1.1   gate-0badcafe", True),
        (b"1.1 gate-00000000", False),
        (b"1.1 gate-0badcafe1", False),
        (b"gate-0badcafe", False),
        (b"1.1 other (gate-0badcafe)", False),
        (b"", False),
    ],
)
def test_via(value: bytes, loop: bool) -> None:
    assert is_loop([(b"via", value)], ME) is loop


def test_several_via_headers_and_none() -> None:
    assert is_loop([(b"via", b"1.1 a"), (b"via", b"1.1 gate-0badcafe")], ME)
    assert not is_loop([], ME)
    assert not is_loop([(b"x-via", via_value(ME))], ME)
