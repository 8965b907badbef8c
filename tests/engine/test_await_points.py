"""Something goes wrong at every place where the engine waits: nothing is left behind, and the client is told or gone.

The places are read from the code. Each request below is first run as it is, to count its suspensions; then it is run
again for each of them and for everything that can happen there: the world fails, Gate's own code does, the client goes
away, Gate is stopped, the request's time is over. What comes after such a thing (the error's own way to the client, the
end of a race) waits as well, so a second one follows the first at every suspension after it.
"""

import asyncio
import gc
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import Execution, Outcome
from gate.core.failure import Failure, FailureKind
from gate.engine.ports import ClientGone, ClientStalled, TransportFailure
from gate.engine.snapshot import Snapshot
from tests.engine.played import (
    CHAT_ERROR,
    CHUNK,
    END,
    ERROR,
    FINISH,
    RESET,
    START,
    TEXT,
    asked,
    failing,
    refused,
    streamed,
    whole,
)
from tests.engine.points import Act, Driver, Point, points
from tests.engine.rig import Reply, Rig, no_lost_errors, run, snapshot

PLAIN = snapshot()
HEDGED = snapshot(policy={"hedge_after_s": 2})
EXPECTED = {
    "decider.py": 1,
    "delivery.py": 21,
    "end.py": 8,
    "entry.py": 2,
    "exchange.py": 1,
    "executor.py": 19,
    "gateway.py": 10,
    "hedge.py": 4,
    "session_book.py": 1,
    "stream.py": 8,
}
NOT_OF_A_REQUEST = {("entry.py", "Entries.end_all")}
"""The end of the process waits for requests; no request waits there."""


@dataclass(frozen=True)
class Case:
    """One request. ahead: other requests that are asked before it and still run. again: times it was asked before.
    given: what is done at which suspension, whatever else is."""

    one: tuple[Reply, ...] = (whole(),)
    two: tuple[Reply, ...] = (whole(),)
    made: Snapshot = PLAIN
    stream: bool = False
    operation: Operation = Operation.CHAT
    body: bytes | None = None
    headers: Sequence[tuple[bytes, bytes]] = ()
    method: str = "POST"
    dialect: Dialect = Dialect.ANTHROPIC_MESSAGES
    ahead: int = 0
    again: int = 0
    given: tuple[tuple[int, str], ...] = ()


SESSION = ((b"x-session-id", b"s"),)
COUNT = Reply(parts=[b'{"input_tokens":3}'])
ROUTE = [{"provider": "one", "model": "m", "lane": "fast"}]


def alone(**provider: Any) -> Snapshot:
    """Only one provider, and one route."""
    address = {"kind": "compatible", "key": "${KEY}", "base_url": "http://127.0.0.1:9/one", "catalog": False}
    return snapshot(providers={"one": address | provider}, routes=ROUTE)


ALONE = alone(dialects=["anthropic_messages"])
OF_CHAT = alone(dialects=["openai_chat"])
COUNTS = alone(kind="anthropic")
EARLY = snapshot(stream={"head_after_s": 1, "ping_every_s": 1})

CASES: dict[str, Case] = {
    "whole": Case(),
    "whole, in a session": Case(headers=SESSION),
    "stream": Case(one=(streamed(START, TEXT, b": note\n\n", END),), stream=True),
    "json to a stream": Case(stream=True),
    "a second route": Case(one=(refused(529),)),
    "a second route of a stream": Case(one=(streamed(START, RESET),), two=(streamed(),), stream=True),
    "in-band error": Case(one=(streamed(START, ERROR),), two=(streamed(),), stream=True),
    "a retry": Case(one=(refused(529), whole()), made=ALONE),
    "refused everywhere": Case(one=(failing(),), two=(refused(529),)),
    "unreachable everywhere": Case(one=(failing(),), two=(failing(),)),
    "broken off": Case(one=(streamed(START, TEXT, RESET),), stream=True),
    "an error told in the stream": Case(one=(streamed(START, TEXT, ERROR),), stream=True),
    "an error of another dialect": Case(one=(streamed(CHUNK, CHAT_ERROR),), made=OF_CHAT, stream=True),
    "no end of a chat": Case(one=(streamed(CHUNK, FINISH),), made=OF_CHAT, stream=True, dialect=Dialect.OPENAI_CHAT),
    "a defect in a stream": Case(one=(streamed(START, TEXT, END),), stream=True, given=((6, "defect"),)),
    "pings, then content": Case(one=(streamed(wait_s=3.5),), made=EARLY, stream=True),
    "pings, then nothing": Case(one=(failing(wait_s=3.5),), two=(failing(wait_s=1.5),), made=EARLY, stream=True),
    "counted": Case(one=(COUNT,), made=COUNTS, operation=Operation.COUNT_TOKENS),
    "estimated": Case(one=(failing(),), made=COUNTS, operation=Operation.COUNT_TOKENS),
    "no count for this": Case(one=(refused(400),), made=COUNTS, operation=Operation.COUNT_TOKENS),
    "no JSON": Case(body=b"{"),
    "no POST": Case(method="GET"),
    "a queue": Case(made=snapshot(limits={"in_flight": 1}), ahead=1),
    "slowed": Case(made=snapshot(guard={"turns": 2, "slow": True}), headers=SESSION, again=1),
    "a hedge that wins": Case(one=(whole(60),), two=(whole(1),), made=HEDGED),
    "a hedge that loses": Case(one=(streamed(wait_s=5),), two=(streamed(wait_s=60),), made=HEDGED, stream=True),
    "a hedge, and both fail": Case(one=(failing(wait_s=5),), two=(refused(529),), made=HEDGED),
    "a hedged stream": Case(
        one=(streamed(START, 60.0, TEXT, END),), two=(streamed(START, TEXT, 0.1, END),), made=HEDGED, stream=True
    ),
}


