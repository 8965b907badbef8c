"""The held head, pings and the commit, with a responder that remembers."""

import asyncio
from collections.abc import Sequence

import pytest

from gate.engine.ports import Header
from gate.engine.snapshot import StreamSettings
from gate.engine.stream import ClientStream


class Remembering:
    def __init__(self) -> None:
        self.log: list[str | bytes] = []

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        self.log += [f"whole {status}", body]

    async def head(self, status: int, headers: Sequence[Header]) -> None:
        self.log.append(f"head {status} {','.join(name.decode() for name, _ in headers)}")

    async def write(self, data: bytes) -> None:
        self.log.append(data)

    async def end(self) -> None:
        self.log.append("end")


def stream(out: Remembering, head_after_s: float = 60, ping_every_s: float = 60) -> ClientStream:
    settings = StreamSettings(head_after_s=head_after_s, ping_every_s=ping_every_s)
    ticks = iter(range(1_000))
    return ClientStream(
        out, settings, b": ping\n\n", lambda: [(b"x-gate-decision-id", b"1")], lambda: float(next(ticks))
    )


def test_the_head_waits_for_the_first_content() -> None:
    out = Remembering()

    async def scenario() -> ClientStream:
        one = stream(out)
        one.start()
        await asyncio.sleep(0.01)
        assert out.log == []
        await one.commit([(b"content-type", b"text/event-stream")], b"held and first")
        await one.write(b"more")
        await one.end()
        return one

    ended = asyncio.run(scenario())
    assert out.log == ["head 200 content-type", b"held and first", b"more", "end"]
    assert ended.head_sent_at == ended.committed_at
    assert ended.bytes_out == len(b"held and firstmore")


def test_silence_sends_the_head_alone_and_pings() -> None:
    out = Remembering()

    async def scenario() -> ClientStream:
        one = stream(out, 0.01, 0.01)
        one.start()
        await asyncio.sleep(0.1)
        await one.commit([(b"never", b"sent")], b"content")
        await one.end()
        return one

    ended = asyncio.run(scenario())
    assert out.log[:2] == ["head 200 content-type,cache-control,x-gate-decision-id", b": ping\n\n"]
    assert out.log[-2:] == [b"content", "end"]
    assert out.log.count(b": ping\n\n") >= 2
    assert sum(str(item).startswith("head") for item in out.log) == 1
    assert ended.head_sent_at is not None and ended.committed_at is not None
    assert ended.head_sent_at < ended.committed_at


def test_no_ping_while_content_flows_and_none_after_the_end() -> None:
    out = Remembering()

    async def scenario() -> None:
        one = stream(out, 0.05, 0.05)
        one.start()
        await one.commit([], b"a")
        for _ in range(8):
            await asyncio.sleep(0.02)
            await one.write(b"b")
        await one.end()
        await asyncio.sleep(0.12)

    asyncio.run(scenario())
    assert b": ping\n\n" not in out.log
    assert out.log[-1] == "end"


def test_a_failure_after_the_head_ends_the_stream_once() -> None:
    out = Remembering()

    async def scenario() -> None:
        one = stream(out)
        await one.commit([], b"a")
        await one.fail(b"event: error\n\n")
        await one.fail(b"again")
        await one.end()

    asyncio.run(scenario())
    assert out.log[1:] == [b"a", b"event: error\n\n", "end"]


def test_a_second_failure_only_ends_what_the_first_began() -> None:
    out = Remembering()

    async def scenario() -> None:
        one = stream(out)
        await one.commit([], b"content")
        one.failed = True  # the upstream's own error event went out, and then something went wrong
        await one.fail(b"error")
        await one.fail(b"error")

    asyncio.run(scenario())
    assert out.log == ["head 200 ", b"content", "end"]


def test_a_defect_in_a_ping_is_raised_by_the_next_write_and_only_there() -> None:
    class Broken(Remembering):
        async def write(self, data: bytes) -> None:
            if data == b": ping\n\n":
                raise RuntimeError("a defect")
            await super().write(data)

    out = Broken()

    async def scenario() -> None:
        one = stream(out, 0.01)
        one.start()
        await asyncio.sleep(0.05)
        with pytest.raises(RuntimeError, match="a defect"):
            await one.write(b"content")
        await one.fail(b"error")

    asyncio.run(scenario())
    assert out.log[1:] == [b"error", "end"]
