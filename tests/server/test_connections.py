"""gate.server.connections: accepted, answered and closed on our terms, by Hypercorn's connection class."""

import asyncio
import errno
import socket

import pytest

from gate.server import connections as module
from gate.server.application import Listener, ServerSettings
from gate.server.balance import LoadBoard
from gate.server.connections import Connections
from gate.server.sockets import bind

SECRET = "sk-do-not-log-me"


async def app(scope, receive, send):
    if scope["path"] == "/crash":
        raise RuntimeError(SECRET)
    if scope["path"] == "/slow":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})
        await asyncio.sleep(0.2)
        await send({"type": "http.response.body", "body": b"ended", "more_body": False})
        return
    if scope["path"] == "/endless":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
    body = scope["path"].encode()
    headers = [(b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def serving(scenario, **settings):
    """Runs the scenario with connections that listen, and their port."""

    async def run():
        chosen = ServerSettings((Listener("127.0.0.1", 0, "public"),), **settings)
        (bound,) = bind(chosen.listeners, 16)
        connections = Connections(chosen, LoadBoard(1), 0)
        connections.listen(bound.socket, app)
        try:
            await asyncio.wait_for(scenario(connections, bound.address.port), 10)
        finally:
            await connections.close(0)

    asyncio.run(run())


class Client:
    def __init__(self, port):
        self.port = port

    async def __aenter__(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_):
        self.writer.close()

    async def get(self, path, headers=""):
        self.send(path, headers)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = [line for line in head.splitlines() if line.startswith("content-length")]
        return head, await self.reader.readexactly(int(length[0].split(":")[1])) if length else b""

    def send(self, path, headers=""):
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n{headers}\r\n".encode())


async def until(condition):
    while not condition():  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)


def test_a_connection_serves_request_after_request():
    async def scenario(connections, port):
        async with Client(port) as client:
            for path in ("/one", "/two"):
                head, body = await client.get(path)
                assert head.startswith("http/1.1 200")
                assert "server:" not in head
                assert body == path.encode()
            assert len(connections) == 1
        await until(lambda: len(connections) == 0)

    serving(scenario)


def test_an_idle_connection_is_closed_after_its_time():
    async def scenario(connections, port):
        async with Client(port) as client:
            await client.get("/one")
            assert await client.reader.read() == b""

    serving(scenario, keep_alive_s=0.1)


def test_headers_are_bounded():
    async def scenario(connections, port):
        async with Client(port) as client:
            head, _ = await client.get("/", f"x-large: {'x' * 30_000}\r\n")
            assert head.startswith("http/1.1 200")
        async with Client(port) as client:
            head, _ = await client.get("/", f"x-large: {'x' * 200_000}\r\n")
            assert head.startswith("http/1.1 431")

    serving(scenario)


def test_what_the_application_raises_is_a_500_and_a_log_line_without_values(caplog):
    async def scenario(connections, port):
        async with Client(port) as client:
            head, _ = await client.get("/crash")
            assert head.startswith("http/1.1 500")

    serving(scenario)
    assert "RuntimeError at test_connections.py" in caplog.text
    assert SECRET not in caplog.text
    assert not any(record.exc_info for record in caplog.records)


def test_last_answers_say_that_the_connection_ends():
    async def scenario(connections, port):
        async with Client(port) as client:
            head, _ = await client.get("/one")
            assert "connection: close" not in head
            connections.last_answers()
            head, body = await client.get("/two")
            assert "connection: close" in head
            assert body == b"/two"
            assert await client.reader.read() == b""

    serving(scenario)


def test_closing_spares_the_answer_under_way_and_nothing_else():
    async def scenario(connections, port):
        async with Client(port) as idle, Client(port) as busy:
            await idle.get("/one")
            busy.send("/slow")
            await busy.reader.readuntil(b"begun")
            await connections.close_idle()
            assert await asyncio.wait_for(idle.reader.read(), 2) == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
            assert await connections.close(2) == 0
            assert (await busy.reader.read()).endswith(b"ended\r\n0\r\n\r\n")

    serving(scenario)


def test_a_client_that_does_not_read_is_cut():
    async def scenario(connections, port):
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET /endless HTTP/1.1\r\nHost: test\r\n\r\n")
            await until(lambda: len(connections) == 1)
            await asyncio.sleep(0.1)
            assert await connections.close(0.1) == 1
            assert len(connections) == 0

    serving(scenario)


def test_without_room_for_a_connection_it_waits_until_there_is(monkeypatch, caplog):
    class Full:
        """A listening socket of a process that has no file descriptor left, until it has."""

        def __init__(self, real):
            self.real, self.full, self.tries = real, True, 0

        def fileno(self):
            return self.real.fileno()

        def close(self):
            self.real.close()

        def accept(self):
            self.tries += 1
            if self.full:
                raise OSError(errno.EMFILE, "Too many open files")
            return self.real.accept()

    monkeypatch.setattr(module, "NO_ROOM_PAUSE_S", 0.1)

    async def run():
        settings = ServerSettings((Listener("127.0.0.1", 0, "public"),))
        (bound,) = bind(settings.listeners, 16)
        listening = Full(bound.socket)
        connections = Connections(settings, LoadBoard(1), 0)
        connections.listen(listening, app)
        async with Client(bound.address.port) as client:
            answer = asyncio.create_task(client.get("/one"))
            await asyncio.sleep(0.25)
            assert 2 <= listening.tries <= 4  # it pauses instead of spinning
            listening.full = False
            assert (await asyncio.wait_for(answer, 2))[1] == b"/one"
        await connections.close(0)

    asyncio.run(run())
    assert "Too many open files" in caplog.text


def test_a_busier_worker_leaves_a_connection_to_another_one_but_not_for_ever():
    async def run():
        settings = ServerSettings((Listener("127.0.0.1", 0, "public"),), workers=2)
        (bound,) = bind(settings.listeners, 16)
        twin = bound.socket.dup()
        board = LoadBoard(2)
        first, second = Connections(settings, board, 0), Connections(settings, board, 1)
        first.listen(bound.socket, app)
        second.listen(twin, app)
        clients = [await asyncio.open_connection("127.0.0.1", bound.address.port) for _ in range(10)]
        await until(lambda: len(first) + len(second) == 10)
        assert abs(len(first) - len(second)) <= 2
        await second.close(0)
        board.say(1, 0)  # a worker that says it is free and does not accept: stuck
        async with Client(bound.address.port) as client:
            assert (await asyncio.wait_for(client.get("/one"), 1))[1] == b"/one"
        for _, writer in clients:
            writer.close()
        await first.close(0)

    asyncio.run(run())
