"""gate.server.peers: a question gets its answer, or None within its time, whatever the other side does."""

import asyncio
import json
import tempfile
import time
from pathlib import Path

import pytest

from gate.server import peers
from gate.server.peers import PeerServer, ask, ask_all, socket_path


@pytest.fixture
def directory():
    with tempfile.TemporaryDirectory(prefix="gate-peers-") as path:  # a socket's path must be short
        yield Path(path)


async def slow(_params):
    await asyncio.sleep(30)


async def later(params):
    await asyncio.sleep(0.01)
    return {"later": params}


def broken(_params):
    raise ValueError("sk-do-not-log-me")


HANDLERS = {
    "echo": lambda params: params,
    "later": later,
    "slow": slow,
    "broken": broken,
    "unsayable": lambda _: {"value": object()},
}


def with_servers(directory, count, scenario):
    async def run():
        servers = [
            PeerServer(directory, index, HANDLERS | {"who": lambda _, index=index: {"index": index}})
            for index in range(count)
        ]
        for server in servers:
            await server.start()
        try:
            return await scenario(servers)
        finally:
            for server in servers:
                await server.close()

    return asyncio.run(run())


def test_answers_at_once_and_later(directory):
    params = {"text": "ä\ud83d".encode("utf-8", "replace").decode(), "none": None, "list": [1, 2.5, {"deep": True}]}

    async def scenario(_servers):
        assert await ask(directory, 0, "echo", params, 2) == params
        assert await ask(directory, 0, "later", params, 2) == {"later": params}
        big = {"text": "x" * 900_000}
        assert await ask(directory, 0, "echo", big, 5) == big

    with_servers(directory, 1, scenario)


@pytest.mark.parametrize(
    ("method", "code"), [("nothing", "unknown_method"), ("broken", "failed"), ("unsayable", "failed")]
)
def test_a_refusal_is_none_with_its_code_in_the_log(directory, caplog, method, code):
    async def scenario(_servers):
        assert await ask(directory, 0, method, {}, 2) is None
        assert await ask(directory, 0, "echo", {"still": "there"}, 2) == {"still": "there"}

    with_servers(directory, 1, scenario)
    assert code in [getattr(record, "code", None) for record in caplog.records]
    assert "sk-do-not-log-me" not in caplog.text


def test_an_absent_worker_and_a_slow_one(directory):
    async def scenario(servers):
        started = time.monotonic()
        assert await ask(directory, 7, "echo", {}, 2) is None
        assert time.monotonic() - started < 1
        assert await ask(directory, 0, "slow", {}, 0.1) is None
        assert time.monotonic() - started < 1.5
        await servers[0].close()
        assert await ask(directory, 0, "echo", {}, 2) is None

    with_servers(directory, 1, scenario)


def test_all_are_asked_at_the_same_time_and_the_silent_are_missing(directory):
    async def scenario(servers):
        assert await ask_all(directory, 3, "who", {}, 2) == {0: {"index": 0}, 1: {"index": 1}, 2: {"index": 2}}
        assert await ask_all(directory, 3, "who", {}, 2, but=1) == {0: {"index": 0}, 2: {"index": 2}}
        await servers[2].close()
        assert set(await ask_all(directory, 3, "who", {}, 2)) == {0, 1}
        started = time.monotonic()
        assert await ask_all(directory, 2, "slow", {}, 0.5) == {}
        assert time.monotonic() - started < 0.95

    with_servers(directory, 3, scenario)


def test_a_restarted_worker_takes_the_place_of_the_dead_one(directory):
    socket_path(directory, 0).write_text("left behind")

    async def scenario(_servers):
        assert await ask(directory, 0, "who", {}, 2) == {"index": 0}

    with_servers(directory, 1, scenario)
    assert not socket_path(directory, 0).exists()


def test_sizes_are_bounded_on_both_sides(directory, monkeypatch):
    monkeypatch.setattr(peers, "ANSWER_LIMIT", 1000)

    async def scenario(_servers):
        assert await ask(directory, 0, "echo", {"text": "x" * 2000}, 2) is None
        assert await ask(directory, 0, "echo", {"text": "x" * 200}, 2) is not None
        assert await ask(directory, 0, "echo", {"text": "x" * (peers.QUESTION_LIMIT + 1)}, 2) is None

    with_servers(directory, 1, scenario)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\x00\x05{",
        b"\xff\xff\xff\xff{}",
        b"\x00\x00\x00\x01x",
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x02{}",
        b'\x00\x00\x00\x0f{"method":[1,2]}',
    ],
)
def test_what_is_no_question_harms_nobody(directory, sent):
    async def scenario(_servers):
        reader, writer = await asyncio.open_unix_connection(str(socket_path(directory, 0)))
        writer.write(sent)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 2)
        writer.close()
        if answer:
            assert "error" in json.loads(answer[4:])
        assert await ask(directory, 0, "echo", {"a": 1}, 2) == {"a": 1}

    with_servers(directory, 1, scenario)


def test_too_many_questions_at_once_are_refused(directory, monkeypatch, caplog):
    monkeypatch.setattr(peers, "MOST_QUESTIONS", 2)

    async def scenario(_servers):
        waiting = [asyncio.create_task(ask(directory, 0, "slow", {}, 1)) for _ in range(2)]
        await asyncio.sleep(0.2)
        assert await ask(directory, 0, "echo", {}, 2) is None
        for task in waiting:
            task.cancel()

    with_servers(directory, 1, scenario)
    assert "busy" in [getattr(record, "code", None) for record in caplog.records]


def test_an_answer_that_is_no_answer(directory):
    async def nonsense(reader, writer):
        await reader.readexactly(4)
        writer.write(b"\x00\x00\x00\x0b" + b'{"ok":"no"}')
        writer.close()

    async def scenario():
        server = await asyncio.start_unix_server(nonsense, path=str(socket_path(directory, 0)))
        assert await ask(directory, 0, "echo", {}, 2) is None
        server.close()

    asyncio.run(scenario())
