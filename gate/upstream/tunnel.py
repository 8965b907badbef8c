"""A way through a proxy: one CONNECT request and its answer (RFC 9110, 9.3.6).

Promises: the proxy's answer is bounded, only a 2xx opens the tunnel, and nothing the proxy adds after its head is taken
for the upstream's bytes. The credential is in the request and in no message.
"""

import asyncio
import re
from typing import cast

import httpx

_HEAD_LIMIT = 64 * 1024
_STATUS = re.compile(rb"HTTP/1\.[01] ([1-9][0-9][0-9])(?: |\r)")


class Tunnel(asyncio.Protocol):
    """The protocol of a connection to a proxy until TLS takes its transport over."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport = cast(asyncio.Transport, None)
        self._received = bytearray()
        self._ended: Exception | None = None
        self._wake: asyncio.Future[None] | None = None

    async def open(self, target: str, header: bytes) -> None:
        """Asks for a tunnel. target: host:port. header: a whole header line, or nothing. Raises httpx.ProxyError."""
        name = target.encode("ascii")
        self.transport.write(b"CONNECT %b HTTP/1.1\r\nHost: %b\r\n%b\r\n" % (name, name, header))
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            if self._ended is not None:
                raise httpx.ProxyError("the proxy closed the connection instead of opening a tunnel") from self._ended
            if len(self._received) > _HEAD_LIMIT:
                raise httpx.ProxyError("the proxy's answer to CONNECT is too large")
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake
        match = _STATUS.match(self._received)
        if match is None:
            raise httpx.ProxyError("the proxy's answer to CONNECT is not HTTP")
        status = int(match[1])
        if not 200 <= status < 300:
            raise httpx.ProxyError(f"the proxy answered {status} to CONNECT")
        if len(self._received) > end + 4:
            raise httpx.ProxyError("the proxy sent data of its own into the tunnel")

    def abort(self) -> None:
        self.transport.abort()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._notify()

    def eof_received(self) -> None:
        self._ended = self._ended or EOFError("closed by the peer")
        self._notify()

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = self._ended or exc or EOFError("closed by the peer")
        self._notify()

    def _notify(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)
