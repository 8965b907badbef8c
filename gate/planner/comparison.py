"""What another configuration would have made of recorded decisions.

Every recording is replayed by itself: with the health, the session and the time it was decided with. What the other
configuration would have changed in these (other routes would have been under load) is not guessed. A decision that
hangs on a condition nobody looked at then is told as unknown, with the condition's name.

Both sides are measured alike. Whoever would serve is the first planned route that did not fail in the recorded request.
Its cost is the recorded usage at its prices, its latency the median of what was recorded of it: to the first content
for streams, else to the end. What is not known is None and counted, never zero.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import combinations
from math import fsum
from statistics import median

from gate.catalog.pricing import cost
from gate.core.decision import RouteDecision
from gate.core.execution import AttemptRecord, Execution
from gate.core.reason import ReasonCode
from gate.core.route import Route
from gate.planner.inputs import World
from gate.planner.recording import Recording, edge_conditions, label, replay
from gate.planner.routing.conditions import Answered

MOST_SUPPOSED = 5
"""Every combination of so many unknown conditions is tried; more are unknown without trying."""
_NO_KEY = frozenset({ReasonCode.NO_CREDENTIAL, ReasonCode.PLACEHOLDER_KEY})


class Change(StrEnum):
    """How the first choice differs. no_route: nothing could be tried any more. served: something could that could not
    before."""

    ROUTE = "route"
    LANE = "lane"
    RELATION = "relation"
    NO_ROUTE = "no_route"
    SERVED = "served"


@dataclass(frozen=True, slots=True)
class Worlds:
    """One configuration. simulated: what requests are planned in where there is no key at all."""

    real: World
    simulated: World | None = None

    def of(self, recording: Recording) -> World:
        return self.simulated if recording.situation.simulated and self.simulated is not None else self.real


@dataclass(frozen=True, slots=True)
class Side:
    """One of two decisions. route, lane, relation: of the first planned attempt, None where there is none. serves: the
    route that would serve. pico: its cost in pico-USD. seconds: its latency."""

    route: str | None
    lane: str | None
    relation: str | None
    premium: bool
    rule: str | None
    serves: str | None
    pico: int | None
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One recorded decision. after: None where it hangs on `unknown` conditions. priced: its usage is known, so that
    it has a cost at all."""

    id: str
    model: str
    before: Side
    after: Side | None
    changes: tuple[Change, ...]
    unknown: tuple[str, ...]
    priced: bool

    @property
    def pico(self) -> int | None:
        """How much dearer it would be, below zero: cheaper; None when one of the two costs is not known."""
        if self.after is None or self.after.pico is None or self.before.pico is None:
            return None
        return self.after.pico - self.before.pico

    @property
    def seconds(self) -> float | None:
        """How much longer it would take; None when one of the two is not known."""
        if self.after is None or self.after.seconds is None or self.before.seconds is None:
            return None
        return self.after.seconds - self.before.seconds


def compare(recordings: Sequence[Recording], new: Worlds, base: Worlds | None = None) -> tuple[Compared, ...]:
    """Each recording under `new`, beside what was decided; with `base`, beside what that configuration makes of it."""
    habits = Habits(recordings)
    prices = {route.id: route for world in (new.real, new.simulated) if world is not None for route in world.routes}
    old = prices if base is None else {route.id: route for route in base.real.routes}
    return tuple(_compared(recording, new, base, habits, prices, old) for recording in recordings)


def _compared(
    recording: Recording,
    new: Worlds,
    base: Worlds | None,
    habits: "Habits",
    prices: Mapping[str, Route],
    old: Mapping[str, Route],
) -> Compared:
    then = recording.decision if base is None else replay(recording, base.of(recording))
    before = _side(then, recording, habits, lambda route: _cost_then(recording, route, base is None, old))
    decided, unknown = settled(recording, new.of(recording))
    after = (
        None
        if decided is None
        else _side(decided, recording, habits, lambda route: _cost_at(recording.execution, prices.get(route)))
    )
    return Compared(
        id=then.id,
        model=then.request.model,
        before=before,
        after=after,
        changes=() if after is None else _changes(before, after),
        unknown=unknown,
        priced=_served(recording.execution) is not None,
    )


