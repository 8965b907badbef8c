"""What an exception of the transport is called: the one place where exceptions become failure kinds.

Promises: `classify_exception` is total; an exception it does not know is Gate's own fault (`internal_error`), not the
upstream's. The type of the httpx error says where it happened, its chain of causes what happened.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterator

import httpx

from gate.core.failure import FailureKind
from gate.upstream.exchange import IdleTimeout

# By type, the more special before its base. A timeout while the request is being sent is an upstream that takes nothing
# and answers nothing; an answer that cannot be decoded is a bad body.
_BY_TYPE: tuple[tuple[type[BaseException], FailureKind], ...] = (
    (asyncio.CancelledError, FailureKind.CLIENT_GONE),
    (httpx.PoolTimeout, FailureKind.POOL_TIMEOUT),
    (httpx.ConnectTimeout, FailureKind.CONNECT_TIMEOUT),
    (IdleTimeout, FailureKind.IDLE_TIMEOUT),
    (httpx.TimeoutException, FailureKind.FIRST_BYTE_TIMEOUT),
    (httpx.ProxyError, FailureKind.PROXY_ERROR),
    (httpx.LocalProtocolError, FailureKind.INTERNAL),
    (httpx.UnsupportedProtocol, FailureKind.INTERNAL),
    (httpx.DecodingError, FailureKind.MALFORMED_BODY),
)


def classify_exception(exc: BaseException) -> FailureKind:
    """The kind of a failure that `LeanTransport`, or the stream of its response, raised. Also of a bare OSError."""
    for known, kind in _BY_TYPE:
        if isinstance(exc, known):
            return kind
    if isinstance(exc, httpx.NetworkError | httpx.ProtocolError | OSError):
        return _by_cause(exc)
    return FailureKind.INTERNAL


def _by_cause(exc: BaseException) -> FailureKind:
    connecting = isinstance(exc, httpx.ConnectError)
    for cause in _chain(exc):
        if isinstance(cause, socket.gaierror) or (connecting and isinstance(cause, UnicodeError)):
            return FailureKind.DNS_ERROR
        if isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError) and not connecting:
            return FailureKind.CONNECTION_RESET  # closed without or with a goodbye, in the middle of something
        if isinstance(cause, ssl.SSLError):
            return FailureKind.TLS_ERROR
        if isinstance(cause, ConnectionRefusedError):
            return FailureKind.CONNECT_ERROR
        if isinstance(cause, EOFError | ConnectionError) and not connecting:
            return FailureKind.CONNECTION_RESET
    if connecting:
        return FailureKind.CONNECT_ERROR
    if isinstance(exc, httpx.ProtocolError):
        return FailureKind.PROTOCOL_ERROR
    if isinstance(exc, httpx.NetworkError):
        return FailureKind.CONNECTION_RESET
    return FailureKind.CONNECT_TIMEOUT if isinstance(exc, TimeoutError) else FailureKind.CONNECT_ERROR


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """The exception and its causes, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = exc
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__
