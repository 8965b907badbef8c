"""What a server may send, and what it may not: framing, bounds, broken and surplus answers, early ends."""

import asyncio

import httptools
import httpx
import pytest

from gate.upstream.transport import LeanTransport
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, lean, once, post, raw_body, serve, until

HEAD = b"HTTP/1.1 200 OK\r\n"
REUSED = [
    (OK, 200, b"ok"),
    (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK, 200, b"ok"),
    (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
    (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 30\r\n\r\n", 304, b""),
    (HEAD + b"Content-Length: 0\r\n\r\n", 200, b""),
    (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2;ext=1\r\nok\r\n3\r\n!!!\r\n0\r\n\r\n", 200, b"ok!!!"),
    (HEAD + b"Transfer-Encoding: chunked\r\nTrailer: A\r\n\r\n1\r\no\r\n0\r\nA: b\r\nC: d\r\n\r\n", 200, b"o"),
    (b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
    (b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, b"x"),
]


@pytest.mark.parametrize(("answer", "status", "body"), REUSED)
@pytest.mark.parametrize("piece", [1, 7, 10_000])
def test_complete_answers_keep_the_connection(run: Run, answer: bytes, status: int, body: bytes, piece: int) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            while await peer.request() is not None:
                for start in range(0, len(answer), piece):
                    await peer.send(answer[start : start + piece])
                    await asyncio.sleep(0)

        async with serve(handler) as server, lean() as transport:
            for _ in range(2):
                assert await fetch(transport, post(server.url())) == (status, body)
            assert (server.accepted, transport.pool.idle) == (1, 1)

    run(main())


def test_head_has_no_body_and_keeps_the_connection(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(HEAD + b"Content-Length: 2\r\n\r\n", OK)) as server, lean() as transport:
            assert await fetch(transport, httpx.Request("HEAD", server.url())) == (200, b"")
            assert await fetch(transport, post(server.url())) == (200, b"ok")
            assert server.accepted == 1

    run(main())


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (HEAD + b"\r\nuntil the end", b"until the end"),
        (HEAD + b"\r\n", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nold", b"old"),
        (HEAD + b"Connection: close\r\n\r\nsaid so", b"said so"),
        (HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", b"abc"),
        (HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", b"x"),
    ],
)
def test_answers_that_end_their_connection(run: Run, answer: bytes, body: bytes) -> None:
    async def main() -> None:
        async with serve(once(answer)) as server, lean() as transport:
            for _ in range(2):
                assert await fetch(transport, post(server.url())) == (200, body)
                assert transport.pool.places == 0
            assert server.accepted == 2

    run(main())


def test_connection_that_was_said_to_close_is_not_kept_open(run: Run) -> None:
    """A server that says close and does not close must not cost a place."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\nok")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            assert await fetch(transport, post(server.url())) == (200, b"ok")
            await server.quiet()

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        HEAD + b"Content-Length: 3\r\n\r\nab",
        HEAD + b"Connection: close\r\nContent-Length: 3\r\n\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\nab",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ],
)
def test_answers_that_break_off(run: Run, answer: bytes) -> None:
    async def main() -> None:
        async with serve(once(answer)) as server, lean() as transport:
            error = await failure(transport, post(server.url()))
            assert isinstance(error, httpx.RemoteProtocolError)
            assert isinstance(error.__cause__, EOFError)
            assert transport.pool.places == 0

    run(main())


@pytest.mark.parametrize(
    "answer",
    [
        b"hello, this is not HTTP\r\n",
        b"\x15\x03\x01\x00\x02\x02F",
        b"HTTP/2 200 OK\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        HEAD + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        HEAD + b"bad header\r\n\r\n",
    ],
)
def test_what_is_not_http_is_a_protocol_error(run: Run, answer: bytes) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(answer)
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            error = await failure(transport, post(server.url()))
            assert isinstance(error, httpx.RemoteProtocolError)
            assert isinstance(error.__cause__, httptools.HttpParserError)
            await server.quiet()

    run(main())


def test_switching_protocols_is_a_protocol_error(run: Run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n\x81\x00"
        async with serve(answering(answer)) as server, lean() as transport:
            assert isinstance(await failure(transport, post(server.url())), httpx.RemoteProtocolError)
            await server.quiet()

    run(main())


@pytest.mark.parametrize("surplus", [b"garbage", OK, b"HTTP/1.1 200 OK\r\n", b"\0"])
@pytest.mark.parametrize("later", [False, True])
def test_surplus_bytes_never_reach_another_request(run: Run, surplus: bytes, later: bool) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            if later:
                await peer.send(OK)
                await asyncio.sleep(0.05)
                await peer.send(surplus)
            else:
                await peer.send(OK + surplus)
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            for count in (1, 2):
                assert await fetch(transport, post(server.url())) == (200, b"ok")
                await server.quiet()
                assert (server.accepted, transport.pool.places) == (count, 0)

    run(main())


def test_head_request_answered_with_a_body_is_not_used_again(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, lean() as transport:
            assert await fetch(transport, httpx.Request("HEAD", server.url())) == (200, b"")
            await server.quiet()

    run(main())


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (HEAD, b"X-A: " + b"a" * 1000 + b"\r\n"),
        (HEAD + b"X-A: ", b"a" * 1000),
        (b"", b"HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n" * 20),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a" * 1000),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n", b"X-A: " + b"a" * 1000 + b"\r\n"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-A: ", b"a" * 1000),
    ],
    ids=["many headers", "one header", "1xx", "chunk extension", "many trailers", "one trailer"],
)
def test_what_is_not_body_is_bounded(run: Run, start: bytes, piece: bytes) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(start)
            while True:
                await peer.send(piece)

        async with serve(handler) as server, lean() as transport:
            error = await failure(transport, post(server.url()))
            assert isinstance(error, httpx.RemoteProtocolError)
            assert "too large" in str(error)
            await server.quiet()

    run(main())


def test_large_head_in_one_read_is_refused_and_one_below_the_limit_is_not(run: Run) -> None:
    async def main() -> None:
        def answer(size: int) -> bytes:
            return HEAD + b"X-A: " + b"a" * size + b"\r\nContent-Length: 100000\r\n\r\n" + b"b" * 100_000

        async with serve(once(answer(60_000))) as server, lean() as transport:
            assert (await fetch(transport, post(server.url())))[1] == b"b" * 100_000
        async with serve(once(answer(70_000))) as server, lean() as transport:
            assert isinstance(await failure(transport, post(server.url())), httpx.RemoteProtocolError)

    run(main())


def test_many_small_chunks_are_not_mistaken_for_too_much(run: Run) -> None:
    """More bytes of framing than `max_header_bytes`, each part of it in a segment of its own."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            for _ in range(60):
                for part in (b"1;ext=aaaaaaaaaaaaaaaaaaaaaaa\r\n", b"x\r\n"):
                    await peer.send(part)
                    await asyncio.sleep(0.001)
            await peer.send(b"0\r\n\r\n")

        async with serve(handler) as server:
            transport = LeanTransport(max_header_bytes=500)
            assert await fetch(transport, post(server.url())) == (200, b"x" * 60)
            await transport.aclose()

    run(main())


@pytest.mark.parametrize("when", ["head", "body"])
def test_reset(run: Run, when: str) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            if when == "body":
                await peer.send(HEAD + b"Content-Length: 100\r\n\r\nabc")
                await asyncio.sleep(0.05)
            peer.reset()

        async with serve(handler) as server, lean() as transport:
            error = await failure(transport, post(server.url()))
            assert isinstance(error, httpx.ReadError)
            assert isinstance(error.__cause__, ConnectionError)
            assert transport.pool.places == 0

    run(main())


def test_bytes_before_the_break_are_delivered(run: Run) -> None:
    async def main() -> None:
        async with serve(once(HEAD + b"Content-Length: 100\r\n\r\nabc")) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            stream = response.stream
            assert isinstance(stream, httpx.AsyncByteStream)
            got: list[bytes] = []
            with pytest.raises(httpx.RemoteProtocolError):
                async for part in stream:
                    got.append(part)
            assert b"".join(got) == b"abc"

    run(main())


@pytest.mark.parametrize("how", ["stays", "closes", "half-closes", "resets"])
@pytest.mark.parametrize("size", [1000, 8_000_000])
def test_answer_while_the_request_is_still_sent(run: Run, size: int, how: str) -> None:
    """413 before the body was read: the answer counts, the connection does not."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.reader.readuntil(b"\r\n\r\n")
            await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 5\r\n\r\nlarge")
            if how == "half-closes":
                peer.writer.write_eof()
            if how in ("stays", "half-closes"):
                await released.wait()
            elif how == "resets":
                await asyncio.sleep(0.05)
                peer.reset()

        released = asyncio.Event()
        async with serve(handler) as server, lean() as transport:
            status, body = await fetch(transport, post(server.url(), b"x" * size, read=10, write=10))
            assert (status, body) == (413, b"large")
            if size > 1000:
                assert transport.pool.places == 0
            released.set()
            await until(lambda: transport.pool.places == 0 or size == 1000)

    run(main())


def test_aclose_of_the_transport_ends_what_is_open(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(HEAD + b"Content-Length: 100\r\n\r\n")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            reading = asyncio.create_task(raw_body(response))
            waiting = asyncio.create_task(transport.handle_async_request(post(f"http://127.0.0.1:{server.port}/")))
            await asyncio.sleep(0)
            await transport.aclose()
            await server.quiet()
            with pytest.raises(httpx.ReadError):
                await reading
            with pytest.raises(httpx.TransportError):
                await waiting
            assert transport.pool.places == 0

    run(main())
