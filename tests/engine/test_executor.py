"""The walk is bounded, in attempts and in time, whatever upstreams do."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from gate.core.dialect import Operation
from gate.core.execution import AttemptRecord
from tests.engine.played import END, START, TEXT, asked, event, failing, refused, streamed, whole
from tests.engine.rig import Client, Part, Reply, Rig, run, snapshot


def ask(
    replies: dict[str, list[Reply]], *, stream: bool = False, operation: Operation = Operation.CHAT, **sections: Any
) -> tuple[Client, Rig, float]:
    """A request, and how long it took."""

    async def scenario() -> tuple[Client, Rig, float]:
        loop = asyncio.get_running_loop()
        rig = Rig(snapshot(**sections), replies)
        began = loop.time()
        client = await rig.ask(asked(stream=stream), operation=operation)
        rig.check()
        assert not rig.telemetry.crashes
        return client, rig, loop.time() - began

    return run(scenario)


def kinds(records: Sequence[AttemptRecord]) -> list[str | None]:
    return [None if record.failure is None else record.failure.kind.value for record in records]


def dripping(part: bytes, pause_s: float, count: int = 10_000) -> list[Part]:
    return [each for _ in range(count) for each in (part, pause_s)]


@pytest.mark.parametrize("most", [1, 2, 4])
@pytest.mark.parametrize("hedge_after_s", [None, 0.5])
@pytest.mark.parametrize("reply", [refused(529), refused(429, retry_after="1"), failing(wait_s=2)])
def test_no_request_makes_more_calls_than_allowed(most: int, hedge_after_s: float | None, reply: Reply) -> None:
    policy = {"max_attempts": most, "hedge_after_s": hedge_after_s}
    client, rig, _ = ask({"one": [reply], "two": [reply]}, policy=policy)
    assert len(rig.upstreams.calls) <= most
    assert client.ended == 1


def test_an_only_route_is_tried_twice_and_never_more() -> None:
    client, rig, took = ask({"one": [refused(529)]}, providers=ONLY, routes=ROUTE, policy={"hedge_after_s": 0.1})
    assert rig.upstreams.calls == ["one", "one"]
    assert client.heads[0][0] == 529
    assert took < 2


ONLY = {
    "one": {
        "kind": "compatible",
        "key": "${KEY}",
        "base_url": "http://127.0.0.1:9/one",
        "dialects": ["anthropic_messages"],
    }
}
ROUTE = [{"provider": "one", "model": "m", "lane": "fast"}]
TIMES = {"total_s": 30, "first_byte_s": 20, "whole_s": 20, "idle_s": 12}


@pytest.mark.parametrize(
    ("one", "stream"),
    [
        (Reply(parts=dripping(b" ", 10)), False),
        (streamed(*dripping(b": still there\n\n", 10)), True),
        (streamed(START, *dripping(event("ping"), 5)), True),
        (Reply(529, parts=dripping(b" ", 10)), False),
        (Reply(200, [(b"content-type", b"application/json")], dripping(b" ", 10)), True),
    ],
    ids=["whole", "comments", "pings", "error", "json to a stream"],
)
@pytest.mark.parametrize("hedge_after_s", [None, 3])
def test_an_answer_that_drips_without_end_ends_with_the_requests_time(
    one: Reply, stream: bool, hedge_after_s: float | None
) -> None:
    """Each wait by itself is short enough; only their sum is not."""
    policy = {"hedge_after_s": hedge_after_s}
    client, rig, took = ask({"one": [one], "two": [one]}, stream=stream, timeouts=TIMES, policy=policy)
    assert took == pytest.approx(30.0)
    assert kinds(rig.records) == ["deadline_exceeded"] * (2 if hedge_after_s and stream else 1)
    assert client.ended == 1
    assert client.heads[0][0] in (200, 504)
    if client.heads[0][0] == 200:
        assert b"event: error" in client.body


def test_waits_of_many_attempts_together_stay_within_the_requests_time() -> None:
    slow = failing(wait_s=20)
    client, rig, took = ask({"one": [slow], "two": [slow]}, timeouts=TIMES)
    assert took == pytest.approx(30.0)
    assert kinds(rig.records) == ["connection_reset", "deadline_exceeded"]
    assert client.heads[0][0] in (502, 504)


def test_content_lifts_the_requests_time() -> None:
    long = streamed(START, TEXT, *[30.0] * 10, END)
    client, rig, took = ask({"one": [long], "two": [whole()]}, stream=True, timeouts=TIMES)
    assert took == pytest.approx(300.0)
    assert kinds(rig.records) == [None]
    assert client.body.endswith(END)


def test_counting_has_a_time_of_its_own() -> None:
    count = Reply(parts=dripping(b" ", 3))
    client, rig, took = ask({"one": [count], "two": [count]}, operation=Operation.COUNT_TOKENS)
    assert took <= 10.0 + 1e-6
    assert client.heads[0][0] == 200
    assert b"input_tokens" in client.body
    assert kinds(rig.records) in ([], ["deadline_exceeded"])
