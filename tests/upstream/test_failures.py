"""Every exception the transport may raise has a kind."""

import asyncio
import inspect
import socket
import ssl

import httptools
import httpx
import pytest

from gate.core.failure import FailureKind
from gate.upstream.exchange import IdleTimeout
from gate.upstream.failures import classify_exception
from gate.upstream.pool import PoolClosed


def because(error: BaseException, *causes: BaseException) -> BaseException:
    current = error
    for cause in causes:
        current.__cause__ = cause
        current = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (because(httpx.ConnectError("x"), socket.gaierror(-2, "unknown")), FailureKind.DNS_ERROR),
        (because(httpx.ConnectError("x"), UnicodeError("label too long")), FailureKind.DNS_ERROR),
        (because(httpx.ConnectError("x"), ConnectionRefusedError()), FailureKind.CONNECT_ERROR),
        (because(httpx.ConnectError("x"), ConnectionResetError()), FailureKind.CONNECT_ERROR),
        (because(httpx.ConnectError("x"), OSError(113, "no route")), FailureKind.CONNECT_ERROR),
        (httpx.ConnectError("x"), FailureKind.CONNECT_ERROR),
        (because(httpx.ConnectError("x"), ssl.SSLCertVerificationError()), FailureKind.TLS_ERROR),
        (because(httpx.ConnectError("x"), ssl.SSLEOFError()), FailureKind.TLS_ERROR),
        (because(httpx.ConnectError("x"), RuntimeError(), ssl.SSLError()), FailureKind.TLS_ERROR),
        (because(httpx.ConnectTimeout("x"), TimeoutError()), FailureKind.CONNECT_TIMEOUT),
        (because(httpx.ProxyError("x"), socket.gaierror(-2, "unknown")), FailureKind.PROXY_ERROR),
        (httpx.ProxyError("x"), FailureKind.PROXY_ERROR),
        (httpx.PoolTimeout("x"), FailureKind.POOL_TIMEOUT),
        (PoolClosed("x"), FailureKind.POOL_TIMEOUT),
        (httpx.ReadTimeout("x"), FailureKind.FIRST_BYTE_TIMEOUT),
        (httpx.WriteTimeout("x"), FailureKind.FIRST_BYTE_TIMEOUT),
        (IdleTimeout("x"), FailureKind.IDLE_TIMEOUT),
        (because(httpx.ReadError("x"), ConnectionResetError()), FailureKind.CONNECTION_RESET),
        (because(httpx.WriteError("x"), BrokenPipeError()), FailureKind.CONNECTION_RESET),
        (httpx.ReadError("x"), FailureKind.CONNECTION_RESET),
        (because(httpx.ReadError("x"), ssl.SSLError(1, "alert certificate required")), FailureKind.TLS_ERROR),
        (because(httpx.ReadError("x"), ssl.SSLEOFError()), FailureKind.CONNECTION_RESET),
        (because(httpx.RemoteProtocolError("x"), EOFError()), FailureKind.CONNECTION_RESET),
        (because(httpx.RemoteProtocolError("x"), httptools.HttpParserError()), FailureKind.PROTOCOL_ERROR),
        (httpx.RemoteProtocolError("x"), FailureKind.PROTOCOL_ERROR),
        (httpx.LocalProtocolError("x"), FailureKind.INTERNAL),
        (httpx.UnsupportedProtocol("x"), FailureKind.INTERNAL),
        (httpx.DecodingError("x"), FailureKind.MALFORMED_BODY),
        (asyncio.CancelledError(), FailureKind.CLIENT_GONE),
        (socket.gaierror(-2, "unknown"), FailureKind.DNS_ERROR),
        (ssl.SSLError(1, "x"), FailureKind.TLS_ERROR),
        (ConnectionRefusedError(), FailureKind.CONNECT_ERROR),
        (ConnectionResetError(), FailureKind.CONNECTION_RESET),
        (TimeoutError(), FailureKind.CONNECT_TIMEOUT),
        (OSError(113, "no route"), FailureKind.CONNECT_ERROR),
        (ValueError("x"), FailureKind.INTERNAL),
        (httpx.StreamClosed(), FailureKind.INTERNAL),
    ],
)
def test_kinds(error: BaseException, kind: FailureKind) -> None:
    assert classify_exception(error) is kind


def test_every_httpx_error_has_a_kind() -> None:
    for _, known in inspect.getmembers(httpx, inspect.isclass):
        if issubclass(known, httpx.TransportError):
            kind = classify_exception(known("x"))
            assert isinstance(kind, FailureKind)
            own_fault = known in (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.TransportError)
            assert (kind is FailureKind.INTERNAL) is own_fault


def test_causes_that_go_round_end() -> None:
    first, second = httpx.ReadError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert classify_exception(first) is FailureKind.CONNECTION_RESET
