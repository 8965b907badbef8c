"""Replicas that tell each other what they see agree in the end, whatever becomes of single messages."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.decision import Relation
from gate.core.dialect import Dialect
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.route import Route
from gate.engine.health_book import HealthBook
from gate.health.breaker import BreakerSettings
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.sharing import Aspect, Mark, Marks
from gate.health.snapshot import BreakerState, RouteHealth
from gate.store import redis_state_marks
from gate.store.redis_state_marks import GROUP, ROUTE, SharedMarks

SETTINGS = BreakerSettings(failures=2, min_calls=3, rate=0.5, open_s=10.0, open_max_s=40.0, proofs=2)
SPOKEN = frozenset({Dialect.OPENAI_CHAT})
ROUTES = (
    Route("acme/one", "acme", "one", "lane", SPOKEN, quota_group="acme/a", shared_limits=True),
    Route("acme/two", "acme", "two", "lane", SPOKEN, quota_group="acme/a"),
    Route("emca/one", "emca", "one", "lane", SPOKEN, quota_group="emca/a"),
)
OUTCOMES = (
    None,
    Failure(FailureKind.OVERLOADED),
    Failure(FailureKind.OVERLOADED, retry_after_s=7.0),
    Failure(FailureKind.RATE_LIMITED, retry_after_s=12.0),
    Failure(FailureKind.RATE_LIMITED),
    Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=15.0),
    Failure(FailureKind.INVALID_AUTH),
    Failure(FailureKind.CLIENT_GONE),
)
BEGAN = 1_700_000_000.0


@dataclass
class World:
    """True time, in seconds since 1970."""

    now: float = BEGAN


@dataclass
class Replica:
    """One process. skew: how far its wall clock is ahead. up: when its monotonic clock showed 0."""

    world: World
    skew: float
    up: float
    sent: list[tuple[str, Marks]] = field(default_factory=list[tuple[str, Marks]])
    under_way: list[tuple[str, float]] = field(default_factory=list[tuple[str, float]])

    def __post_init__(self) -> None:
        self.book = HealthBook(self._route, self._group)
        self.book.configure(ROUTES)
        self.marks = SharedMarks(self.book, self.wall, self.clock, self._tell)

    def wall(self) -> float:
        return self.world.now + self.skew

    def clock(self) -> float:
        return self.world.now - self.up

    def _route(self, route: str, health: RouteHealth) -> None:
        self.marks.route_changed(route, health)

    def _group(self, group: str, pressure: GroupPressure) -> None:
        self.marks.group_changed(group, pressure)

    def _tell(self, subject: str) -> None:
        self.sent.append((subject, self.marks.of(subject)))

    def begin(self, route: str) -> None:
        self.under_way.append((route, self.clock()))
        self.book.started(route, self.clock(), SETTINGS)

    def end(self, failure: Failure | None) -> None:
        if not self.under_way:
            return
        route, began = self.under_way.pop(0)
        provider, _, model = route.partition("/")
        record = AttemptRecord(
            0,
            route,
            provider,
            model,
            "lane",
            Relation.PRIMARY,
            started_s=0.0,
            ended_s=self.clock() - began,
            failure=failure,
        )
        self.book.ended(record, self.clock(), SETTINGS)

    def attempt(self, route: str, failure: Failure | None = None) -> None:
        self.begin(route)
        self.end(failure)

    def check(self) -> None:
        """What the book says is what the marks say."""
        offset, now = self.wall() - self.clock(), self.clock()
        for route in ROUTES:
            health, marks = self.book.of(route.id), self.marks.of(ROUTE + route.id)
            breaker = marks.get(Aspect.BREAKER)
            if breaker is None or breaker.over:
                assert health.state is BreakerState.CLOSED
            else:
                assert health.state is not BreakerState.CLOSED and health.open_until is not None
                assert health.openings == breaker.count and near(health.open_until + offset, breaker.until)
            self._check_cooldown(marks, health.cooldown, health.cooling_for(now), offset)
            probe = marks.get(Aspect.PROBE)
            probed = breaker is not None and probe is not None and not probe.over and probe.at >= breaker.at
            assert health.probing == (probed and health.state is not BreakerState.CLOSED)
        for name, group in self.book.groups.items():
            marks, pressure = self.marks.of(GROUP + name), group.pressure
            self._check_cooldown(marks, pressure.cooldown, pressure.cooling_for(now), offset)
            if pressure.by is not FailureKind.INVALID_AUTH:
                shut = marks.get(Aspect.SHUT)
                pressed = shut is not None and not shut.over
                assert (pressure.exhausted_until is not None) == pressed
                assert shut is None or not pressed or near((pressure.exhausted_until or 0) + offset, shut.until)

    def _check_cooldown(self, marks: Marks, cooldown: Cooldown | None, left: float, offset: float) -> None:
        mark = marks.get(Aspect.COOLDOWN)
        if mark is None or mark.over:
            assert left == 0.0
        else:
            assert cooldown is not None and near(cooldown.until + offset, mark.until)


def near(a: float, b: float) -> bool:
    return abs(a - b) < 0.001  # a monotonic time that went round over the wall clock is rounded


# Mostly one route: what happens to it in one replica has to meet what happens to it in another.
routes = st.sampled_from(["acme/one", "acme/one", "acme/one", "acme/two", "emca/one"])
outcomes = st.sampled_from([None, None, None, *OUTCOMES])
who = st.integers(0, 2)
steps = st.one_of(
    st.tuples(st.just("begin"), who, routes),
    st.tuples(st.just("end"), who, outcomes),
    st.tuples(st.just("attempt"), who, st.tuples(routes, outcomes)),
    st.tuples(st.just("break"), who, routes),
    st.tuples(st.just("wait"), who, st.sampled_from([0.1, 1.0, 11.0, 16.0])),
    st.tuples(st.just("deliver"), who, st.tuples(st.integers(0, 2), st.integers(0, 30), st.booleans())),
    st.tuples(st.just("deliver all"), who, st.none()),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(steps, min_size=5, max_size=60), st.lists(st.sampled_from([0.0, 0.2, -0.5]), min_size=3, max_size=3))
def test_replicas_agree_in_the_end(script: list[tuple[str, int, object]], skews: list[float]) -> None:
    world = World()
    replicas = [Replica(world, skew, BEGAN - 1_000.0 * index - 7.0) for index, skew in enumerate(skews)]
    for kind, index, what in script:
        replica = replicas[index]
        match kind, what:
            case "begin", str(route):
                replica.begin(route)
            case "attempt", (str(route), failure):
                assert failure is None or isinstance(failure, Failure)
                replica.attempt(route, failure)
            case "break", str(route):
                for _ in range(SETTINGS.failures):
                    replica.attempt(route, OUTCOMES[1])
            case "deliver all", _:
                exchange(replicas)
            case "wait", float(seconds):
                world.now += seconds
            case "deliver", (int(sender), int(which), bool(once)):
                sent = replicas[sender].sent  # any message to anybody, late, twice, or never
                if sent and sender != index:
                    subject, marks = sent.pop(which % len(sent)) if once else sent[which % len(sent)]
                    assert replica.marks.hear(subject, marks)
            case _, failure:
                assert failure is None or isinstance(failure, Failure)
                replica.end(failure)
        replica.check()
    exchange(replicas)
    for replica in replicas:
        replica.check()
    for subject in {subject for replica in replicas for subject in names(replica)}:
        assert replicas[0].marks.of(subject) == replicas[1].marks.of(subject) == replicas[2].marks.of(subject)


def names(replica: Replica) -> list[str]:
    return replica.marks.unknown_to({})


def exchange(replicas: list[Replica]) -> None:
    """Everybody compares with everybody, as over the hash in Redis."""
    for one in replicas:
        for other in replicas:
            theirs = {subject: other.marks.of(subject) for subject in names(other)}
            for subject in one.marks.unknown_to(theirs):
                other.marks.hear(subject, one.marks.of(subject))
            for subject, marks in theirs.items():
                one.marks.hear(subject, marks)


def pair() -> tuple[World, Replica, Replica]:
    world = World()
    return world, Replica(world, 0.0, BEGAN - 50.0), Replica(world, 0.0, BEGAN - 9_000.0)


def test_a_breaker_is_told_once_and_not_echoed() -> None:
    _, here, there = pair()
    for _ in range(2):
        here.attempt("emca/one", Failure(FailureKind.OVERLOADED))
    assert [subject for subject, _ in here.sent] == ["r:emca/one"]
    there.marks.hear(*here.sent[0])
    assert there.book.of("emca/one").state is BreakerState.OPEN
    assert there.sent == []
    assert there.marks.unknown_to({}) == ["r:emca/one"] and there.marks.unknown_to(dict(here.sent)) == []


def test_a_quota_used_up_here_shuts_every_route_of_the_account_there() -> None:
    world, here, there = pair()
    here.attempt("acme/two", Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=60.0))
    exchange([here, there])
    for route in ("acme/one", "acme/two"):
        assert there.book.of(route).group.exhausted_for(there.clock()) == pytest.approx(60.0)
    world.now += 61.0
    there.attempt("acme/one")
    exchange([here, there])
    assert here.book.groups["acme/a"].pressure.exhausted_until is None


def test_a_group_of_another_configuration_is_heard_when_it_becomes_ones_own() -> None:
    _, here, there = pair()
    here.attempt("acme/two", Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=60.0))
    there.book.configure([])
    exchange([here, there])
    assert names(there) == []
    there.book.configure(ROUTES)
    exchange([here, there])
    assert there.book.groups["acme/a"].pressure.exhausted_until is not None


@pytest.mark.parametrize("subject", ["emca/one", "x:emca/one", ""])
def test_what_is_neither_route_nor_group_is_not_believed(subject: str) -> None:
    _, here, _ = pair()
    assert not here.marks.hear(subject, {Aspect.BREAKER: Mark(BEGAN, False, 0, BEGAN + 9)})


def test_a_clock_from_the_future_is_not_believed() -> None:
    _, here, _ = pair()
    assert not here.marks.hear("r:emca/one", {Aspect.BREAKER: Mark(BEGAN + 3_600, False, 0, BEGAN + 7_200)})
    assert here.book.of("emca/one").state is BreakerState.CLOSED


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redis_state_marks, "SUBJECTS", 1)
    _, here, _ = pair()
    said = {Aspect.BREAKER: Mark(BEGAN, False, 0, BEGAN + 9)}
    assert here.marks.hear("r:emca/one", said)
    assert not here.marks.hear("r:acme/one", said)
    assert here.book.of("acme/one").state is BreakerState.CLOSED
