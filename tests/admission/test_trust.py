"""Loopback and trust."""

import pytest

from gate.admission.trust import TraceTrust, is_loopback, trace_trust


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.0.0.2", "127.255.255.254", "::1", "[::1]", "::1%lo", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1",
        "::FFFF:127.9.9.9", "localhost", "LOCALHOST", "localhost.", "gate.localhost", " 127.0.0.1 ",
    ],
)  # fmt: skip
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0", "::", "", "128.0.0.1", "10.0.0.1", "::2", "::ffff:10.0.0.1", "localhost.example.org", "notlocalhost",
        "127.0.0.1.example.org", "127.1", "0x7f000001", "example.org",
    ],
)  # fmt: skip
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_strangers_are_linked() -> None:
    assert trace_trust(loopback=True, client_key=None) is TraceTrust.CONTINUE
    assert trace_trust(loopback=False, client_key="ann") is TraceTrust.CONTINUE
    assert trace_trust(loopback=False, client_key=None) is TraceTrust.LINK
