"""LeanTransport as a whole: what goes out and comes back, stale connections, many streams, httpx, OpenTelemetry."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gate.upstream.pool import PoolClosed
from gate.upstream.transport import LeanTransport
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, lean, once, post, raw_body, serve, until


def test_request_goes_out_as_given_and_the_connection_is_used_again(run: Run) -> None:
    async def main() -> None:
        heads: list[tuple[bytes, bytes] | None] = []

        async def handler(peer: Peer) -> None:
            while (request := await peer.request()) is not None:
                heads.append(request)
                await peer.send(OK)

        async with serve(handler) as server, lean() as transport:
            headers = [(b"Host", b"a"), (b"X-Twice", b"1"), (b"x-twice", b"2"), (b"Content-Length", b"4")]
            for _ in range(3):
                request = httpx.Request("POST", server.url("/v1/x?b=1&a=%20"), headers=headers, content=b"\0\r\n\xff")
                assert await fetch(transport, request) == (200, b"ok")
            assert server.accepted == 1
            assert (transport.pool.places, transport.pool.idle) == (1, 1)
        head = (
            b"POST /v1/x?b=1&a=%20 HTTP/1.1\r\nHost: a\r\nX-Twice: 1\r\nx-twice: 2\r\nContent-Length: 4\r\n\r\n",
            b"\0\r\n\xff",
        )
        assert heads == [head] * 3
        assert transport.pool.places == 0

    run(main())


def test_head_of_the_answer_is_given_as_it_came(run: Run) -> None:
    async def main() -> None:
        answer = (
            b"HTTP/1.1 418 No\r\nX-A:  one \t\r\nset-cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\nEmpty:\r\n\r\n"
        )
        async with serve(answering(answer)) as server, lean() as transport:
            response = await transport.handle_async_request(post(server.url()))
            assert response.status_code == 418
            assert response.extensions == {"http_version": b"HTTP/1.1"}
            assert response.headers.raw == [
                (b"X-A", b"one"),
                (b"set-cookie", b"a"),
                (b"Set-Cookie", b"b"),
                (b"Content-Length", b"0"),
                (b"Empty", b""),
            ]
            assert await raw_body(response) == b""

    run(main())


def test_body_is_not_decoded(run: Run) -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip"
        async with serve(answering(answer)) as server, lean() as transport:
            assert await fetch(transport, post(server.url())) == (200, b"notgzip")

    run(main())


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
def test_stale_connection_is_survived_once(run: Run, reset: bool) -> None:
    """The server ends a kept-alive connection in the very moment the next request is sent."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(OK)
            if peer.number == 0:
                await peer.request()
                if reset:
                    peer.reset()
            else:
                await peer.gone()

        async with serve(handler) as server, lean() as transport:
            assert await fetch(transport, post(server.url(), b"first")) == (200, b"ok")
            assert await fetch(transport, post(server.url(), b"second")) == (200, b"ok")
            assert server.accepted == 2
            assert (transport.pool.places, transport.pool.idle) == (1, 1)

    run(main())