def _side(decision: RouteDecision, recording: Recording, habits: "Habits", price: Callable[[str], int | None]) -> Side:
    first = decision.attempts[0] if decision.attempts else None
    failed = {record.route for record in recording.execution.attempts if record.failure is not None}
    serves = next((attempt.route for attempt in decision.attempts if attempt.route not in failed), None)
    return Side(
        route=None if first is None else first.route,
        lane=None if first is None else first.lane,
        relation=None if first is None else first.relation.value,
        premium=decision.premium_escalation,
        rule=decision.rule,
        serves=serves,
        pico=None if serves is None else price(serves),
        seconds=None if serves is None else habits.seconds(serves, stream=decision.request.stream),
    )


def _changes(before: Side, after: Side) -> tuple[Change, ...]:
    if before.route is None or after.route is None:
        if before.route == after.route:
            return ()
        return (Change.SERVED if before.route is None else Change.NO_ROUTE,)
    pairs = (
        (Change.ROUTE, before.route, after.route),
        (Change.LANE, before.lane, after.lane),
        (Change.RELATION, before.relation, after.relation),
    )
    return tuple(change for change, one, other in pairs if one != other)


def _served(execution: Execution) -> AttemptRecord | None:
    """The attempt that served, if its usage was reported."""
    served = next((record for record in execution.attempts if record.served), None)
    if served is None or (served.usage.input is None and served.usage.output is None):
        return None
    return served


def _cost_at(execution: Execution, route: Route | None) -> int | None:
    """What the recorded usage costs at a route's prices."""
    served = _served(execution)
    return None if served is None or route is None else cost(served.usage, route.prices).pico_usd


def _cost_then(recording: Recording, route: str, as_billed: bool, old: Mapping[str, Route]) -> int | None:
    """as_billed: the prices of then are only known where the route has served."""
    served = _served(recording.execution)
    if as_billed and served is not None and served.route == route:
        return served.cost.pico_usd
    return _cost_at(recording.execution, old.get(route))


class Habits:
    """How long routes took, by what was recorded of them."""

    def __init__(self, recordings: Iterable[Recording]) -> None:
        self._first: dict[str, list[float]] = {}
        self._whole: dict[str, list[float]] = {}
        self._health: dict[str, tuple[float | None, float | None]] = {}
        for recording in recordings:  # the newest first
            for record in recording.execution.attempts:
                if record.served:
                    self._note(record)
            for route, health in recording.situation.health.items():
                if route not in self._health:
                    traffic = health.traffic
                    self._health[route] = traffic.first.quantile(0.5), traffic.took.quantile(0.5)

    def _note(self, record: AttemptRecord) -> None:
        self._whole.setdefault(record.route, []).append(record.ended_s - record.started_s)
        if record.time_to_first_chunk_s is not None:
            self._first.setdefault(record.route, []).append(record.time_to_first_chunk_s)

    def seconds(self, route: str, *, stream: bool) -> float | None:
        """The median of a route; None where nothing of it was recorded."""
        seen = (self._first if stream else self._whole).get(route)
        if seen:
            return median(seen)
        first, whole = self._health.get(route, (None, None))
        return first if stream else whole


# -- what was not looked at


def settled(recording: Recording, world: World) -> tuple[RouteDecision | None, tuple[str, ...]]:
    """The decision under a configuration; or None, and the names of the conditions it hangs on that nobody looked at
    when the request was there."""
    request = recording.decision.request
    known = recording.situation.conditions
    open_: set[str] = set()
    asked: set[str] = set()
    for rule in world.routing:
        unseen = [condition for condition in edge_conditions(rule) if label(condition) not in known]
        sure = [condition for condition in rule.conditions if condition not in unseen]
        if not unseen or not all(condition.holds(request, recording.decision.now_ns) for condition in sure):
            continue
        for condition in unseen:
            if isinstance(condition, Answered):
                asked.add(condition.rule)
            else:
                open_.add(condition.name)
    if asked or len(open_) > MOST_SUPPOSED:
        return None, tuple(sorted(asked | open_))
    if not open_:
        return replay(recording, world), ()
    decisions = {held: replay(_supposing(recording, open_, held), world) for held in _subsets(sorted(open_))}
    hangs_on = tuple(
        name
        for name in sorted(open_)
        if any(_plan(decisions[held]) != _plan(decisions[held | {name}]) for held in decisions if name not in held)
    )
    return (None, hangs_on) if hangs_on else (decisions[frozenset()], ())


def _subsets(names: Sequence[str]) -> list[frozenset[str]]:
    return [frozenset(chosen) for size in range(len(names) + 1) for chosen in combinations(names, size)]


