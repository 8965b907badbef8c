"""Sending a request: timeouts, backpressure, bodies that are iterated, answers that come before the end."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, failure, fetch, lean, post, serve, until
from tests.upstream.test_exchange import silent


def test_server_that_does_not_read(run: Run) -> None:
    async def main() -> None:
        released = asyncio.Event()

        async def handler(peer: Peer) -> None:
            transport: Any = peer.writer.transport
            transport.pause_reading()
            await released.wait()

        async with serve(handler) as server, lean() as transport:
            request = post(server.url(), b"x" * 20_000_000, write=0.2, read=10)
            assert isinstance(await failure(transport, request), httpx.WriteTimeout)
            assert transport.pool.places == 0
            released.set()

    run(main())


def test_server_that_half_closes_instead_of_reading(run: Run) -> None:
    async def main() -> None:
        released = asyncio.Event()

        async def handler(peer: Peer) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            peer.writer.write_eof()
            await released.wait()

        async with serve(handler) as server, lean() as transport:
            started = asyncio.get_running_loop().time()
            error = await failure(transport, post(server.url(), b"x" * 20_000_000, write=8))
            assert isinstance(error, httpx.RemoteProtocolError)
            assert asyncio.get_running_loop().time() - started < 4
            assert transport.pool.places == 0
            released.set()

    run(main())


def test_slow_upload_is_no_timeout_while_it_moves(run: Run) -> None:
    async def main() -> None:
        size = 30_000_000

        async def handler(peer: Peer) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            left = size
            while left:
                data = await peer.reader.read(1_000_000)
                left -= len(data)
                await asyncio.sleep(0.03)
            await peer.send(OK)
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            started = asyncio.get_running_loop().time()
            assert await fetch(transport, post(server.url(), b"x" * size, write=0.4, read=5)) == (200, b"ok")
            assert asyncio.get_running_loop().time() - started > 0.5

    run(main())


def test_streamed_upload(run: Run) -> None:
    async def main() -> None:
        bodies: list[bytes] = []

        async def handler(peer: Peer) -> None:
            while (request := await peer.request()) is not None:
                bodies.append(request[1])
                await peer.send(OK)

        async def parts() -> AsyncIterator[bytes]:
            for part in (b"one", b"", b"x" * 300_000, b"three"):
                yield part

        whole = b"one" + b"x" * 300_000 + b"three"
        async with serve(handler) as server, lean() as transport:
            chunked = httpx.Request("POST", server.url(), content=parts())
            assert chunked.headers["transfer-encoding"] == "chunked"
            assert await fetch(transport, chunked) == (200, b"ok")
            size = {"content-length": str(len(whole))}
            assert await fetch(transport, httpx.Request("POST", server.url(), headers=size, content=parts())) == (
                200,
                b"ok",
            )
            assert (bodies, server.accepted) == ([whole, whole], 1)
            for wrong in (len(whole) - 1, len(whole) + 1):
                size = {"content-length": str(wrong)}
                with pytest.raises(httpx.LocalProtocolError):
                    await fetch(transport, httpx.Request("POST", server.url(), headers=size, content=parts()))
                assert transport.pool.places == 0

    run(main())


def test_streamed_upload_waits_for_a_slow_server(run: Run) -> None:
    """Its source never waits; it is asked for no more than the sockets take."""

    async def main() -> None:
        released = asyncio.Event()
        asked = 0

        async def parts() -> AsyncIterator[bytes]:
            nonlocal asked
            for _ in range(5000):
                asked += 1
                yield b"x" * 10_000

        async def handler(peer: Peer) -> None:
            await released.wait()
            request = await peer.request()
            assert request is not None
            await peer.send(OK if len(request[1]) == 50_000_000 else b"")

        async with serve(handler) as server, lean() as transport:
            task = asyncio.create_task(fetch(transport, httpx.Request("POST", server.url(), content=parts())))
            await asyncio.sleep(0.3)
            assert 0 < asked < 2500
            released.set()
            assert await task == (200, b"ok")
            assert asked == 5000

    run(main())


def test_answer_ends_a_streamed_upload(run: Run) -> None:
    async def main() -> None:
        asked = 0

        async def parts() -> AsyncIterator[bytes]:
            nonlocal asked
            while True:
                asked += 1
                yield b"x" * 1000
                await asyncio.sleep(0.002)

        async def handler(peer: Peer) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            assert await fetch(transport, httpx.Request("POST", server.url(), content=parts())) == (413, b"")
            await until(lambda: transport.pool.places == 0)
            await server.quiet()
            assert asked < 1000

    run(main())


def test_upload_whose_source_fails_closes_the_connection(run: Run) -> None:
    async def main() -> None:
        async def parts() -> AsyncIterator[bytes]:
            yield b"x"
            raise ValueError("the source broke")

        async with serve(silent) as server, lean() as transport:
            with pytest.raises(ValueError, match="the source broke"):
                await fetch(transport, httpx.Request("POST", server.url(), content=parts()))
            assert transport.pool.places == 0

    run(main())
