"""Gate's own HTTP/1.1 transport under the httpx API.

Promises: `LeanTransport` is an `httpx.AsyncBaseTransport`, so it can be given to an `httpx.AsyncClient`, wrapped by
opentelemetry-instrumentation-httpx or called directly. It sends what it is given and returns what came, raw: no
redirects, no cookies, no decoding, no retry, with one exception: a request that met a kept-alive connection the server
had just closed, before any byte of an answer, is sent again once on a new connection (RFC 9110, 9.2.2 and RFC 9112,
9.3.1). Every error is an `httpx.TransportError` with the original as its cause; `failures.py` names them.

It exists because httpx's default transport costs more than the rest of a request together, and more with every
connection that is open. It speaks HTTP/1.1 only.
"""

from __future__ import annotations

import asyncio
import os
import ssl

import httpx

from gate.upstream.connection import Connection
from gate.upstream.dial import dial
from gate.upstream.exchange import Exchange, Timeouts
from gate.upstream.pool import Peer, Pool, PoolClosed, PoolLimits
from gate.upstream.proxy import ProxyMap
from gate.upstream.tls import build_ssl_context
from gate.upstream.wire import Outgoing, serialise

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_TIMEOUTS: Timeouts = {}


class LeanTransport(httpx.AsyncBaseTransport):
    """One pool of keep-alive connections, for one event loop."""

    def __init__(
        self,
        *,
        limits: PoolLimits | None = None,
        ssl_context: ssl.SSLContext | None = None,
        proxies: ProxyMap | None = None,
        max_header_bytes: int = 64 * 1024,
    ) -> None:
        """limits: default PoolLimits(). ssl_context: also for https proxies; made from the environment when first
        needed and not given. proxies: none when not given. max_header_bytes: of an answer's head, or of its
        trailers."""
        self.pool = Pool(limits or PoolLimits())
        self._context = ssl_context
        self._proxies = proxies
        self._max_header_bytes = max_header_bytes
        self._peers: dict[tuple[str, str, int | None], Peer] = {}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Returns when the head of the answer is there; the response's stream yields the body, and must be closed.

        Timeouts: the extension `timeout`, see exchange.Timeouts. A body that is bytes is best given as such
        (`content=bytes` or `stream=httpx.ByteStream(bytes)`): only then can a stale connection be survived.
        """
        peer = self.peer(request.url)
        out = serialise(request, peer.prefix, peer.proxy_header)
        exchange = await self.exchange(peer, out, request.extensions.get("timeout") or _NO_TIMEOUTS)
        return httpx.Response(
            exchange.status,
            headers=exchange.headers,
            stream=exchange,
            extensions={"http_version": exchange.version},
        )

    def peer(self, url: httpx.URL) -> Peer:
        """Where requests to this URL go, by which proxy. Raises httpx.UnsupportedProtocol."""
        return self._peers.get((url.scheme, url.host, url.port)) or self._new_peer(url)

    async def exchange(self, peer: Peer, out: Outgoing, timeouts: Timeouts) -> Exchange:
        """Send a request of that peer's form; returns when the head of the answer is there."""
        connection = self.pool.take_idle(peer) or await self._connection(peer, timeouts)
        exchange = Exchange(connection, asyncio.get_running_loop(), timeouts)
        try:
            await exchange.run(out)
        except httpx.TransportError:
            if not (exchange.stale and out.replayable):
                raise
            exchange = await self._again(peer, out, timeouts)
        if exchange.status == 407 and peer.proxy_forwards:
            exchange.abandon()
            raise httpx.ProxyError("the proxy answered 407: it wants another credential")
        return exchange

    async def aclose(self) -> None:
        """Closes every connection at once, also those in use."""
        await self.pool.aclose()

    async def _again(self, peer: Peer, out: Outgoing, timeouts: Timeouts) -> Exchange:
        connection = await self._connection(peer, timeouts, fresh=True)
        exchange = Exchange(connection, asyncio.get_running_loop(), timeouts)
        await exchange.run(out)
        return exchange

    async def _connection(self, peer: Peer, timeouts: Timeouts, *, fresh: bool = False) -> Connection:
        held = await self.pool.acquire(peer, timeouts.get("pool"), fresh=fresh)
        if held is not None:
            return held
        loop = asyncio.get_running_loop()

        def new_connection() -> Connection:
            return Connection(self.pool, peer, loop, self._max_header_bytes)

        try:
            connection = await dial(peer, new_connection, self._tls_for(peer), timeouts.get("connect"))
        except BaseException:
            self.pool.not_opened()
            raise
        self.pool.opened(connection)
        if self.pool.closed:
            connection.abort()
            raise PoolClosed("the transport is closed")
        return connection

    def _tls_for(self, peer: Peer) -> ssl.SSLContext | None:
        if not peer.needs_tls:
            return None
        if self._context is None:
            self._context = build_ssl_context(env=os.environ)
        return self._context

    def _new_peer(self, url: httpx.URL) -> Peer:
        default = _DEFAULT_PORTS.get(url.scheme)
        host = url.raw_host.decode("ascii").strip("[]")
        if default is None or not host:
            raise httpx.UnsupportedProtocol("the address is neither http:// nor https:// with a host")
        port = url.port or default
        proxy = self._proxies.find(url.scheme, host, port) if self._proxies is not None else None
        peer = Peer(url.scheme, host, port, proxy)
        self._peers[(url.scheme, url.host, url.port)] = peer
        return peer