def _supposing(recording: Recording, unknown: set[str], held: frozenset[str]) -> Recording:
    decision = recording.decision
    request = replace(decision.request, matched=(decision.request.matched - unknown) | held)
    return replace(recording, decision=replace(decision, request=request))


def _plan(decision: RouteDecision) -> tuple[object, ...]:
    return (
        decision.premium_escalation,
        *((attempt.route, attempt.relation) for attempt in decision.attempts),
    )


# -- keys


def keys_seen(recordings: Iterable[Recording]) -> dict[str, bool]:
    """Provider -> whether it had a key when the newest of these was decided (its verdicts say so)."""
    found: dict[str, bool] = {}
    for recording in recordings:  # the newest first
        if recording.decision.request.own_credential or recording.situation.simulated:
            continue
        here: dict[str, bool] = {}
        for candidate in recording.decision.candidates:
            here[candidate.provider] = not any(why.code in _NO_KEY for why in candidate.reasons)
        found = {**here, **found}
    return found


def with_keys(worlds: Worlds, seen: Mapping[str, bool]) -> tuple[Worlds, tuple[str, ...]]:
    """The configuration as if the keys that the recorded decisions had were there, and the providers for which that
    makes a difference."""
    providers = worlds.real.providers
    lent = tuple(
        name
        for name, view in providers.items()
        if view.unusable is not None and view.unusable.code in _NO_KEY and seen.get(name)
    )
    if not lent:
        return worlds, ()
    usable = {name: replace(view, unusable=None) if name in lent else view for name, view in providers.items()}
    return replace(worlds, real=replace(worlds.real, providers=usable)), lent


# -- in all


@dataclass(frozen=True, slots=True)
class Money:
    """Pico-USD of the decisions whose cost is known on both sides, and of how many it is not. unmeasured: their usage
    was not reported, or nobody served them."""

    before: int
    after: int
    known: int
    unknown: int
    unmeasured: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Mean of the expected seconds where they are known on both sides, None where they never are."""

    before: float | None
    after: float | None
    known: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Summary:
    """All decisions together. kinds: how many changed in each way. routes, lanes: first choices that moved, from and to
    (None: none). premium: escalations before and after. unknown: conditions -> how many decisions hang on them."""

    decisions: int
    changed: int
    undecided: int
    kinds: Mapping[Change, int]
    routes: Mapping[tuple[str | None, str | None], int]
    lanes: Mapping[tuple[str | None, str | None], int]
    premium: tuple[int, int]
    money: Money
    latency: Latency
    unknown: Mapping[str, int]


def summary(compared: Sequence[Compared]) -> Summary:
    sure = [(one, one.after) for one in compared if one.after is not None]
    priced = [(one, after) for one, after in sure if one.priced]
    costs = [(one.before.pico, after.pico) for one, after in priced]
    known = [(before, after) for before, after in costs if before is not None and after is not None]
    times = [
        (one.before.seconds, after.seconds)
        for one, after in sure
        if one.before.seconds is not None and after.seconds is not None
    ]
    return Summary(
        decisions=len(compared),
        changed=sum(bool(one.changes) for one in compared),
        undecided=len(compared) - len(sure),
        kinds=Counter(change for one in compared for change in one.changes),
        routes=Counter((one.before.route, after.route) for one, after in sure if one.before.route != after.route),
        lanes=Counter((one.before.lane, after.lane) for one, after in sure if one.before.lane != after.lane),
        premium=(sum(one.before.premium for one, _ in sure), sum(after.premium for _, after in sure)),
        money=Money(
            before=sum(one for one, _ in known),
            after=sum(two for _, two in known),
            known=len(known),
            unknown=len(costs) - len(known),
            unmeasured=len(sure) - len(priced),
        ),
        latency=Latency(
            # `fsum`: the same on every Python version.
            fsum(one for one, _ in times) / len(times) if times else None,
            fsum(two for _, two in times) / len(times) if times else None,
            len(times),
            len(sure) - len(times),
        ),
        unknown=Counter(name for one in compared for name in one.unknown),
    )


def telling(compared: Iterable[Compared], most: int) -> list[Compared]:
    """Changed decisions, the most telling first: those that lose their route, then those that gain one, then by how
    much their cost changes."""
    changed = [one for one in compared if one.changes]
    weight = {Change.NO_ROUTE: 0, Change.SERVED: 1}
    changed.sort(key=lambda one: (weight.get(one.changes[0], 2), -abs(one.pico or 0)))
    return changed[:most]
