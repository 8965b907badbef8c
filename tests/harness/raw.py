"""A client that sends exactly the bytes it is given: for requests and answers that no library lets through."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit


def request_bytes(
    method: str, target: str, headers: Sequence[tuple[str, str]] = (), body: bytes | object = b""
) -> bytes:
    """A request as bytes: headers in the order given, then Host, Connection: close and Content-Length unless given.

    A body that is not bytes is sent as JSON.
    """
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.lower() for name, _ in headers}
    defaults = {"Host": "gate.test", "Connection": "close", "Content-Length": str(len(data))}
    if "transfer-encoding" in names:
        del defaults["Content-Length"]
    lines = [f"{name}: {value}" for name, value in headers]
    lines += [f"{name}: {value}" for name, value in defaults.items() if name.lower() not in names]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""]).encode("latin-1") + data


class RawClient:
    """One connection to `url`; also a context manager."""

    def __init__(self, url: str, timeout: float = 10) -> None:
        parts = urlsplit(url)
        assert parts.hostname and parts.port
        self.socket = socket.create_connection((parts.hostname, parts.port), timeout)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends all of it."""
        self.socket.sendall(data)

    def read(self, until: bytes | None = None) -> bytes:
        """What comes until the end of the connection, or until `until` has come.

        Raises ConnectionResetError for a reset, TimeoutError for a silence.
        """
        received = b""
        while until is None or until not in received:
            part = self.socket.recv(65536)
            if not part:
                break
            received += part
        return received


def exchange(url: str, data: bytes, timeout: float = 10) -> bytes:
    """Sends bytes over a new connection and gives all that comes back until it is closed."""
    with RawClient(url, timeout) as client:
        client.send(data)
        return client.read()
