"""A server whose every byte is the test's own, and the few client lines that the tests share."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx

from gate.upstream.pool import PoolLimits
from gate.upstream.transport import LeanTransport

Handler = Callable[["Peer"], Awaitable[None]]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Peer:
    """One accepted connection. number: 0 for the server's first."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int) -> None:
        self.reader = reader
        self.writer = writer
        self.number = number

    async def request(self) -> tuple[bytes, bytes] | None:
        """(head with its blank line, body without chunked framing), None when the client closed instead."""
        try:
            head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return None
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        if fields.get(b"transfer-encoding") == b"chunked":
            body = bytearray()
            while size := int(await self.reader.readuntil(b"\n"), 16):
                body += await self.reader.readexactly(size)
                await self.reader.readline()
            await self.reader.readline()
            return head, bytes(body)
        return head, await self.reader.readexactly(int(fields.get(b"content-length", b"0")))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def gone(self) -> None:
        """Returns when the client has closed; what it still sends is thrown away."""
        try:
            while await self.reader.read(65536):
                pass
        except ConnectionError:
            pass

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection with a TCP reset."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Server:
    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self.accepted = 0
        self.open = 0
        self.port = 0
        self.requests: list[tuple[bytes, bytes]] = []

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer, self.accepted)
        self.accepted += 1
        self.open += 1
        try:
            await self._handler(peer)
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            pass
        finally:
            self.open -= 1
            writer.close()

    async def quiet(self, left: int = 0) -> None:
        """Returns when so many connections are left."""
        await until(lambda: self.open <= left)

    def url(self, path: str = "/", scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.port}{path}"


@asynccontextmanager
async def serve(handler: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = Server(handler)
    listening = await asyncio.start_server(server.accept, "127.0.0.1", 0, ssl=tls, limit=2**20, backlog=2048)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        async with asyncio.timeout(5):
            await server.quiet()


async def until(condition: Callable[[], object]) -> None:
    """Waits for what has no event of its own. Raises TimeoutError."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def answering(*answers: bytes) -> Handler:
    """Each request of a connection gets the next of these answers (the last one again and again)."""

    async def handler(peer: Peer) -> None:
        number = 0
        while await peer.request() is not None:
            await peer.send(answers[min(number, len(answers) - 1)])
            number += 1

    return handler


def once(answer: bytes) -> Handler:
    """One answer on each connection, then the end of it."""

    async def handler(peer: Peer) -> None:
        await peer.request()
        await peer.send(answer)

    return handler


@asynccontextmanager
async def lean(**limits: Any) -> AsyncIterator[LeanTransport]:
    transport = LeanTransport(limits=PoolLimits(**limits))
    try:
        yield transport
    finally:
        await transport.aclose()


def post(url: str, body: bytes = b"{}", **timeout: float | None) -> httpx.Request:
    return httpx.Request("POST", url, content=body, extensions={"timeout": timeout})


async def fetch(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> tuple[int, bytes]:
    """The status and the raw body of one request."""
    response = await transport.handle_async_request(request)
    try:
        return response.status_code, await raw_body(response)
    finally:
        await response.stream.aclose()  # type: ignore[union-attr]


async def raw_body(response: httpx.Response) -> bytes:
    stream: Any = response.stream
    return b"".join([piece async for piece in stream])


async def failure(transport: httpx.AsyncBaseTransport, request: httpx.Request) -> httpx.TransportError:
    """The error a request fails with, in its head or in its body."""
    try:
        answer = await fetch(transport, request)
    except httpx.TransportError as error:
        return error
    raise AssertionError(f"no failure: {answer}")


def sockets() -> int:
    """How many sockets this process has open; 0 where the system does not say."""
    folder = Path("/proc/self/fd")
    if not folder.exists():
        return 0
    count = 0
    for entry in folder.iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except OSError:
            continue
    return count
