"""Puts one answer on the wire: head, pieces of a body in the framing and compression of a `Shape`, and its end."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

from tests.harness.http1 import LAST_CHUNK, Connection, Headers, chunk, head
from tests.harness.recording import Recorded
from tests.harness.shape import Compressor, Shape

RESET_PAUSE = 0.05  # seconds before a reset, so that the client has read what came before it


class Reply:
    """One answer. `start`, any number of `piece`, then `end`; or an end of another kind at any point."""

    def __init__(self, connection: Connection, record: Recorded, shape: Shape) -> None:
        self.connection = connection
        self.keep_alive = (_connection_header(record) or "") != "close"
        self._record = record
        self._shape = shape
        self._compressor: Compressor | None = None
        self._framing = "length"

    async def document(self, status: int, headers: Headers, body: bytes) -> None:
        """A whole answer with its length, uncompressed. Raises ClientGone."""
        length = [] if status == HTTPStatus.NO_CONTENT else [("content-length", str(len(body)))]
        # Nothing follows the head of an answer to HEAD.
        body = b"" if self._record.method == "HEAD" else body
        await self._send(head(status, _reason(status), [*headers, *length]) + body)

    async def start(self, headers: Headers, framing: str, length: int | None) -> None:
        """The head of a 200 answer. `length` is needed for the framing `length`, of a body that is not compressed."""
        self._compressor = Compressor(self._shape.encoding) if self._shape.encoding else None
        self._framing = "chunked" if framing == "length" and self._compressor else framing
        match self._framing:
            case "chunked":
                headers = [*headers, ("transfer-encoding", "chunked")]
            case "length":
                headers = [*headers, ("content-length", str(length))]
            case _:
                headers = [*headers, ("connection", "close")]
                self.keep_alive = False
        await self._send(head(200, "OK", headers))

    async def piece(self, data: bytes) -> None:
        """Some of the body. Raises ClientGone."""
        await self._body(self._compressor.piece(data) if self._compressor else data)

    async def end(self) -> None:
        """The end of the body, in good order. Raises ClientGone."""
        if self._compressor:
            await self._body(self._compressor.end())
        if self._framing == "chunked":
            await self._send(LAST_CHUNK)

    async def raw(self, data: bytes) -> None:
        """Bytes as they are, outside any framing; the connection cannot be used again. Raises ClientGone."""
        self.keep_alive = False
        await self._send(data)

    async def break_off(self, how: str) -> None:
        """Ends in mid-answer: `end` of the framing only, `close` or `reset` of the connection."""
        if how == "end":
            self.keep_alive = self.keep_alive and self._framing != "length"  # the promised length was not reached
            await self.end()
            return
        self.keep_alive = False
        if how == "close":
            self.connection.close()
            return
        await asyncio.sleep(RESET_PAUSE)
        self.connection.reset()

    async def _body(self, data: bytes) -> None:
        size = self._shape.chunk_bytes or len(data) or 1
        for start in range(0, len(data), size):
            part = data[start : start + size]
            await self._send(chunk(part) if self._framing == "chunked" else part)

    async def _send(self, data: bytes) -> None:
        if self._shape.write_bytes:
            await self.connection.write_slices(data, self._shape.write_bytes)
        else:
            await self.connection.write(data)
        self._record.sent += len(data)


def _connection_header(record: Recorded) -> str | None:
    value = record.header("connection")
    return value.lower().strip() if value else None


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"  # 529 and other statuses of vendors' own
