"""OTLP over HTTP with the standard library: one kept connection, one attempt at a time.

Codes that may be tried again, and Retry-After: https://opentelemetry.io/docs/specs/otlp/#otlphttp-response
"""

import gzip
import http.client
import socket
import ssl
import threading
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic

from gate import __version__
from gate.telemetry.otlp.sending import Result, Verdict, rejected_records
from gate.telemetry.otlp.settings import Target
from gate.telemetry.otlp.tls import tls_context

_RETRYABLE = frozenset({429, 502, 503, 504})
# 413 says it; the Collector's own receiver answers 400 to a body beyond its max_request_body_size (seen with 0.152.0).
_TOO_LARGE = frozenset({400, 413})
_OURS = frozenset({"content-encoding", "content-length", "content-type", "host", "transfer-encoding"})
_ANSWER_BYTES = 64 * 1024
_FORGOTTEN = (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, ConnectionAbortedError)
"""How a connection looks that the collector closed while it was idle."""


class HttpSender:
    """`sending.Sender`. Raises SettingsError for TLS files that cannot be used."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._tls = tls_context(target) if target.secure else None
        self._headers = {
            "user-agent": f"otelgate/{__version__}",
            **{name.lower(): value for name, value in target.headers if name.lower() not in _OURS},
            "content-type": "application/x-protobuf",
            **({"content-encoding": "gzip"} if target.gzip else {}),
        }
        self._path = target.path + (f"?{target.query}" if target.query else "")
        self._connection: http.client.HTTPConnection | None = None
        self._guard = threading.Lock()
        self._aborted = False

    @property
    def address(self) -> str:
        return self._target.address

    def send(self, body: bytes, timeout_s: float) -> Result:
        if self._aborted:
            return Result(Verdict.FAILED, "ending")
        if self._target.gzip:
            body = gzip.compress(body, compresslevel=5, mtime=0)
        end = monotonic() + timeout_s
        kept = self._connection is not None
        try:
            try:
                return self._exchange(body, timeout_s)
            except _FORGOTTEN:
                # A kept connection may have been closed just before: that says nothing about this request.
                self._close()
                if not kept or self._aborted:
                    raise
                return self._exchange(body, max(0.05, end - monotonic()))
        except ssl.SSLCertVerificationError:
            self._close()
            return Result(Verdict.RETRY, "tls_not_trusted", unreachable=True)
        except TimeoutError:
            self._close()
            return Result(Verdict.RETRY, "timeout")
        except _Unreachable as error:
            self._close()
            return Result(Verdict.RETRY, error.why, unreachable=True)
        except (OSError, http.client.HTTPException) as error:
            self._close()
            return Result(Verdict.RETRY, type(error).__name__)

    def abort(self) -> None:
        with self._guard:
            self._aborted = True
            connection = self._connection
            sock = connection.sock if connection is not None else None
        if sock is not None:
            try:
                # Wakes the thread that waits on it, which a close would not.
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def reset(self) -> None:
        self._guard = threading.Lock()
        connection, self._connection = self._connection, None
        if connection is not None:
            # Closes this process's descriptor and says nothing: the connection stays the parent's.
            connection.close()

    def _exchange(self, body: bytes, timeout_s: float) -> Result:
        connection = self._connection or self._connect(timeout_s)
        if self._aborted:
            return Result(Verdict.FAILED, "ending")
        connection.sock.settimeout(timeout_s)
        connection.request("POST", self._path, body, self._headers)
        response = connection.getresponse()
        answer = response.read(_ANSWER_BYTES)
        if response.read(1) or response.will_close:
            self._close()
        return _judge(response.status, response.getheader("Retry-After"), answer)

    def _connect(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._target.host, self._target.port
        if self._tls is None:
            connection = http.client.HTTPConnection(host, port, timeout=timeout_s)
        else:
            connection = http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self._tls)
        with self._guard:
            self._connection = connection
        try:
            connection.connect()
        except ssl.SSLCertVerificationError:
            raise
        except socket.gaierror:
            raise _Unreachable("dns") from None
        except TimeoutError:
            raise _Unreachable("connect_timeout") from None
        except ConnectionRefusedError:
            raise _Unreachable("refused") from None
        except OSError as error:
            raise _Unreachable(f"connect_{type(error).__name__}") from None
        return connection

    def _close(self) -> None:
        with self._guard:
            connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


class _Unreachable(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _judge(status: int, retry_after: str | None, answer: bytes) -> Result:
    if 200 <= status < 300:
        return Result(Verdict.SENT, rejected=rejected_records(answer))
    if status in _RETRYABLE:
        return Result(Verdict.RETRY, f"http_{status}", retry_after_s=_seconds(retry_after))
    return Result(Verdict.REFUSED, f"http_{status}", too_large=status in _TOO_LARGE)


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After as seconds from now: a whole number, or a date (RFC 9110 section 10.2.3)."""
    if retry_after is None:
        return None
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(0.0, (at - datetime.now(UTC)).total_seconds())
