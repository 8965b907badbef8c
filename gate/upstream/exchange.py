"""One request on one connection, from its first byte out to the last byte of its answer.

Promises: an `Exchange` is the stream of an httpx response: it yields the body's bytes as they arrive (chunked framing
removed, content coding untouched). It owns its connection until the answer is complete. Whatever ends it earlier, be it
an error, a timeout, `aclose()` or the cancellation of any of its waits, closes that connection at once, so that a
client that goes away takes its upstream request with it. When the answer has completely arrived the connection is no
longer the exchange's, and nothing done to the exchange can touch it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Mapping
from typing import TYPE_CHECKING

import httpx

from gate.upstream.wire import Header, Outgoing, chunk

if TYPE_CHECKING:
    from gate.upstream.connection import Connection


class IdleTimeout(httpx.ReadTimeout):
    """No byte of the body came in time; the head had been received. (A plain ReadTimeout: no head came.)"""


Timeouts = Mapping[str, float | None]
"""Seconds, None or absent for no limit: the `timeout` extension of an httpx request (connect, read, write, pool).

read: until the head is there, and between two reads of the body unless `idle`, Gate's own addition to the extension,
gives the latter a limit of its own. The mapping is looked at each time a wait begins, so it may be changed in between.
"""


class Exchange(httpx.AsyncByteStream):
    """The connection fills it; the transport sends and awaits the head through it; the response reads its body from it.

    status: 0 until the final head is there (1xx are skipped). sent: the whole request was handed to the transport,
    which may still hold a part. answered: any byte came. ended: the answer is complete. stale: the peer closed a
    connection that had been in use before, without a byte of answer to this request.
    """

    __slots__ = (
        "_loop",
        "_timeouts",
        "_wake",
        "answered",
        "closed",
        "connection",
        "ended",
        "error",
        "headers",
        "is_head",
        "pieces",
        "sent",
        "size",
        "stale",
        "status",
        "version",
    )

    def __init__(self, connection: Connection, loop: asyncio.AbstractEventLoop, timeouts: Timeouts) -> None:
        self.connection: Connection | None = connection
        self.status = 0
        self.version = b"HTTP/1.1"
        self.headers: list[Header] = []
        self.pieces: list[bytes] = []
        self.size = 0
        self.is_head = False
        self.sent = False
        self.answered = False
        self.ended = False
        self.closed = False
        self.stale = False
        self.error: httpx.TransportError | None = None
        self._loop = loop
        self._timeouts = timeouts
        self._wake: asyncio.Future[None] | None = None

    async def run(self, out: Outgoing) -> None:
        """Sends the request and returns when the head of the answer is there.

        An answer that begins before the whole request is sent ends the sending; the connection is then not used again.
        Raises httpx.TransportError; the connection is closed whenever this does not return.
        """
        connection = self.connection
        if connection is None:
            raise RuntimeError("the exchange is over")
        self.is_head = out.is_head
        connection.attach(self)
        if self.error is not None:
            raise self.error
        try:
            for part in out.parts:
                connection.write(part)
            if out.stream is not None:
                await self._upload(connection, out, out.stream)
            else:
                self.sent = True
                if connection.writing_paused:
                    await self._drain(connection)
            while not self.status and self.error is None:
                await self._pause(self._timeouts.get("read"), httpx.ReadTimeout)
        except BaseException:
            self.abandon()
            raise
        if not self.status and self.error is not None:
            raise self.error

    def notify(self) -> None:
        """Something changed: wakes whoever waits."""
        wake = self._wake
        if wake is not None:
            self._wake = None
            if not wake.done():
                wake.set_result(None)

    def abandon(self) -> None:
        """Closes the connection unless the answer is complete. Idempotent."""
        connection = self.connection
        if connection is not None:
            self.connection = None
            self.closed = True
            connection.abort()

    def __aiter__(self) -> Exchange:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes: all that have arrived since the last call. Raises httpx.TransportError,
        httpx.StreamClosed."""
        while True:
            if self.pieces:
                return self._take()
            if self.ended:
                raise StopAsyncIteration
            if self.error is not None:
                raise self.error
            if self.closed:
                raise httpx.StreamClosed
            timeouts = self._timeouts
            await self._pause(timeouts.get("idle", timeouts.get("read")), IdleTimeout)

    async def aclose(self) -> None:
        """Ends the exchange at once. After a complete answer this only lets go of bytes that were not read."""
        self.closed = True
        self.pieces.clear()
        self.abandon()
        self.notify()

    def _take(self) -> bytes:
        pieces = self.pieces
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.size = 0
        connection = self.connection
        if connection is not None and connection.reading_paused:
            connection.resume_reading()
        return data

    async def _pause(self, seconds: float | None, timeout: type[httpx.TimeoutException]) -> None:
        connection = self.connection
        if connection is None:
            raise httpx.StreamClosed
        self._wake = wake = self._loop.create_future()
        if seconds is not None:
            connection.watch(seconds, timeout)
        try:
            await wake
        except BaseException:
            self._wake = None
            self.abandon()
            raise

    async def _drain(self, connection: Connection) -> None:
        while connection.writing_paused and not self.status and self.error is None:
            await self._pause(self._timeouts.get("write"), httpx.WriteTimeout)

    async def _upload(self, connection: Connection, out: Outgoing, stream: AsyncIterable[bytes]) -> None:
        left = out.length
        async for piece in stream:
            if self.status or self.error is not None:
                return
            if left is not None:
                left -= len(piece)
                if left < 0:
                    break
            connection.write(chunk(piece) if out.chunked else piece)
            await self._drain(connection)
        if left:
            raise httpx.LocalProtocolError("content-length is not the length of the body")
        if out.chunked:
            connection.write(b"0\r\n\r\n")
        self.sent = True