def test_only_one_retry_and_only_on_a_new_connection(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            if peer.number < 2:
                await peer.request()
                await asyncio.sleep(0.05)
                await peer.send(OK)
            await peer.request()  # and no answer

        async with serve(handler) as server, lean() as transport:
            await asyncio.gather(*(fetch(transport, post(server.url())) for _ in range(2)))
            assert transport.pool.idle == 2
            error = await failure(transport, post(server.url()))
            assert isinstance(error, httpx.RemoteProtocolError)
            assert isinstance(error.__cause__, EOFError)
            assert server.accepted == 3  # the other idle one, probably as stale, was not tried
            assert transport.pool.places == 1

    run(main())


def test_no_retry_once_a_byte_of_an_answer_came_or_the_body_cannot_be_sent_again(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(OK)
            request = await peer.request()
            if request is not None and request[1] == b"half":
                await peer.send(b"HTTP/1.1 2")

        async def body() -> AsyncIterator[bytes]:
            yield b"streamed"

        async with serve(handler) as server, lean() as transport:
            await fetch(transport, post(server.url()))
            assert isinstance(await failure(transport, post(server.url(), b"half")), httpx.RemoteProtocolError)
            await fetch(transport, post(server.url()))
            streamed = httpx.Request("POST", server.url(), content=body())
            assert isinstance(await failure(transport, streamed), httpx.RemoteProtocolError)
            assert server.accepted == 2

    run(main())


def test_connection_closed_while_idle_is_not_used(run: Run) -> None:
    async def main() -> None:
        async with serve(once(OK)) as server, lean() as transport:
            assert await fetch(transport, post(server.url())) == (200, b"ok")
            await server.quiet()
            await until(lambda: not transport.pool.idle)
            assert transport.pool.places == 0
            assert await fetch(transport, post(server.url())) == (200, b"ok")

    run(main())


def test_a_thousand_streams_at_once(run: Run) -> None:
    async def main() -> None:
        everyone = asyncio.Event()
        parts = 5

        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            if server.accepted == 1000:
                everyone.set()
            await everyone.wait()
            for _ in range(parts):
                await peer.send(b"8\r\ndata: x\n\r\n")
                await asyncio.sleep(0)
            await peer.send(b"0\r\n\r\n")
            await peer.gone()

        async with serve(handler) as server, lean(max_idle=1000) as transport:
            answers = await asyncio.gather(*(fetch(transport, post(server.url())) for _ in range(1000)))
            assert set(answers) == {(200, b"data: x\n" * parts)}
            assert (server.accepted, transport.pool.places, transport.pool.idle) == (1000, 1000, 1000)

    run(main())


def test_under_an_httpx_client(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, httpx.AsyncClient(transport=LeanTransport()) as client:
            response = await client.post(server.url(), json={"a": 1})
            assert (response.status_code, response.text) == (200, "ok")
            async with client.stream("POST", server.url(), content=b"x") as streamed:
                assert [part async for part in streamed.aiter_bytes()] == [b"ok"]
            with pytest.raises(httpx.ReadTimeout) as caught:
                async with serve(silent) as mute:
                    await client.get(mute.url(), timeout=0.05)
            assert caught.value.request.method == "GET"

    async def silent(peer: Peer) -> None:
        await peer.gone()

    run(main())


def test_under_opentelemetry_called_directly(run: Run) -> None:
    async def main() -> None:
        exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(exporter))
        seen: list[bytes] = []

        async def handler(peer: Peer) -> None:
            request = await peer.request()
            assert request is not None
            seen.append(request[0])
            await peer.send(OK)

        async with serve(handler) as server, lean() as transport:
            traced = AsyncOpenTelemetryTransport(transport, tracer_provider=provider)
            response = await traced.handle_async_request(post(server.url()))
            assert await raw_body(response) == b"ok"
            port = server.port
        error = await failure(traced, post(f"http://127.0.0.1:{port}/"))
        assert isinstance(error, PoolClosed)
        good, bad = exporter.get_finished_spans()
        assert good.context is not None
        assert f"{good.context.trace_id:032x}-{good.context.span_id:016x}".encode() in seen[0]
        assert good.attributes is not None
        assert 200 in good.attributes.values()
        assert not bad.status.is_ok

    run(main())


def test_timeouts_are_read_when_they_are_needed(run: Run) -> None:
    """A caller may give the head and the body limits of their own: with `idle`, or by changing `read` in between."""

    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
            await peer.gone()

        async with serve(handler) as server, lean() as transport:
            error = await failure(transport, post(server.url(), read=20, idle=0.05))
            assert isinstance(error, httpx.ReadTimeout)
            timeout: dict[str, Any] = {"read": 20}
            request = httpx.Request("POST", server.url(), extensions={"timeout": timeout})
            response = await transport.handle_async_request(request)
            timeout["read"] = 0.05
            with pytest.raises(httpx.ReadTimeout):
                await raw_body(response)

    run(main())


@pytest.mark.parametrize("url", ["ftp://127.0.0.1/", "http:///path", "/path"])
def test_what_is_no_http_address_is_refused(run: Run, url: str) -> None:
    async def main() -> None:
        async with lean() as transport:
            request = httpx.Request("POST", url, headers=[(b"host", b"a")], stream=httpx.ByteStream(b""))
            with pytest.raises(httpx.UnsupportedProtocol):
                await transport.handle_async_request(request)

    run(main())
