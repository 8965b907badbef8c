"""One request on its connection: timeouts, backpressure both ways, uploads, and closing early."""

import asyncio
from typing import Any

import httpx
import pytest

from gate.upstream.connection import HIGH_WATER
from gate.upstream.exchange import IdleTimeout
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, lean, post, raw_body, serve

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def silent(peer: Peer) -> None:
    await peer.request()
    await peer.gone()


def stream_of(response: httpx.Response) -> httpx.AsyncByteStream:
    assert isinstance(response.stream, httpx.AsyncByteStream)
    return response.stream


def test_no_head_in_time(run: Run) -> None:
    async def main() -> None:
        async with serve(silent) as server, lean() as transport:
            error = await failure(transport, post(server.url(), read=0.05))
            assert isinstance(error, httpx.ReadTimeout)
            assert not isinstance(error, IdleTimeout)
            await server.quiet()
            assert transport.pool.places == 0

    run(main())


def test_slow_head_does_not_extend_its_timeout(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                await peer.send(b"y")
                await asyncio.sleep(0.02)

        async with serve(handler) as server, lean() as transport:
            started = asyncio.get_running_loop().time()
            assert isinstance(await failure(transport, post(server.url(), read=0.2)), httpx.ReadTimeout)
            assert asyncio.get_running_loop().time() - started < 2

    run(main())


def test_silence_in_the_body(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(CHUNKED)
            for _ in range(8):
                await asyncio.sleep(0.1)
                await peer.send(b"1\r\nx\r\n")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url(), read=0.5))
            got: list[bytes] = []
            with pytest.raises(IdleTimeout):
                async for part in stream_of(response):
                    got.append(part)
            assert b"".join(got) == b"x" * 8  # 0.8 s in all: each byte starts the time again
            await server.quiet()

    run(main())


def test_timeouts_of_later_requests_are_their_own(run: Run) -> None:
    """The one timer of a connection serves a long wait, then a short one, then none."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            for _ in range(3):
                await peer.request()
                await peer.send(OK)
            await peer.request()
            await asyncio.sleep(0.4)
            await peer.send(OK)
            await silent(peer)

        async with serve(handler) as server, lean() as transport:
            for seconds in (60, 0.25, 60):
                assert await fetch(transport, post(server.url(), read=seconds)) == (200, b"ok")
            assert await fetch(transport, post(server.url())) == (200, b"ok")  # past the short one
            started = asyncio.get_running_loop().time()
            assert isinstance(await failure(transport, post(server.url(), read=0.05)), httpx.ReadTimeout)
            assert asyncio.get_running_loop().time() - started < 2
            assert server.accepted == 1

    run(main())


def test_slow_reader_holds_the_server_back(run: Run) -> None:
    """A hundred megabytes are offered; what waits for the reader stays near the high-water mark."""

    async def main() -> None:
        sent = 0

        async def handler(peer: Peer) -> None:
            nonlocal sent
            await peer.request()
            await peer.send(CHUNKED)
            block = b"10000\r\n" + b"z" * 65536 + b"\r\n"
            for _ in range(1600):
                await peer.send(block)
                sent += 65536
            await peer.send(b"0\r\n\r\n")

        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url(), read=10))
            stream: Any = response.stream
            for _ in range(10):
                await asyncio.sleep(0.01)
                assert stream.size <= HIGH_WATER + 512 * 1024
            stopped = sent
            await asyncio.sleep(0.1)
            assert sent == stopped < 50_000_000
            assert len(await raw_body(response)) == 1600 * 65536  # and it goes on when it is read
            await server.quiet()
            assert transport.pool.idle <= 1

    run(main())


def test_events_arrive_one_by_one(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(CHUNKED)
            for number in range(20):
                event = b"data: %d\n\n" % number
                await peer.send(b"%x\r\n%b\r\n" % (len(event), event))
                await taken.acquire()
            await peer.send(b"0\r\n\r\n")
            await peer.gone()

        taken = asyncio.Semaphore(0)
        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            got: list[bytes] = []
            async for part in stream_of(response):
                got.append(part)
                taken.release()
            assert got == [b"data: %d\n\n" % number for number in range(20)]
            assert transport.pool.idle == 1

    run(main())


def test_aclose_in_the_middle_closes_the_socket(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(CHUNKED + b"1\r\nx\r\n")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            stream = stream_of(response)
            iterator = aiter(stream)
            assert await anext(iterator) == b"x"
            reading = asyncio.ensure_future(anext(iterator))
            await asyncio.sleep(0)
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(httpx.StreamClosed):
                await reading
            await server.quiet()
            assert transport.pool.places == 0

    run(main())


def test_aclose_without_reading_a_complete_answer_keeps_the_connection(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            await stream_of(response).aclose()
            assert transport.pool.idle == 1

    run(main())


def test_cancelled_read_closes_the_socket_without_aclose(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(CHUNKED)
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            reading = asyncio.create_task(raw_body(response))
            await asyncio.sleep(0.01)
            reading.cancel()
            await asyncio.wait([reading])
            assert transport.pool.places == 0
            await server.quiet()
            with pytest.raises(httpx.StreamClosed):
                await raw_body(response)

    run(main())


def test_answer_that_ends_above_the_high_water_mark(run: Run) -> None:
    """The socket was left unread in the very read that completed the answer: it must be read for the next one."""

    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"x" * 200_000
        async with serve(answering(answer)) as server, lean() as transport:
            for _ in range(10):
                response = await transport.handle_async_request(post(server.url(), read=5))
                await asyncio.sleep(0.01)
                assert len(await raw_body(response)) == 200_000
            assert server.accepted == 1

    run(main())


def test_an_old_exchange_cannot_touch_the_connection_it_had(run: Run) -> None:
    """Its answer is complete but unread while the next request is under way on the same connection."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(OK)
            await peer.request()
            await asyncio.sleep(0.1)
            await peer.send(OK)
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            first = await transport.handle_async_request(post(server.url()))
            second = asyncio.create_task(fetch(transport, post(server.url(), read=5)))
            await asyncio.sleep(0.02)
            assert await raw_body(first) == b"ok"
            await stream_of(first).aclose()
            assert await second == (200, b"ok")
            assert server.accepted == 1

    run(main())
