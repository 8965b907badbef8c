"""Reaching an address: what fails and how it is told apart, and the race between addresses."""

import asyncio
import socket
from typing import Any

import httpx
import pytest

from gate.core.failure import FailureKind
from gate.upstream import dial
from gate.upstream.failures import classify_exception
from tests.upstream.conftest import Run
from tests.upstream.rawserver import OK, Peer, answering, failure, fetch, lean, post, serve, sockets


def test_refused(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            url = server.url()
        async with lean() as transport:
            error = await failure(transport, post(url))
            assert isinstance(error, httpx.ConnectError)
            assert isinstance(error.__cause__, ConnectionRefusedError)
            assert classify_exception(error) is FailureKind.CONNECT_ERROR
            assert f"127.0.0.1:{server.port}" in str(error)

    run(main())


@pytest.mark.parametrize("host", ["nothing.invalid", "a" * 64 + ".example", "-x-.invalid"])
def test_name_that_does_not_resolve(run: Run, host: str) -> None:
    async def main() -> None:
        async with lean() as transport:
            error = await failure(transport, post(f"http://{host}/", connect=20))
            assert isinstance(error, httpx.ConnectError)
            assert classify_exception(error) is FailureKind.DNS_ERROR
            assert transport.pool.places == 0

    run(main())


def test_slow_resolver_is_a_connect_timeout(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def slow(host: str, port: int) -> Any:
        await asyncio.sleep(60)

    monkeypatch.setattr(dial, "_resolve", slow)

    async def main() -> None:
        async with lean() as transport:
            error = await failure(transport, post("http://model.example/", connect=0.05))
            assert isinstance(error, httpx.ConnectTimeout)
            assert isinstance(error.__cause__, TimeoutError)
            assert "model.example:80" in str(error)
            assert transport.pool.places == 0

    run(main())


def test_socket_options(run: Run) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server:
            [address] = await dial._resolve("127.0.0.1", server.port)
            sock = await dial._connect(address)
            try:
                assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
                assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            finally:
                sock.close()

    run(main())


def test_names_resolve_and_families_take_turns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        async with serve(answering(OK)) as server, lean() as transport:
            assert await fetch(transport, post(f"http://localhost:{server.port}/")) == (200, b"ok")
        loop = asyncio.get_running_loop()
        found = [(family, 1, 6, "", (f"{family}-{n}", 1)) for family, count in ((10, 3), (2, 2)) for n in range(count)]

        async def answer(*_: Any, **__: Any) -> Any:
            return found

        if not isinstance(loop, asyncio.BaseEventLoop):
            return  # uvloop's methods cannot be replaced
        monkeypatch.setattr(loop, "getaddrinfo", answer)
        addresses = await dial._resolve("model.example", 1)
        assert [where[0] for *_, where in addresses] == ["10-0", "2-0", "10-1", "2-1", "10-2"]

    run(main())


def test_addresses_are_raced(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A black hole costs 250 ms, a refusal nothing; the losers leave no socket behind."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        real = dial._connect
        closed: list[str] = []

        async def connect(address: Any) -> socket.socket:
            if address[4][0] == "hole":
                try:
                    await asyncio.sleep(60)
                finally:
                    closed.append("hole")
            if address[4][0] == "late":
                await asyncio.sleep(0.6)
                closed.append("late")
            if address[4][0] == "refused":
                raise ConnectionRefusedError("refused")
            return await real(address)

        monkeypatch.setattr(dial, "_connect", connect)
        async with serve(answering(OK)) as server:
            good = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port))

            def other(name: str) -> Any:
                return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, 1))

            before = sockets()
            started = loop.time()
            (await dial._race([other("hole"), other("refused"), good])).close()
            assert 0.2 < loop.time() - started < 1
            await asyncio.sleep(0)
            assert closed == ["hole"]
            with pytest.raises(ConnectionRefusedError):
                await dial._race([other("refused"), other("refused")])
            with pytest.raises(OSError, match="no address"):
                await dial._race([])
            task = asyncio.create_task(dial._race([other("hole"), other("late"), other("hole")]))
            await asyncio.sleep(0.3)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await asyncio.sleep(0.5)
            assert closed.count("hole") == 2
            assert "late" not in closed
            for _ in range(20):  # the server closes its side of the first one in its own time
                if sockets() <= before:
                    break
                await asyncio.sleep(0.1)
            assert sockets() <= before

    run(main())


def test_two_winners_leave_one_socket(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        together = asyncio.Event()
        made: list[socket.socket] = []

        async def connect(address: Any) -> socket.socket:
            await together.wait()
            made.append(socket.socket())
            return made[-1]

        monkeypatch.setattr(dial, "_connect", connect)
        monkeypatch.setattr(dial, "_NEXT_ADDRESS_SECONDS", 0.001)
        address: Any = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 1))
        racing = asyncio.create_task(dial._race([address] * 3))
        await asyncio.sleep(0.05)
        together.set()
        winner = await racing
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert len(made) == 3
        assert [one for one in made if one.fileno() >= 0] == [winner]
        winner.close()

    run(main())


def test_ipv6(run: Run) -> None:
    async def main() -> None:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            seen.append((await Peer(reader, writer, 0).request() or (b"", b""))[0])
            writer.write(OK)
            writer.close()

        seen: list[bytes] = []
        try:
            listening = await asyncio.start_server(accept, "::1", 0)
        except OSError:
            pytest.skip("no IPv6 here")
        port = listening.sockets[0].getsockname()[1]
        async with lean() as transport:
            assert await fetch(transport, post(f"http://[::1]:{port}/")) == (200, b"ok")
        listening.close()
        assert f"Host: [::1]:{port}\r\n".encode() in seen[0]

    run(main())
