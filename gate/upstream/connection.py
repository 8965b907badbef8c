"""One connection to an origin: bytes in, parsed by httptools, handed to the exchange that holds the connection.

Promises: what comes is bounded (head, chunk extensions and trailers by `max_header_bytes`, unread body bytes by a
high-water mark above which the socket is not read). Anything that is not one well-formed answer to the request just
sent ends the connection: bytes while it is idle, bytes after an answer, a second answer. One timer per connection at
most, left running from request to request, so that a wait costs no timer of its own.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools
import httpx

if TYPE_CHECKING:
    from gate.upstream.exchange import Exchange
    from gate.upstream.pool import Peer, Pool

HIGH_WATER = 64 * 1024
"""Bytes of a body that may wait for their reader before the socket is left unread."""

_NEVER = float("inf")
_VERSIONS = {"1.0": b"HTTP/1.0", "1.1": b"HTTP/1.1"}


class Connection(asyncio.Protocol):
    """Made by the dialler, held by the pool or by one exchange. `lost`: the socket is gone."""

    __slots__ = (
        "_deadline",
        "_exchange",
        "_keep_alive",
        "_loop",
        "_max_header_bytes",
        "_overhead",
        "_parser",
        "_pending",
        "_progress",
        "_seconds",
        "_surplus",
        "_timeout",
        "_timer",
        "_timer_at",
        "_transport",
        "_until_close",
        "counted",
        "lost",
        "peer",
        "pool",
        "reading_paused",
        "reused",
        "writing_paused",
    )

    def __init__(self, pool: Pool, peer: Peer, loop: asyncio.AbstractEventLoop, max_header_bytes: int) -> None:
        self.pool = pool
        self.peer = peer
        self.counted = False
        self.lost = False
        self.reused = False
        self.reading_paused = False
        self.writing_paused = False
        self._loop = loop
        self._max_header_bytes = max_header_bytes
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._parser: httptools.HttpResponseParser | None = httptools.HttpResponseParser(self)
        self._keep_alive = False
        self._until_close = False
        self._surplus = False
        self._progress = False
        self._overhead = 0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = _NEVER
        self._deadline = _NEVER
        self._seconds = 0.0
        self._pending = 0
        self._timeout: type[httpx.TimeoutException] = httpx.ReadTimeout

    # What an exchange uses.

    def attach(self, exchange: Exchange) -> None:
        """Makes this the connection of a new request. A connection lost since it was taken makes the exchange stale."""
        self._exchange = exchange
        self._overhead = 0
        if not self.usable:
            self._peer_ended(None)

    def write(self, data: bytes) -> None:
        transport = self._transport
        if transport is not None:
            transport.write(data)

    def watch(self, seconds: float, timeout: type[httpx.TimeoutException]) -> None:
        """Ends the exchange with this exception when nothing wakes it for so many seconds.

        A WriteTimeout counts from the last byte the kernel took. The timer is only set when none would fire in time.
        """
        deadline = self._loop.time() + seconds
        self._deadline = deadline
        self._seconds = seconds
        self._timeout = timeout
        if timeout is httpx.WriteTimeout and self._transport is not None:
            self._pending = self._transport.get_write_buffer_size()
        if self._timer_at > deadline:
            self._set_timer(deadline)

    def resume_reading(self) -> None:
        self.reading_paused = False
        transport = self._transport
        if transport is not None and not transport.is_closing():
            transport.resume_reading()

    def abort(self) -> None:
        """Closes the socket at once and frees the place in the pool. Idempotent."""
        self._exchange = None
        transport = self._transport
        if transport is not None and not self.lost:
            transport.abort()
        self.pool.discard(self)

    # What the pool uses.

    def close(self) -> None:
        """Closes an idle connection in good order (TLS says goodbye) and frees its place."""
        if self._transport is not None:
            self._transport.close()
        self.pool.discard(self)

    def stop(self) -> None:
        """Closes the connection at once, whoever uses it."""
        self._fail(httpx.ReadError("the transport was closed"))

    @property
    def usable(self) -> bool:
        return not self.lost and self._transport is not None and not self._transport.is_closing()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's are no subclass

    def data_received(self, data: bytes) -> None:
        exchange = self._exchange
        parser = self._parser
        if exchange is None or parser is None:
            self.abort()
            return
        exchange.answered = True
        in_head = not exchange.status
        self._progress = False
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._fail(httpx.RemoteProtocolError("the upstream switched protocols unasked"))
            return
        except httptools.HttpParserError as error:
            if not exchange.ended:
                self._fail(httpx.RemoteProtocolError("what the upstream sent is not HTTP/1.1"), error)
                return
            self._surplus = True
        if self._progress and not in_head:
            self._overhead = 0
        elif self._too_much(exchange, len(data), in_head):
            self._fail(httpx.RemoteProtocolError("the head or the trailers of the answer are too large"))
            return
        if exchange.ended:
            self._complete(exchange)
        elif self._progress or (in_head and exchange.status):
            self._wake(exchange)

    def eof_received(self) -> None:
        # Without this, a transport with unsent bytes would stay open until they are sent: never, perhaps.
        self._peer_ended(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True
        self._peer_ended(exc)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._parser = None  # it refers to us: leave no work to the garbage collector
        self._transport = None
        self.pool.forget(self)

    def pause_writing(self) -> None:
        self.writing_paused = True

    def resume_writing(self) -> None:
        self.writing_paused = False
        if self._exchange is not None:
            self._wake(self._exchange)

    # What the parser calls.

    def on_message_begin(self) -> None:
        exchange = self._exchange
        if exchange is not None and exchange.ended:
            self._surplus = True

    def on_header(self, name: bytes, value: bytes) -> None:
        exchange = self._exchange
        if exchange is not None and not exchange.status:
            exchange.headers.append((name, value.rstrip(b" \t")))

    def on_headers_complete(self) -> None:
        exchange = self._exchange
        parser = self._parser
        if exchange is None or parser is None or exchange.status:
            return
        status = parser.get_status_code()
        if status < 200:
            exchange.headers.clear()
            return
        self._keep_alive = parser.should_keep_alive()
        # Only an answer that says it is the last one here can be one that ends with the connection.
        self._until_close = not self._keep_alive and not _delimited(exchange.headers)
        version = parser.get_http_version()
        if version != "1.1":
            exchange.version = _VERSIONS.get(version, b"HTTP/1.1")
        exchange.status = status
        if exchange.is_head:
            exchange.ended = True

    def on_body(self, data: bytes) -> None:
        exchange = self._exchange
        if exchange is None or exchange.ended:
            self._surplus = True
            return
        self._progress = True
        exchange.pieces.append(data)
        exchange.size += len(data)
        if exchange.size > HIGH_WATER and not self.reading_paused and self._transport is not None:
            self.reading_paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        exchange = self._exchange
        if exchange is not None and exchange.status:
            exchange.ended = True

    # Ends.

    def _complete(self, exchange: Exchange) -> None:
        """The answer is whole: the connection goes back to the pool, or is closed when it cannot be used again."""
        transport = self._transport
        self._exchange = None
        exchange.connection = None
        if self.reading_paused:
            self.resume_reading()
        if (
            self._keep_alive
            and exchange.sent
            and not self._surplus
            and transport is not None
            and not transport.is_closing()
            and not transport.get_write_buffer_size()
        ):
            if exchange.is_head:  # the parser may wait for a body that never comes
                self._parser = httptools.HttpResponseParser(self)
            self.reused = True
            self._wake(exchange)
            self.pool.release(self)
        else:
            self._wake(exchange)
            self.abort()

    def _peer_ended(self, exc: Exception | None) -> None:
        exchange = self._exchange
        if exchange is not None:
            exchange.connection = None
            if exc is None and self._until_close and exchange.status:
                exchange.ended = True
            else:
                exchange.stale = self.reused and not exchange.answered
                exchange.error = _ended_early(exchange, exc, self.writing_paused)
            self._wake(exchange)
        self.abort()

    def _fail(self, error: httpx.TransportError, cause: BaseException | None = None) -> None:
        """Ends the exchange with an error; its body keeps the bytes that came before it."""
        exchange = self._exchange
        if exchange is not None:
            error.__cause__ = cause
            exchange.error = error
            exchange.connection = None
            self._wake(exchange)
        self.abort()

    def _wake(self, exchange: Exchange) -> None:
        self._deadline = _NEVER
        exchange.notify()

    def _too_much(self, exchange: Exchange, size: int, in_head: bool) -> bool:
        """Bounds what is received without becoming body: heads (also of 1xx), chunk extensions, trailers."""
        self._overhead += size
        if in_head and exchange.status:
            # The head ended within this data: only what belongs to it counts.
            limit = self._max_header_bytes
            too_much = self._overhead > limit and sum(len(n) + len(v) + 4 for n, v in exchange.headers) > limit
            self._overhead = 0
            if too_much:
                exchange.status = 0
                exchange.ended = False
            return too_much
        return self._overhead > self._max_header_bytes

    def _set_timer(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(when, self._on_timer)
        self._timer_at = when

    def _on_timer(self) -> None:
        self._timer = None
        self._timer_at = _NEVER
        deadline = self._deadline
        if deadline == _NEVER:
            return
        now = self._loop.time()
        if now < deadline:
            self._set_timer(deadline)
            return
        if self._timeout is httpx.WriteTimeout and self._transport is not None:
            pending = self._transport.get_write_buffer_size()
            if pending < self._pending:
                self._pending = pending
                self._deadline = now + self._seconds
                self._set_timer(self._deadline)
                return
        self._deadline = _NEVER
        self._fail(self._timeout(f"nothing moved for {self._seconds:g} s"))


def _delimited(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether an answer tells where its body ends (RFC 9112, 6.3) other than by closing the connection."""
    for name, value in headers:
        lower = name.lower()
        if lower == b"content-length":
            return True
        if lower == b"transfer-encoding":
            return value.lower().rstrip().endswith(b"chunked")
    return False


def _ended_early(exchange: Exchange, exc: Exception | None, unsent: bool) -> httpx.TransportError:
    error: httpx.TransportError
    if exc is None:
        what = "in the middle of its answer" if exchange.status else "without an answer"
        error = httpx.RemoteProtocolError(f"the upstream closed the connection {what}")
    elif exchange.sent and not unsent:
        error = httpx.ReadError("the connection to the upstream broke")
    else:
        error = httpx.WriteError("the connection to the upstream broke while the request was sent")
    error.__cause__ = exc or EOFError("closed by the peer")
    return error
