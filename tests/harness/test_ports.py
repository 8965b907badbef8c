"""Ports that are free, that refuse, that stay silent."""

from __future__ import annotations

import socket

import pytest

from tests.harness.missing import in_ci, missing_part
from tests.harness.ports import LOOPBACK, free_ports, refusing_port, silent_port


def test_free_ports_are_different_and_can_be_taken() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    with socket.socket() as taken:
        taken.bind((LOOPBACK, ports[0]))


def test_a_refusing_port_refuses_and_is_kept() -> None:
    with refusing_port() as port, socket.socket() as other:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((LOOPBACK, port), 5)
        with pytest.raises(OSError):
            other.bind((LOOPBACK, port))


def test_a_silent_port_takes_connections_and_says_nothing() -> None:
    with silent_port() as port, socket.create_connection((LOOPBACK, port), 5) as connection:
        connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_a_missing_part_skips_and_in_ci_fails(monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type) -> None:
    monkeypatch.setenv("CI", ci)
    assert in_ci() == bool(ci)
    with pytest.raises(outcome, match="no engine"):
        missing_part("no engine")
