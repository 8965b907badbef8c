"""Two attempts at one answer: the quicker serves, the other is cancelled, and neither leaves anything behind."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import Failure, FailureKind
from gate.engine.ports import TransportFailure
from tests.engine.played import END, RESET, START, TEXT, asked, failing, refused, streamed, whole
from tests.engine.rig import Client, Reply, Rig, no_lost_errors, run, snapshot

HEDGED = snapshot(policy={"hedge_after_s": 2})
WRONG = TransportFailure(Failure(FailureKind.INVALID_REQUEST, status=400))


def race(
    one: Reply, two: Reply, *, stream: bool = False, made: Any = HEDGED
) -> tuple[Client, Rig, Sequence[AttemptRecord], float]:
    """A request to both, and how long it took."""

    async def scenario() -> tuple[Client, Rig, Sequence[AttemptRecord], float]:
        loop = asyncio.get_running_loop()
        rig = Rig(made, {"one": [one], "two": [two]})
        with no_lost_errors():
            began = loop.time()
            client = await rig.ask(asked(stream=stream))
            took = loop.time() - began
            await asyncio.sleep(0)
            rig.check()
        assert not rig.telemetry.crashes
        return client, rig, rig.records, round(took, 3)

    return run(scenario)


def kinds(records: Sequence[AttemptRecord]) -> list[str | None]:
    return [None if record.failure is None else record.failure.kind.value for record in records]


def test_it_is_off_by_default() -> None:
    client, rig, records, took = race(whole(60), whole(), made=snapshot())
    assert rig.upstreams.calls == ["one"]
    assert (kinds(records), took, client.ended) == ([None], 60.0, 1)


@pytest.mark.parametrize("stream", [False, True])
def test_an_answer_in_time_gets_nothing_beside_it(stream: bool) -> None:
    one = streamed(wait_s=1.9) if stream else whole(1.9)
    client, rig, records, took = race(one, whole(), stream=stream)
    assert rig.upstreams.calls == ["one"]
    assert (kinds(records), took, client.ended) == ([None], 1.9, 1)


@pytest.mark.parametrize("stream", [False, True])
def test_a_quicker_hedge_serves(stream: bool) -> None:
    one, two = (streamed(wait_s=60), streamed(wait_s=1)) if stream else (whole(60), whole(1))
    client, rig, records, took = race(one, two, stream=stream)
    assert rig.upstreams.calls == ["one", "two"]
    assert took == 3.0
    assert [(record.index, record.route, record.hedge) for record in records] == [
        (0, "one/m", False),
        (1, "two/m", True),
    ]
    assert kinds(records) == ["outrun", None]
    assert (client.heads[0][0], client.ended, len(client.heads)) == (200, 1, 1)
    assert client.body.count(b"hello") == 1
    assert [round(record.started_s, 3) for record in records] == [0.0, 2.0]


@pytest.mark.parametrize("stream", [False, True])
def test_a_first_that_comes_round_serves_and_the_hedge_is_outrun(stream: bool) -> None:
    one, two = (streamed(wait_s=5), streamed(wait_s=60)) if stream else (whole(5), whole(60))
    client, _, records, took = race(one, two, stream=stream)
    assert (kinds(records), took) == ([None, "outrun"], 5.0)
    assert [record.hedge for record in records] == [False, True]
    assert (client.heads[0][0], client.ended) == (200, 1)


def test_a_stream_that_only_sent_its_head_is_silent() -> None:
    one = streamed(START, 60.0, TEXT, END)
    client, _, records, took = race(one, streamed(wait_s=1), stream=True)
    assert (kinds(records), took) == (["outrun", None], 3.0)
    assert client.body.count(b"message_start") == 2, "one event's name and its type: of one of the two only"
    assert records[0].usage.input == 3, "what the outrun one reported is known"
    assert records[0].cost.pico_usd is not None


def test_a_whole_answer_whose_head_is_there_is_not_silent() -> None:
    _, rig, records, took = race(whole(1, 30.0), whole())
    assert rig.upstreams.calls == ["one"]
    assert (kinds(records), took) == ([None], 31.0)


def test_a_first_that_fails_before_the_hedge_is_followed_as_ever() -> None:
    _, _, records, took = race(failing(wait_s=1), whole(1))
    assert (kinds(records), took) == (["connection_reset", None], 2.0)
    assert [record.hedge for record in records] == [False, False]


@pytest.mark.parametrize("stream", [False, True])
def test_a_first_that_fails_beside_its_hedge_leaves_it_the_answer(stream: bool) -> None:
    two = streamed(wait_s=9) if stream else whole(9)
    client, _, records, took = race(failing(wait_s=3), two, stream=stream)
    assert (kinds(records), took) == (["connection_reset", None], 11.0)
    assert client.heads[0][0] == 200


def test_a_hedge_that_fails_leaves_the_first_alone() -> None:
    client, rig, records, took = race(whole(9), failing(wait_s=1))
    assert rig.upstreams.calls == ["one", "two"]
    assert (kinds(records), took) == ([None, "connection_reset"], 9.0)
    assert client.heads[0][0] == 200


def test_when_both_fail_the_client_is_told_once() -> None:
    client, rig, records, _ = race(failing(wait_s=5), refused(529))
    assert kinds(records) == ["connection_reset", "overloaded"]
    assert (client.heads[0][0], client.ended) == (529, 1)
    assert rig.upstreams.calls == ["one", "two"]


def test_a_request_that_is_wrong_by_one_word_is_not_sent_on() -> None:
    """Though the other one failed for another reason, last."""
    client, rig, records, _ = race(failing(WRONG, 3), failing(wait_s=5))
    assert kinds(records) == ["invalid_request", "connection_reset"]
    assert rig.upstreams.calls == ["one", "two"]
    assert client.heads[0][0] == 400


def test_what_the_client_is_shown_is_what_is_recorded() -> None:
    """The headers are written while the outrun one is still ending."""
    _, rig, records, _ = race(whole(60), whole(1))
    shown = rig.telemetry.scopes[0].shown[-1]
    assert [(record.route, record.failure) for record in shown.attempts] == [
        (record.route, record.failure) for record in records
    ]


def test_time_that_two_waited_together_counts_once() -> None:
    _, rig, _, _ = race(whole(60), whole(1))
    (execution,) = rig.telemetry.scopes[0].ends
    assert isinstance(execution, Execution)
    assert execution.outcome is Outcome.SERVED
    assert execution.upstream_s == pytest.approx(3.0)


def test_neither_breaker_counts_the_outrun_one() -> None:
    async def scenario() -> None:
        rig = Rig(
            snapshot(policy={"hedge_after_s": 2}, breaker={"failures": 1}), {"one": [whole(60)], "two": [whole(1)]}
        )
        for turn in range(3):
            await rig.ask(asked(text=str(turn)))
        assert rig.upstreams.calls == ["one", "two"] * 3
        assert rig.health.of("one/m").consecutive == 0
        rig.check()

    run(scenario)


@pytest.mark.parametrize("most", [1, 2])
def test_attempts_are_bounded_hedges_included(most: int) -> None:
    made = snapshot(policy={"hedge_after_s": 2, "max_attempts": most})
    _, rig, _, _ = race(whole(60), whole(1), made=made)
    assert rig.upstreams.calls == ["one", "two"][:most]


def test_a_stop_ends_both_and_tells_the_client() -> None:
    async def scenario() -> None:
        rig = Rig(HEDGED, {"one": [whole(60)], "two": [whole(60)]})
        asking = asyncio.create_task(rig.ask(asked()))
        await asyncio.sleep(5)
        assert len(rig.upstreams.open) == 2
        await rig.gateway.entries.end_all(1)
        client = await asking
        assert kinds(rig.records) == ["draining", "draining"]
        assert client.heads[0][0] == 529
        rig.check()

    run(scenario)


def test_a_client_that_leaves_takes_both_along() -> None:
    async def scenario() -> None:
        rig = Rig(HEDGED, {"one": [whole(60)], "two": [whole(60)]})
        asking = asyncio.create_task(rig.ask(asked()))
        await asyncio.sleep(5)
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking
        assert kinds(rig.records) == ["client_gone", "client_gone"]
        rig.check()

    run(scenario)


def test_a_client_that_leaves_while_the_hedge_answers() -> None:
    async def scenario() -> None:
        rig = Rig(HEDGED, {"one": [streamed(wait_s=60)], "two": [streamed(START, TEXT, 60.0, END)]})
        asking = asyncio.create_task(rig.ask(asked(stream=True)))
        await asyncio.sleep(5)
        asking.cancel()
        await asyncio.wait([asking])
        assert kinds(rig.records) == ["outrun", "client_gone"]
        rig.check()

    run(scenario)


def test_a_stream_that_breaks_off_after_it_won() -> None:
    client, _, records, _ = race(streamed(wait_s=60), streamed(START, TEXT, RESET), stream=True)
    assert kinds(records) == ["outrun", "connection_reset"]
    assert b"event: error" in client.body
    assert client.ended == 1
