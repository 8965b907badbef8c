"""Just enough of an HTTP/1.1 server on raw asyncio transports to misbehave with precision.

A library would refuse to send what a broken upstream sends. Here every byte on the wire is the caller's: heads are
written as given, chunked framing is optional, and a connection can be closed, reset or left hanging at any byte.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

HEAD_LIMIT = 256 * 1024
Headers = list[tuple[str, str]]
Handler = Callable[["Connection"], Coroutine[None, None, None]]


class ClientGone(Exception):
    """The other side closed or reset the connection."""


class BadRequest(Exception):
    """What came is not an HTTP/1.1 request."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request as received: header names and order untouched, duplicates kept, body without chunked framing."""

    method: str
    target: str
    version: str
    headers: Headers
    body: bytes
    client: str

    def header(self, name: str) -> str | None:
        """The first value of a header, its name in any case; None when absent."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class Connection(asyncio.Protocol):
    """One accepted connection: read requests, write bytes, notice at any time that the client has gone.

    `handler` is started for each connection and owns it until it returns.
    """

    def __init__(self, handler: Handler, tasks: set[asyncio.Task[None]]) -> None:
        self._handler = handler
        self._tasks = tasks
        self._buffer = bytearray()
        self._changed = asyncio.Event()  # something arrived, or the client has gone
        self._writable = asyncio.Event()
        self._writable.set()
        self.gone = asyncio.Event()
        self.client = ""

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.client = f"{peer[0]}:{peer[1]}"
        raw: socket.socket = transport.get_extra_info("socket")
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task = asyncio.get_running_loop().create_task(self._handler(self))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._changed.set()

    def eof_received(self) -> bool:
        self._left()
        return False  # close the transport too: a half-closed client counts as gone

    def connection_lost(self, exc: Exception | None) -> None:
        self._left()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _left(self) -> None:
        self.gone.set()
        self._changed.set()
        self._writable.set()

    # What a handler uses.

    async def read_request(self) -> Incoming | None:
        """The next request, None when the client closed instead. Raises BadRequest, and ClientGone in mid-request."""
        head = await self._read_head()
        if head is None:
            return None
        start, *lines = head.decode("latin-1").split("\r\n")
        parts = start.split(" ")
        if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
            raise BadRequest(start)
        headers: Headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadRequest(line)
            headers.append((name, value.strip(" \t")))
        lower = {name.lower(): value for name, value in headers}
        if lower.get("expect", "").lower() == "100-continue":
            await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in lower.get("transfer-encoding", "").lower():
            body = await self._read_chunks()
        else:
            body = await self._read_exactly(int(lower.get("content-length", "0")))
        return Incoming(parts[0], parts[1], parts[2], headers, body, self.client)

    async def write(self, data: bytes) -> None:
        """Sends bytes and waits while the client reads too slowly. Raises ClientGone."""
        await self._writable.wait()
        if self.gone.is_set() or self.transport.is_closing():
            raise ClientGone
        self.transport.write(data)

    async def write_slices(self, data: bytes, size: int) -> None:
        """Sends bytes `size` at a time, each as a packet of its own as far as the kernel allows. Raises ClientGone."""
        for start in range(0, len(data), size):
            await self.write(data[start : start + size])
            await asyncio.sleep(0)

    async def pause(self, seconds: float) -> None:
        """Does nothing for a while. Raises ClientGone as soon as the client has gone."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self.gone.wait(), seconds)
        except TimeoutError:
            return
        raise ClientGone

    def close(self) -> None:
        """Ends the connection in good order (FIN) after what was written."""
        self.transport.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset; what is not yet on the wire is lost."""
        raw: socket.socket = self.transport.get_extra_info("socket")
        if raw.fileno() < 0:
            return  # closed already
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.transport.abort()

    async def _read_head(self) -> bytes | None:
        while (end := self._buffer.find(b"\r\n\r\n")) < 0:
            if len(self._buffer) > HEAD_LIMIT:
                raise BadRequest("head too long")
            if not await self._more():
                if self._buffer.strip():
                    raise ClientGone
                return None
        head = bytes(self._buffer[:end])
        del self._buffer[: end + 4]
        return head

    async def _read_chunks(self) -> bytes:
        body = bytearray()
        while size := int((await self._read_line()).split(b";")[0], 16):
            body += await self._read_exactly(size)
            await self._read_line()
        while await self._read_line():  # trailers
            pass
        return bytes(body)

    async def _read_line(self) -> bytes:
        while (end := self._buffer.find(b"\r\n")) < 0:
            if not await self._more():
                raise ClientGone
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        return line

    async def _read_exactly(self, count: int) -> bytes:
        while len(self._buffer) < count:
            if not await self._more():
                raise ClientGone
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    async def _more(self) -> bool:
        if self.gone.is_set():
            return False
        self._changed.clear()
        await self._changed.wait()
        return not self.gone.is_set() or bool(self._buffer)


def head(status: int, reason: str, headers: Headers) -> bytes:
    """A response head, written exactly as given."""
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def chunk(data: bytes) -> bytes:
    """One chunk of chunked framing; nothing for no data, because an empty chunk would end the body."""
    return b"%x\r\n%b\r\n" % (len(data), data) if data else b""


LAST_CHUNK = b"0\r\n\r\n"
