"""Ports on loopback: free ones, and one that refuses."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Generator

LOOPBACK = "127.0.0.1"


def free_ports(count: int) -> list[int]:
    """That many different ports that nobody listens on now. Another program may take one before it is used."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


def free_port() -> int:
    """One free port; see `free_ports`."""
    return free_ports(1)[0]


@contextlib.contextmanager
def refusing_port() -> Generator[int]:
    """A port that refuses every connection and that nobody else can get: bound, but never listened on."""
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        yield held.getsockname()[1]


@contextlib.contextmanager
def silent_port() -> Generator[int]:
    """A port where connections are established and nothing ever answers: a black hole.

    The kernel accepts up to the backlog (1,024 here) and nobody takes them out of the queue.
    """
    with socket.socket() as held:
        held.bind((LOOPBACK, 0))
        held.listen(1024)
        yield held.getsockname()[1]
