"""gate.server.connection: what leaves together, and what waits for a client that does not read."""

import asyncio

import pytest

from gate.server.application import Listener, ServerSettings
from gate.server.balance import LoadBoard
from gate.server.connection import WRITE_BYTES
from gate.server.connections import Connections
from gate.server.sockets import bind

PIECE = b"x" * 16_384
SLACK = 8 * 1024 * 1024  # what the kernel takes on both ends, and the transport's own buffer


def serving(app, scenario):
    async def run():
        chosen = ServerSettings((Listener("127.0.0.1", 0, "public"),))
        (bound,) = bind(chosen.listeners, 16)
        connections = Connections(chosen, LoadBoard(1), 0)
        connections.listen(bound.socket, app)
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.address.port)
        try:
            writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
            await asyncio.wait_for(scenario(reader, connections), 10)
        finally:
            writer.close()
            await connections.close(0)

    asyncio.run(run())


def test_the_pieces_of_a_small_answer_are_one_packet_in_their_order(monkeypatch: pytest.MonkeyPatch):
    written: list[bytes] = []
    write = asyncio.StreamWriter.write

    def noted(self, data):
        written.append(bytes(data))
        write(self, data)

    monkeypatch.setattr(asyncio.StreamWriter, "write", noted)

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"6")]})
        await send({"type": "http.response.body", "body": b"abc", "more_body": True})
        await send({"type": "http.response.body", "body": b"def", "more_body": False})

    async def scenario(reader, _):
        assert (await reader.readuntil(b"abcdef")).startswith(b"HTTP/1.1 200")

    serving(app, scenario)
    answers = [data for data in written if data.startswith(b"HTTP/1.1")]
    assert len(answers) == 1 and answers[0].endswith(b"abcdef")


def test_pieces_that_come_apart_leave_apart():
    gone = asyncio.Event()

    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        await gone.wait()
        await send({"type": "http.response.body", "body": b"second", "more_body": False})

    async def scenario(reader, _):
        await reader.readuntil(b"first\r\n")
        gone.set()
        await reader.readuntil(b"second\r\n0\r\n\r\n")

    serving(app, scenario)


def test_an_answer_that_nobody_reads_waits_with_a_bound():
    sent = 0

    async def app(scope, receive, send):
        nonlocal sent
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
            sent += len(PIECE)

    async def scenario(reader, connections):
        await asyncio.sleep(0.5)
        stopped = sent
        await asyncio.sleep(0.2)
        assert sent == stopped < SLACK + WRITE_BYTES
        assert await connections.close(0.1) == 1

    serving(app, scenario)


def test_an_answer_before_the_end_of_the_request_arrives_whole():
    async def refuses(scope, receive, send):
        headers = [(b"content-length", b"4"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 413, "headers": headers})
        await send({"type": "http.response.body", "body": b"much", "more_body": False})

    async def run():
        chosen = ServerSettings((Listener("127.0.0.1", 0, "public"),))
        (bound,) = bind(chosen.listeners, 16)
        connections = Connections(chosen, LoadBoard(1), 0)
        connections.listen(bound.socket, refuses)
        reader, writer = await asyncio.open_connection("127.0.0.1", bound.address.port)
        try:
            writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n")
            for _ in range(20):  # goes on sending, as clients do, before it reads
                writer.write(b"x" * 100_000)
                await asyncio.sleep(0.01)
            answer = await asyncio.wait_for(reader.read(), 5)
            assert answer.startswith(b"HTTP/1.1 413") and answer.endswith(b"much")
            began = asyncio.get_running_loop().time()
            while len(connections):  # noqa: ASYNC110 - nothing tells
                await asyncio.sleep(0.01)
            assert asyncio.get_running_loop().time() - began < 2
        finally:
            writer.close()
            await connections.close(0)

    asyncio.run(run())
