"""Places and idle connections: limits, the queue, eviction, expiry."""

import asyncio

import httpx
import pytest

from gate.upstream.pool import PoolClosed
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, fetch, lean, post, serve, until


def test_queue_is_in_order_and_uses_the_connection_that_comes_back(run: Run) -> None:
    async def main() -> None:
        order: list[bytes] = []

        async def handler(peer: Peer) -> None:
            while (request := await peer.request()) is not None:
                order.append(request[1])
                await asyncio.sleep(0.005)
                await peer.send(OK)

        async with serve(handler) as server, lean(max_connections=1) as transport:
            bodies = [b"%d" % number for number in range(8)]
            tasks = [asyncio.create_task(fetch(transport, post(server.url(), body, pool=5))) for body in bodies]
            await asyncio.sleep(0)
            assert transport.pool.waiting == 7
            await asyncio.gather(*tasks)
            assert order == bodies
            assert (server.accepted, transport.pool.places, transport.pool.idle) == (1, 1, 1)

    run(main())


def test_no_place_in_time(run: Run) -> None:
    async def main() -> None:
        released = asyncio.Event()

        async def handler(peer: Peer) -> None:
            while await peer.request() is not None:
                await released.wait()
                await peer.send(OK)

        async with serve(handler) as server, lean(max_connections=1) as transport:
            first = asyncio.create_task(fetch(transport, post(server.url())))
            await until(lambda: server.open)
            for seconds in (0, 0.05):
                with pytest.raises(httpx.PoolTimeout):
                    await fetch(transport, post(server.url(), pool=seconds))
            assert (transport.pool.places, transport.pool.waiting) == (1, 0)
            released.set()
            assert await first == (200, b"ok")
            assert await fetch(transport, post(server.url(), pool=1)) == (200, b"ok")

    run(main())


def test_idle_connection_makes_place_for_another_origin(run: Run) -> None:
    async def main() -> None:
        ok = answering(OK)
        async with serve(ok) as one, serve(ok) as two, lean(max_connections=1) as transport:
            for server in (one, two, one):
                assert await fetch(transport, post(server.url(), pool=1)) == (200, b"ok")
                assert transport.pool.places == 1
            assert (one.accepted, two.accepted) == (2, 1)

    run(main())


def test_waiter_for_another_origin_gets_the_place(run: Run) -> None:
    async def main() -> None:
        ok = answering(OK)
        async with serve(ok) as one, serve(ok) as two, lean(max_connections=1) as transport:
            servers = [one, two, one, two]
            answers = await asyncio.gather(*(fetch(transport, post(s.url(), pool=5)) for s in servers))
            assert answers == [(200, b"ok")] * 4
            assert transport.pool.places == 1

    run(main())


def test_closed_connection_gives_its_place_on(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.request()
            await asyncio.sleep(0.01)
            await peer.send(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")

        async with serve(handler) as server, lean(max_connections=2) as transport:
            answers = await asyncio.gather(*(fetch(transport, post(server.url(), pool=5)) for _ in range(9)))
            assert answers == [(200, b"ok")] * 9
            assert (server.accepted, transport.pool.places) == (9, 0)

    run(main())


def test_failed_connects_give_their_place_on(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            port = server.port
        async with lean(max_connections=1) as transport:
            requests = [fetch(transport, post(f"http://127.0.0.1:{port}/", pool=5)) for _ in range(5)]
            errors = await asyncio.gather(*requests, return_exceptions=True)
            assert [type(error) for error in errors] == [httpx.ConnectError] * 5
            assert (transport.pool.places, transport.pool.waiting) == (0, 0)

    run(main())


def test_cancelled_waiters_lose_nothing(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            while await peer.request() is not None:
                await asyncio.sleep(0.002)
                await peer.send(OK)

        async with serve(handler) as server, lean(max_connections=2) as transport:
            for _ in range(10):
                tasks = [asyncio.create_task(fetch(transport, post(server.url()))) for _ in range(12)]
                await asyncio.sleep(0.003)
                for task in tasks[::2]:
                    task.cancel()
                answers = await asyncio.gather(*tasks, return_exceptions=True)
                assert answers[1::2] == [(200, b"ok")] * 6
                pool = transport.pool
                assert (pool.places, pool.waiting) == (pool.idle, 0)
                assert pool.places <= 2

    run(main())


def test_waiter_granted_and_cancelled_in_one_moment_passes_it_on(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, lean(max_connections=1) as transport:
            pool = transport.pool
            await fetch(transport, post(server.url()))
            peer = next(iter(transport._peers.values()))
            for fresh in (False, True):
                held = await pool.acquire(peer, None)
                assert held is not None
                first = asyncio.create_task(pool.acquire(peer, None, fresh=fresh))
                second = asyncio.create_task(pool.acquire(peer, None, fresh=fresh))
                await asyncio.sleep(0)
                assert pool.waiting == 2
                pool.release(held)
                first.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await first
                got = await second
                assert (got is None) is fresh
                assert pool.places == 1
                if got is not None:
                    pool.release(got)
                else:
                    pool.not_opened()
            assert pool.places == 0

    run(main())


def test_only_so_many_are_kept_idle(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            while await peer.request() is not None:
                await asyncio.sleep(0.02)
                await peer.send(OK)

        async with serve(handler) as server, lean(max_idle=2) as transport:
            await asyncio.gather(*(fetch(transport, post(server.url())) for _ in range(6)))
            assert (transport.pool.places, transport.pool.idle) == (2, 2)
            await server.quiet(left=2)
        async with serve(handler) as server, lean(max_idle=0) as transport:
            await fetch(transport, post(server.url()))
            assert transport.pool.places == 0
            await server.quiet()

    run(main())


def test_idle_connections_expire_and_the_last_used_is_taken_first(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            while await peer.request() is not None:
                used.append(peer.number)
                await asyncio.sleep(0.02)
                await peer.send(OK)

        used: list[int] = []
        async with serve(handler) as server, lean(idle_seconds=0.3) as transport:
            await asyncio.gather(*(fetch(transport, post(server.url())) for _ in range(3)))
            used.clear()
            for _ in range(20):
                await fetch(transport, post(server.url()))
            assert len(set(used)) == 1
            assert (server.open, transport.pool.places) == (1, 1)  # 0.4 s later the other two are gone
            await server.quiet()
            assert transport.pool.places == 0

    run(main())


def test_closed_pool_ends_the_queue_and_takes_nothing_more(run: Run) -> None:
    async def main() -> None:
        async def handler(peer: Peer) -> None:
            await peer.gone()

        async with serve(handler) as server, lean(max_connections=1) as transport:
            tasks = [asyncio.create_task(fetch(transport, post(server.url()))) for _ in range(3)]
            await until(lambda: server.open)
            await transport.aclose()
            errors = await asyncio.gather(*tasks, return_exceptions=True)
            assert [type(error) for error in errors] == [httpx.ReadError, PoolClosed, PoolClosed]
            with pytest.raises(PoolClosed):
                await fetch(transport, post(server.url()))
            assert (transport.pool.places, transport.pool.waiting) == (0, 0)

    run(main())
