"""What would be decided if some routes were in another state: the same `plan`, with a hypothetical health.

Nothing is sent and nothing real changes. `changes` says what differs between two decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

from gate.core.decision import RouteDecision
from gate.core.failure import FailureKind
from gate.health.cooldown import Cooldown
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.snapshot import HEALTHY, BreakerState, HealthSnapshot, RouteHealth
from gate.planner.inputs import World


class Supposed(StrEnum):
    """A state a route is supposed to be in. What concerns an account is supposed of its whole quota group."""

    HEALTHY = "healthy"
    BREAKER_OPEN = "breaker_open"
    COOLING_DOWN = "cooling_down"
    QUOTA_EXHAUSTED = "quota_exhausted"
    KEY_REFUSED = "key_refused"
    LOW_ALLOWANCE = "low_allowance"


NOTHING_SUPPOSED: Mapping[str, Supposed] = MappingProxyType({})

_ACCOUNTS = {
    Supposed.QUOTA_EXHAUSTED: FailureKind.QUOTA_EXHAUSTED,
    Supposed.KEY_REFUSED: FailureKind.INVALID_AUTH,
}


def supposing(
    health: HealthSnapshot, world: World, supposed: Mapping[str, Supposed], now: float, seconds: float = 30.0
) -> HealthSnapshot:
    """The health if the routes named in `supposed` were in these states for another `seconds` from `now`; all others
    stay as they are. Routes that do not exist change nothing. `healthy` takes the group's pressure off as well."""
    if not supposed:
        return health
    groups = {route.id: route.quota_group for route in world.routes}
    routes = dict(health.routes)
    for name, state in supposed.items():
        routes[name] = supposed_route(state, now, seconds)
        pressure = _pressure(state, now, seconds)
        if pressure is None or name not in groups:
            continue
        for route, group in groups.items():
            if group == groups[name]:
                routes[route] = replace(routes.get(route, HEALTHY), group=pressure)
    return HealthSnapshot(health.epoch, routes)


def supposed_route(state: Supposed, now: float, seconds: float) -> RouteHealth:
    """The health of a route alone that stands for `state`."""
    if state is Supposed.BREAKER_OPEN:
        return RouteHealth(
            state=BreakerState.OPEN,
            open_until=now + seconds,
            openings=1,
            last_failure=FailureKind.SERVER_ERROR,
        )
    if state is Supposed.COOLING_DOWN:
        return RouteHealth(last_failure=FailureKind.RATE_LIMITED, cooldown=Cooldown(now + seconds, seconds))
    return HEALTHY


def _pressure(state: Supposed, now: float, seconds: float) -> GroupPressure | None:
    """What its quota group is under; None where the state says nothing of it."""
    if state is Supposed.HEALTHY:
        return NO_PRESSURE
    if state is Supposed.LOW_ALLOWANCE:
        return GroupPressure(low=True)
    kind = _ACCOUNTS.get(state)
    return None if kind is None else GroupPressure(exhausted_until=now + seconds, by=kind, pressed_at=now)


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: of what (`lane`, `attempts`, `premium_escalation`, or a route's id), and both sides as text."""

    what: str
    before: str
    after: str


def changes(before: RouteDecision, after: RouteDecision) -> tuple[Change, ...]:
    """What differs: the chosen lane, the attempts in order, an escalation, and each route's verdict."""
    found: list[Change] = []

    def compare(what: str, old: object, new: object) -> None:
        if old != new:
            found.append(Change(what, str(old), str(new)))

    compare("lane", before.lane, after.lane)
    compare("attempts", _attempts(before), _attempts(after))
    compare("premium_escalation", before.premium_escalation, after.premium_escalation)
    old, new = _verdicts(before), _verdicts(after)
    for route in {**old, **new}:
        compare(route, old.get(route, "absent"), new.get(route, "absent"))
    return tuple(found)


def _attempts(decision: RouteDecision) -> str:
    return " -> ".join(f"{attempt.route} ({attempt.relation.value})" for attempt in decision.attempts) or "none"


def _verdicts(decision: RouteDecision) -> dict[str, str]:
    return {
        candidate.route: ", ".join(reason.code.value for reason in candidate.reasons) or "in"
        for candidate in decision.candidates
    }
