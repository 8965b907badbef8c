"""gate.server.sockets: addresses are bound before anything else, or refused in one line that says what to do."""

import errno
import socket

import pytest

from gate.server import sockets
from gate.server.application import Listener


def refusal(*listeners):
    with pytest.raises(sockets.BindFailed) as caught:
        sockets.close(sockets.bind(listeners, 8))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_system_chooses_a_port_and_connections_wait_in_the_backlog():
    public, admin = sockets.bind([Listener("127.0.0.1", 0, "public"), Listener("127.0.0.1", 0, "admin")], 8)
    try:
        assert (public.address.role, admin.address.role) == ("public", "admin")
        assert public.address.port != admin.address.port
        socket.create_connection(("127.0.0.1", admin.address.port), 1).close()  # nobody has called accept
    finally:
        sockets.close([public, admin])


def test_an_address_in_use():
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        text = refusal(Listener("127.0.0.1", port, "public"))
    assert text.startswith(f"cannot listen on 127.0.0.1:{port}: address already in use; ")
    assert "choose another port" in text


def test_nothing_stays_bound_when_one_address_cannot_be_had():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with socket.create_server(("127.0.0.1", 0)) as other:
        refusal(Listener("127.0.0.1", port, "public"), Listener("127.0.0.1", other.getsockname()[1], "admin"))
    sockets.close(sockets.bind([Listener("127.0.0.1", port, "public")], 8))


def test_an_address_of_another_machine():
    assert "no such address" in refusal(Listener("192.0.2.1", 0, "public"))  # TEST-NET-1, RFC 5737


def test_a_name_that_nobody_knows():
    assert "no address is known" in refusal(Listener("does-not-exist.invalid", 0, "public"))


def test_a_port_that_is_not_permitted(monkeypatch):
    def forbidden(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(sockets, "_listen", forbidden)
    text = refusal(Listener("::1", 80, "public"))
    assert text.startswith("cannot listen on [::1]:80: permission denied; ")
    assert "choose a higher one" in text


def test_every_address_of_a_name_has_the_same_port(monkeypatch):
    """As where `localhost` is both ::1 and 127.0.0.1; an address that the machine lacks is left out."""
    found = [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "192.0.2.1"), (socket.AF_INET, "127.0.0.2")]
    monkeypatch.setattr(sockets, "_addresses", lambda listener: found)
    bound = sockets.bind([Listener("localhost", 0, "public")], 8)
    try:
        assert [one.address.host for one in bound] == ["127.0.0.1", "127.0.0.2"]
        assert len({one.address.port for one in bound}) == 1
    finally:
        sockets.close(bound)
