"""Cancelled at any moment, a request leaves no socket, no place and no complaint behind.

Each scenario is run again and again, cancelled one turn of the event loop later every time, until it finishes by
itself: so every await of every path is hit.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest

from gate.upstream.pool import PoolLimits
from gate.upstream.proxy import Proxy, ProxyMap
from gate.upstream.transport import LeanTransport
from tests.upstream.conftest import Run
from tests.upstream.proxyserver import proxy_server
from tests.upstream.rawserver import Peer, fetch, post, serve, sockets, until
from tests.upstream.test_tunnel import client_tls, server_tls

CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def slow(peer: Peer) -> None:
    """A turn of the loop between any two things."""
    while await peer.request() is not None:
        await asyncio.sleep(0)
        await peer.send(CHUNKS)
        for _ in range(3):
            await asyncio.sleep(0)
            await peer.send(b"1\r\nx\r\n")
        await peer.send(b"0\r\n\r\n")


async def cancel_everywhere(transport: LeanTransport, one: Callable[[], Awaitable[object]], most: int) -> None:
    """Runs `one` cancelled after 0, 1, 2... turns. At least one run must be cancelled, and the last one finish."""
    cancelled = 0
    for turns in range(most):
        task = asyncio.ensure_future(one())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        pool = transport.pool
        assert (pool.places, pool.waiting) == (pool.idle, 0), f"after {turns} turns"
        if task.cancelled():
            cancelled += 1
            continue
        task.result()
        assert cancelled
        return
    raise AssertionError(f"not finished after {most} turns")


@pytest.mark.parametrize("path", ["plain", "large upload", "streamed upload", "tls", "tunnel", "https proxy"])
@pytest.mark.parametrize("limit", [None, 1])
def test_every_await(run: Run, path: str, limit: int | None) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(3):
            await asyncio.sleep(0)
            yield b"x" * 100

    async def main() -> None:
        gc.collect()
        before = sockets()
        encrypted = path in ("tls", "tunnel", "https proxy")
        outer = server_tls() if path == "https proxy" else None
        async with serve(slow, server_tls() if encrypted else None) as server, proxy_server(tls=outer) as proxy:
            scheme = "https" if path == "https proxy" else "http"
            proxies = (
                ProxyMap(https=Proxy(scheme, "127.0.0.1", proxy.port)) if path in ("tunnel", "https proxy") else None
            )
            limits = PoolLimits(max_connections=limit)
            transport = LeanTransport(limits=limits, proxies=proxies, ssl_context=client_tls() if encrypted else None)
            url = server.url(scheme="https" if encrypted else "http")

            async def one() -> None:
                if path == "streamed upload":
                    request = httpx.Request("POST", url, content=parts())
                else:
                    request = post(url, b"x" * (3_000_000 if path == "large upload" else 10), connect=20, read=20)
                assert await fetch(transport, request) == (200, b"xxx")

            await cancel_everywhere(transport, one, 20_000)
            assert await asyncio.gather(fetch(transport, post(url)), fetch(transport, post(url))) == [(200, b"xxx")] * 2
            await transport.aclose()
            assert transport.pool.places == 0
            await server.quiet()
            await proxy.server.quiet()
        await until(lambda: sockets() <= before)

    run(main())


def test_cancelled_in_the_queue(run: Run) -> None:
    async def main() -> None:
        async with serve(slow) as server:
            transport = LeanTransport(limits=PoolLimits(max_connections=1))

            async def two() -> None:
                one = asyncio.ensure_future(fetch(transport, post(server.url())))
                try:
                    assert await fetch(transport, post(server.url())) == (200, b"xxx")
                finally:
                    await one

            await cancel_everywhere(transport, two, 5000)
            await transport.aclose()

    run(main())


def test_cancelling_the_reader_closes_the_upstream_at_once(run: Run) -> None:
    async def main() -> None:
        gone = asyncio.Event()

        async def handler(peer: Peer) -> None:
            await peer.request()
            await peer.send(CHUNKS + b"1\r\nx\r\n")
            await peer.gone()
            gone.set()

        async with serve(handler) as server:
            transport = LeanTransport()
            task = asyncio.create_task(fetch(transport, post(server.url())))
            await until(lambda: server.open)
            await asyncio.sleep(0.05)
            task.cancel()
            await asyncio.wait_for(gone.wait(), 1)
            assert transport.pool.places == 0
            with pytest.raises(asyncio.CancelledError):
                await task

    run(main())


def test_many_cancelled_at_random_moments(run: Run) -> None:
    async def main() -> None:
        gc.collect()
        before = sockets()
        async with serve(slow) as server:
            transport = LeanTransport(limits=PoolLimits(max_connections=5, max_idle=3))
            for round_ in range(30):
                tasks = [asyncio.create_task(fetch(transport, post(server.url(), pool=10))) for _ in range(20)]
                for number, task in enumerate(tasks):
                    if (number * 7 + round_) % 3:
                        continue
                    await asyncio.sleep(0)
                    task.cancel()
                results = await asyncio.gather(*tasks, return_exceptions=True)
                wrong = [one for one in results if one != (200, b"xxx") and not isinstance(one, asyncio.CancelledError)]
                assert not wrong
                assert transport.pool.places == transport.pool.idle <= 3
            await transport.aclose()
            await server.quiet()
        await until(lambda: sockets() <= before)

    run(main())