def throwing(error: BaseException) -> Act:
    def act(driver: Driver) -> BaseException | None:
        return error

    return act


def leaving(driver: Driver) -> BaseException | None:
    """The client is gone, which is noticed by cancelling the request's task."""
    assert driver.root is not None
    driver.root.cancel()
    return None


def stopping(rig: Rig) -> Act:
    def act(driver: Driver) -> BaseException | None:
        for entry in list(rig.gateway.entries._all):  # pyright: ignore[reportPrivateUsage]
            if entry.task is driver.root:
                entry.draining = True
                if entry.exchange is not None:
                    entry.exchange.draining = True
        return leaving(driver)

    return act


def timing_out(rig: Rig) -> Act:
    """The request's time is over, where it still has one."""

    def act(driver: Driver) -> BaseException | None:
        now = asyncio.get_running_loop().time()
        for entry in rig.gateway.entries._all:  # pyright: ignore[reportPrivateUsage]
            for draft in [] if entry.exchange is None else entry.exchange.under_way:
                limit = draft.until_content
                if limit is not None and limit.when() is not None and not limit.expired():
                    limit.reschedule(now)
        return None

    return act


def going(rig: Rig, error: BaseException) -> Act:
    def act(driver: Driver) -> BaseException | None:
        rig.clients[-1].gone = True
        return error

    return act


WRONG = "a defect"
KINDS: dict[str, dict[str, Callable[[Rig], Act]]] = {
    "upstream": {"fails": lambda _: throwing(TransportFailure(Failure(FailureKind.CONNECTION_RESET)))},
    "client": {
        "client gone": lambda rig: going(rig, ClientGone()),
        "client stalled": lambda rig: going(rig, ClientStalled()),
    },
    "body": {
        "no body": lambda _: throwing(GateError(ErrorCode.BODY_TIMEOUT, "late")),
        "client gone": lambda rig: going(rig, ClientGone()),
    },
    "closing": {},
    "replicas": {},
    "own": {},
}
ALWAYS: dict[str, Callable[[Rig], Act]] = {
    "leaves": lambda _: leaving,
    "stop": stopping,
    "time over": timing_out,
}
for _who, _kinds in KINDS.items():
    if _who != "own":  # asyncio's own waits raise nothing of themselves
        _kinds["defect"] = lambda _: throwing(RuntimeError(WRONG))
FOLLOWED = ("defect", "leaves", "stop")
"""After these something is left to be done, during which something else may happen."""
AFTERWARDS = 2


@dataclass
class Ran:
    """What came of one run."""

    driver: Driver
    rig: Rig


def perform(case: Case, acts: dict[int, str]) -> Ran:
    """One request with something done at these of its suspensions, and what must hold whatever that was."""

    async def scenario() -> Ran:
        rig: Rig
        driver = Driver({at: lambda driver, kind=kind: _act(rig, driver, kind) for at, kind in acts.items()})
        rig = Rig(case.made, {"one": list(case.one), "two": list(case.two)}, driver.pause, shared=True)
        body = asked(stream=case.stream) if case.body is None else case.body

        async def ask() -> None:
            await rig.ask(
                body, dialect=case.dialect, operation=case.operation, headers=case.headers, method=case.method
            )

        with pytest.MonkeyPatch.context() as patched, no_lost_errors():
            loop = asyncio.get_running_loop()
            others = [asyncio.ensure_future(rig.ask(asked(text="other"))) for _ in range(case.ahead)]
            for _ in range(case.again):
                await rig.ask(body, headers=case.headers)
            await asyncio.sleep(0)
            driver.forget()
            driver.install(loop, patched)
            driver.root = asyncio.ensure_future(ask())
            await asyncio.wait([driver.root])
            if not driver.root.cancelled():
                driver.root.result()
            loop.set_task_factory(None)
            await asyncio.gather(*others)
            gc.collect(0)
            for _ in range(3):
                await asyncio.sleep(0)  # generators that were left half way are closed by the loop itself
            rig.check(driver.tasks)
        return Ran(driver, rig)

    return run(scenario)


