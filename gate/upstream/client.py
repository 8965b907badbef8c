"""Upstream calls over httpx: one pool per provider, opentelemetry-instrumentation-httpx around the one call.

The transport is called directly with a prepared request: no redirects, no cookies, no retries, no decoding — none of
these is wanted between a client and its provider, and each costs time on every request.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import httpx
from opentelemetry import context as otel_context

from gate.core.failure import Failure
from gate.engine.ports import AttemptScope, Header, TransportFailure, UpstreamAnswer, UpstreamCall
from gate.engine.snapshot import Target
from gate.upstream.failures import classify_exception
from gate.upstream.pool import PoolLimits
from gate.upstream.proxy import ProxyMap
from gate.upstream.tls import build_ssl_context
from gate.upstream.transport import LeanTransport
from gate.upstream.wire import RAW_HEADERS

_CAPTURE = "OTEL_INSTRUMENTATION_HTTP_CAPTURE_HEADERS_CLIENT_"
Instrument = Callable[[httpx.AsyncBaseTransport], httpx.AsyncBaseTransport]


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
        self._transport = instrument(self._pool)
        self._base_url = target.base_url
        self._urls: dict[tuple[str, bytes], httpx.URL] = {}
        self._host = httpx.URL(target.base_url).netloc
        # Headers travel beside the request unless somebody asked for them on the span: the instrumentation would read
        # every one of them, twice, to find that none is wanted.
        self._apart = not any(name.startswith(_CAPTURE) and value for name, value in env.items())

    async def send(self, call: UpstreamCall, scope: AttemptScope) -> UpstreamAnswer:
        timeout = {
            "connect": call.connect_s,
            "read": call.first_byte_s,
            "write": call.idle_s,
            "pool": call.connect_s,
            "idle": call.idle_s,
        }
        headers = [(b"host", self._host), *call.headers]
        request = httpx.Request(
            "POST",
            self._url(call.path, call.query),
            headers=None if self._apart else headers,
            # A prepared stream: with `content` httpx would look for a length and a type that are there already.
            stream=httpx.ByteStream(call.body),
            extensions={"timeout": timeout, RAW_HEADERS: headers} if self._apart else {"timeout": timeout},
        )
        token = otel_context.attach(scope.context)
        try:
            response = await self._transport.handle_async_request(request)
        except httpx.HTTPError as error:
            raise TransportFailure(Failure(classify_exception(error), _detail(error))) from None
        finally:
            otel_context.detach(token)
        return HttpAnswer(response)

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


class HttpAnswer:
    """An httpx response whose body is read raw."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response

    @property
    def status(self) -> int:
        return self._response.status_code

    @property
    def headers(self) -> Sequence[Header]:
        apart: Sequence[Header] | None = self._response.extensions.get(RAW_HEADERS)
        return self._response.headers.raw if apart is None else apart

    async def chunks(self) -> AsyncIterator[bytes]:
        stream: Any = self._response.stream
        try:
            async for chunk in stream:
                yield chunk
        except httpx.HTTPError as error:
            raise TransportFailure(Failure(classify_exception(error), _detail(error))) from None

    async def aclose(self) -> None:
        await self._response.stream.aclose()  # type: ignore[union-attr]
