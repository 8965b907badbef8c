"""Upstream calls over httpx: one pool per provider, opentelemetry-instrumentation-httpx around the one call.

The transport is called directly: no redirects, no cookies, no retries, no decoding — none of these is wanted between a
client and its provider, and each costs time on every request.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import httpx
from opentelemetry import context as otel_context

from gate.core.failure import Failure
from gate.engine.ports import AttemptScope, Header, TransportFailure, UpstreamAnswer, UpstreamCall
from gate.engine.snapshot import Target
from gate.upstream.exchange import Exchange
from gate.upstream.failures import classify_exception
from gate.upstream.pool import PoolLimits
from gate.upstream.proxy import ProxyMap
from gate.upstream.tls import build_ssl_context
from gate.upstream.transport import LeanTransport
from gate.upstream.wire import outgoing

_CAPTURE = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_"
_APART = "raw_headers"
Instrument = Callable[[Any], Any]
"""Given something with `handle_async_request`, returns the like that makes a span of every call."""


class HttpTransport:
    """`engine.ports.Transport` for one provider."""

    def __init__(self, target: Target, env: Mapping[str, str], instrument: Instrument) -> None:
        """env: proxies and certificate files. instrument: wraps the transport so that every call is a span."""
        https = target.base_url.startswith("https:")
        self._pool = LeanTransport(
            limits=PoolLimits(
                max_connections=target.pool.max_connections,
                max_idle=target.pool.max_idle,
                idle_seconds=target.pool.idle_s,
            ),
            ssl_context=build_ssl_context(ca_file=target.ca_file, env=env) if https else None,
            proxies=ProxyMap.from_env(env),
        )
        captured = any(name.startswith(_CAPTURE) and value for name, value in env.items())
        self._transport = instrument(InParts(self._pool, captured))
        self._base_url = target.base_url
        self._urls: dict[tuple[str, bytes], httpx.URL] = {}
        self._host = httpx.URL(target.base_url).netloc
        self._captured = captured

    async def send(self, call: UpstreamCall, scope: AttemptScope) -> UpstreamAnswer:
        timeout = {
            "connect": call.connect_s,
            "read": call.first_byte_s,
            "write": call.idle_s,
            "pool": call.connect_s,
            "idle": call.idle_s,
        }
        headers = [(b"host", self._host), *call.headers]
        extensions = {"timeout": timeout} if self._captured else {"timeout": timeout, _APART: headers}
        token = otel_context.attach(scope.context)
        try:
            status, _, exchange, extensions = await self._transport.handle_async_request(
                call.method,
                self._url(call.path, call.query),
                headers=headers if self._captured else None,
                stream=call.body,
                extensions=extensions,
            )
        except httpx.HTTPError as error:
            raise TransportFailure(Failure(classify_exception(error), _detail(error))) from None
        finally:
            otel_context.detach(token)
        return HttpAnswer(status, extensions[_APART], exchange)

    async def aclose(self) -> None:
        await self._pool.aclose()

    def _url(self, path: str, query: bytes) -> httpx.URL:
        """`httpx.URL` costs more than the rest of a request's preparation: the few there are, are kept."""
        key = (path, query)
        url = self._urls.get(key)
        if url is None:
            text = self._base_url + path + ("?" + query.decode("latin-1") if query else "")
            url = httpx.URL(text)
            if len(self._urls) < 64:
                self._urls[key] = url
        return url


def _detail(error: httpx.HTTPError) -> str:
    """The kind of the underlying error; its text may hold an address with a credential, so it is not shown."""
    cause = error.__cause__
    return type(error).__name__ if cause is None else f"{type(error).__name__} ({type(cause).__name__})"


class InParts:
    """The transport as a call of five parts that returns four, without httpx's Request, Response and Headers.

    It is the interface httpx had before 0.20, which opentelemetry-instrumentation-httpx serves as well as the new one.
    Building the objects of the new one, and the instrumentation's reading of every header in them, cost more than the
    whole call otherwise does. Headers travel in the extension `raw_headers`, both ways, unless they are to be captured
    on spans (OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_*).
    """

    def __init__(self, pool: LeanTransport, captured: bool) -> None:
        self._pool = pool
        self._captured = captured

    async def handle_async_request(
        self,
        method: bytes,
        url: httpx.URL,
        *,
        headers: Sequence[Header] | None,
        stream: bytes,
        extensions: dict[str, Any],
    ) -> tuple[int, Sequence[Header], Exchange, dict[str, Any]]:
        """stream: the whole body. Returns status, headers (only when captured), body, extensions. Raises
        httpx.TransportError."""
        peer = self._pool.peer(url)
        raw = [*extensions.get(_APART, ()), *(headers or ())]
        out = outgoing(method.decode("ascii"), peer.prefix + url.raw_path, raw, stream, extra=peer.proxy_header)
        exchange = await self._pool.exchange(peer, out, extensions["timeout"])
        shown = exchange.headers if self._captured else []
        return exchange.status, shown, exchange, {"http_version": exchange.version, _APART: exchange.headers}


class HttpAnswer:
    """An answer whose body is read raw. status and headers: as they came."""

    def __init__(self, status: int, headers: Sequence[Header], exchange: Exchange) -> None:
        self.status = status
        self.headers = headers
        self._exchange = exchange

    async def chunks(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._exchange:
                yield chunk
        except httpx.HTTPError as error:
            raise TransportFailure(Failure(classify_exception(error), _detail(error))) from None

    async def aclose(self) -> None:
        await self._exchange.aclose()
