"""gate.routes.edge: bodies with bounds, and clients that leave or do not read."""

import asyncio
from typing import Any

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.engine.ports import ClientGone, ClientStalled
from gate.routes.edge import AsgiResponder, _Body

BODY = {"type": "http.request", "body": b"abc", "more_body": True}
LAST = {"type": "http.request", "body": b"def", "more_body": False}
GONE = {"type": "http.disconnect"}


def receiving(*messages: dict[str, Any]) -> Any:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    return receive


def refused(body: _Body, limit: int = 100) -> ErrorCode:
    with pytest.raises(GateError) as error:
        asyncio.run(body.read(limit))
    return error.value.code


def test_a_body_is_its_parts() -> None:
    async def read() -> bytes:
        body = _Body((), receiving(BODY, LAST), 1)
        try:
            return await body.read(6)
        finally:
            body.forget()

    assert asyncio.run(read()) == b"abcdef"


def test_a_body_has_a_length_and_a_time() -> None:
    assert refused(_Body(((b"content-length", b"101"),), receiving(), 1)) is ErrorCode.BODY_TOO_LARGE
    assert refused(_Body((), receiving(BODY, LAST), 1), limit=5) is ErrorCode.BODY_TOO_LARGE
    assert refused(_Body((), receiving(BODY), 0.05)) is ErrorCode.BODY_TIMEOUT


def test_a_client_that_leaves() -> None:
    with pytest.raises(ClientGone):
        asyncio.run(_Body((), receiving(BODY, GONE), 1).read(100))

    async def while_it_waits() -> None:
        body = _Body((), receiving(LAST, GONE), 1)
        await body.read(100)
        await asyncio.sleep(10)

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(while_it_waits())


def test_what_was_not_read_is_dropped_within_bounds() -> None:
    def dropped(*messages: dict[str, Any], headers: Any = ()) -> bool:
        return asyncio.run(_Body(headers, receiving(*messages), 1).discard())

    assert dropped(BODY, LAST)
    assert not dropped(BODY), "the rest does not come"
    assert not dropped(BODY, GONE)
    assert not dropped(BODY, LAST, headers=((b"content-length", b"2000000"),))
    assert not dropped({**BODY, "body": b"x" * 2_000_000}, LAST)


def test_an_answer_before_the_end_of_a_long_request_says_that_it_is_the_last() -> None:
    async def heads(*messages: dict[str, Any]) -> Any:
        client = Client()
        client.reads.set()
        await AsgiResponder(client.send, 1, _Body((), receiving(*messages), 1)).whole(401, [], b"no")
        return client.got[0]["headers"]

    assert (b"connection", b"close") not in asyncio.run(heads(BODY, LAST))
    assert (b"connection", b"close") in asyncio.run(heads(BODY))


class Client:
    """Takes what is sent while `reads` is set."""

    def __init__(self) -> None:
        self.reads = asyncio.Event()
        self.got: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        await self.reads.wait()
        self.got.append(message)


def test_an_answer_in_one_piece_and_in_several() -> None:
    async def run() -> list[dict[str, Any]]:
        client = Client()
        client.reads.set()
        out = AsgiResponder(client.send, 1)
        await out.whole(200, [(b"x", b"y")], b"abc")
        await AsgiResponder(client.send, 1, head_only=True).whole(200, [], b"abc")
        await out.write(b"")
        await out.write(b"d")
        await out.end()
        out.close()
        return client.got

    start, body, head, nothing, piece, end = asyncio.run(run())
    assert start["headers"] == [(b"x", b"y"), (b"content-length", b"3")] and body["body"] == b"abc"
    assert head["headers"] == [(b"content-length", b"3")] and nothing["body"] == b""
    assert (piece["body"], piece["more_body"]) == (b"d", True)
    assert (end["body"], end["more_body"]) == (b"", False)


def test_every_writer_whose_client_does_not_read_is_given_up_in_its_own_time() -> None:
    async def run() -> None:
        client = Client()
        out = AsgiResponder(client.send, 0.2)
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def stalls() -> float:
            with pytest.raises(ClientStalled):
                await out.write(b"x")
            return loop.time() - began

        answer = asyncio.create_task(stalls())
        await asyncio.sleep(0.1)
        ping = asyncio.create_task(stalls())
        first, second = await answer, await ping
        assert 0.19 < first < second and second > 0.29
        out.close()

    asyncio.run(run())


def test_a_client_that_reads_in_time_is_not_given_up() -> None:
    async def run() -> int:
        client = Client()
        out = AsgiResponder(client.send, 0.2)
        for _ in range(4):
            client.reads.clear()
            asyncio.get_running_loop().call_later(0.12, client.reads.set)
            await out.write(b"x")
        out.close()
        return len(client.got)

    assert asyncio.run(run()) == 4


def test_a_cancelled_write_stays_cancelled() -> None:
    async def run() -> None:
        out = AsgiResponder(Client().send, 5)
        task = asyncio.create_task(out.write(b"x"))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        out.close()

    asyncio.run(run())