def _act(rig: Rig, driver: Driver, kind: str) -> BaseException | None:
    made = {**KINDS[driver.who[-1]], **ALWAYS}.get(kind)
    return None if made is None else made(rig)(driver)


def judged(ran: Ran, acts: dict[int, str]) -> None:
    """The client was told, once, or is gone."""
    client, scope = ran.rig.clients[-1], ran.rig.telemetry.scopes[-1]
    kinds = set(acts.values())
    (end,) = scope.ends
    assert len(client.heads) <= 1
    assert client.ended <= 1
    assert client.body.count(b"event: error") <= 1
    assert ran.rig.store.kept == sum(isinstance(one.ends[0], Execution) for one in ran.rig.telemetry.scopes)
    gone = kinds & {"leaves", "client gone", "client stalled"}
    broken = any(kind == "defect" and ran.driver.waited_for(at) == "client" for at, kind in acts.items())
    stopped_twice = list(acts.values()).count("stop") > 1
    if not gone and not broken and not stopped_twice:
        assert client.ended == 1, "the client waits for ever"
    crashes = [error for error in ran.rig.telemetry.crashes if str(error) != WRONG]
    assert not crashes, crashes
    if isinstance(end, Execution):
        assert len(end.attempts) == len(scope.attempts)
        assert [record.index for record in end.attempts] == list(range(len(end.attempts)))
        assert end.outcome is not None
        if "stop" in kinds and not gone and not broken:
            assert end.outcome is not Outcome.INTERNAL_ERROR or "defect" in kinds


Reached = dict[Point, set[str]]
"""By point, what was done there."""


def reach(reached: Reached, ran: Ran, acts: dict[int, str]) -> None:
    for at, kind in acts.items():
        for point in ran.driver.at[at - 1] if at <= len(ran.driver.at) else ():
            reached.setdefault(point, set()).add(kind)


@cache
def swept(name: str) -> Reached:
    """Everything that can happen at every suspension of the request, and again at those that come after it."""
    case, reached = CASES[name], Reached()
    given = dict(case.given)
    plain = perform(case, given)
    judged(plain, given)
    for at, who in enumerate(plain.driver.who, 1):
        for kind in (*KINDS[who], *ALWAYS):
            if at <= max(given, default=0):
                continue
            first = given | {at: kind}
            ran = perform(case, first)
            _judged(name, ran, first, reached)
            if kind not in FOLLOWED:
                continue
            for later in range(at + 1, min(len(ran.driver.who), at + AFTERWARDS) + 1):
                for second in (*KINDS[ran.driver.who[later - 1]], "leaves", "stop"):
                    both = first | {later: second}
                    _judged(name, perform(case, both), both, reached)
    return reached


def _judged(name: str, ran: Ran, acts: dict[int, str], reached: Reached) -> None:
    try:
        judged(ran, acts)
    except AssertionError as error:
        where = [str(point) for at in acts for point in ran.driver.at[at - 1]]
        raise AssertionError(f"{name}: {acts} at {where}: {error}") from error
    reach(reached, ran, acts)


def test_the_code_waits_at_as_many_points_as_are_written_here() -> None:
    """Whoever adds one finds out below whether the requests reach it."""
    assert Counter(point.file for point in points()) == EXPECTED


@pytest.mark.parametrize("name", CASES)
def test_whatever_happens_at_any_suspension(name: str) -> None:
    assert swept(name)


def test_every_point_of_the_code_was_reached_by_every_kind_of_trouble() -> None:
    reached = Reached()
    for name in CASES:
        for point, kinds in swept(name).items():
            reached.setdefault(point, set()).update(kinds)
    expected = {point for point in points() if (point.file, point.function) not in NOT_OF_A_REQUEST}
    missed = sorted(str(point) for point in expected - reached.keys())
    assert not missed
    for kind in ("leaves", "stop"):
        assert not sorted(str(point) for point in expected if kind not in reached[point]), kind
    raised = {"defect", "fails", "client gone", "client stalled", "no body"}
    assert {point.text for point in expected if not raised & reached[point]} == WAITS_OF_ASYNCIO


WAITS_OF_ASYNCIO = {
    "await asyncio.wait_for(turn, limits.queue_wait_s)",
    "await self.entries.admit(entry, snapshot.limits)",
    "await asyncio.sleep(step.seconds)",
    "await asyncio.sleep(verdict.wait_s)",
    "await self._repeats(features, scanned, body, inbound, snapshot)",
    "await race(x, (first, step), hedge, start, partial(self._attempt, x))",
    "await asyncio.wait(tasks, timeout=hedge.after_s)",
    "await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)",
    "await _all_over(tasks)",
    "await asyncio.wait(running)",
}
"""Where nothing can be raised but CancelledError; what attempts in a race raise comes through their tasks."""
