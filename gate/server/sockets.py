"""Binds the listening sockets, before any worker exists, so that they outlive every worker.

All workers accept from the same sockets: a dead worker takes no waiting connection with it, and a busy one leaves them
to the others. (With one SO_REUSEPORT socket per worker the kernel would hand connections to workers that are stuck, and
macOS would not spread them at all.)
"""

import errno
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from gate.server.application import BoundAddress, Listener

HINTS = {
    errno.EADDRINUSE: "another program listens there, perhaps another Gate: stop it or choose another port",
    errno.EACCES: "ports below 1024 need a privilege: choose a higher one",
    errno.EPERM: "the system forbids it: choose another port",
    errno.EADDRNOTAVAIL: "this machine has no such address: choose one of its own, or 0.0.0.0 for all of them",
    errno.EAFNOSUPPORT: "this machine has no addresses of this kind: choose an IPv4 address",
}


class BindFailed(Exception):
    """A listener cannot have its address; the text is one line with a hint."""


@dataclass(frozen=True, slots=True)
class BoundSocket:
    socket: socket.socket
    address: BoundAddress


def bind(listeners: Sequence[Listener], backlog: int) -> tuple[BoundSocket, ...]:
    """Listens on all addresses; from now on the system accepts connections and holds them. Raises BindFailed, and then
    nothing is bound."""
    bound: list[BoundSocket] = []
    try:
        for listener in listeners:
            bound.extend(_bind_one(listener, backlog))
    except BaseException:
        close(bound)
        raise
    return tuple(bound)


def close(bound: Sequence[BoundSocket]) -> None:
    for one in bound:
        one.socket.close()


def _bind_one(listener: Listener, backlog: int) -> list[BoundSocket]:
    """A socket for every address of the name. An address this machine lacks is left out while another is there:
    `localhost` names ::1 also where IPv6 is off."""
    bound: list[BoundSocket] = []
    missing: OSError | None = None
    port = listener.port
    addresses = _addresses(listener)
    for family, address in addresses:
        try:
            one = _listen(family, (address, port), backlog, alone=len(addresses) == 1)
        except OSError as error:
            if error.errno in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                missing = error
                continue
            close(bound)
            raise _failed(listener, error) from error
        host, port = one.getsockname()[:2]  # a port the system chose is the same for the name's other addresses
        bound.append(BoundSocket(one, BoundAddress(host, port, listener.role)))
    if not bound and missing is not None:
        raise _failed(listener, missing) from missing
    return bound


def _addresses(listener: Listener) -> list[tuple[socket.AddressFamily, str]]:
    try:
        found = socket.getaddrinfo(listener.host, None, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError) as error:
        text = f"cannot listen on {_spelled(listener)}: no address is known for this name; check how it is spelled"
        raise BindFailed(text) from error
    return list(dict.fromkeys((family, str(address[0])) for family, _, _, _, address in found))


def _listen(family: socket.AddressFamily, address: tuple[str, int], backlog: int, *, alone: bool) -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    try:
        # A restart need not wait until the connections of the run before are forgotten.
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and not alone:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        one.setblocking(False)
        one.bind(address)
        one.listen(backlog)
    except BaseException:
        one.close()
        raise
    return one


def _failed(listener: Listener, error: OSError) -> BindFailed:
    reason = os.strerror(error.errno) if error.errno else "it failed"
    hint = HINTS.get(error.errno or 0)
    text = f"cannot listen on {_spelled(listener)}: {reason[:1].lower()}{reason[1:]}"
    return BindFailed(f"{text}; {hint}" if hint else text)


def _spelled(listener: Listener) -> str:
    host = f"[{listener.host}]" if ":" in listener.host else listener.host
    return f"{host}:{listener.port}"
