"""What would be decided if some routes were in another state: the same `plan`, with a hypothetical health.

Nothing is sent and nothing real changes. `changes` says what differs between two decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gate.core.decision import RouteDecision
from gate.core.failure import FailureKind
from gate.core.request import RequestFeatures
from gate.health.snapshot import HEALTHY, BreakerState, HealthSnapshot, RouteHealth
from gate.planner.inputs import World
from gate.planner.plan import plan


class Supposed(StrEnum):
    """A state a route is supposed to be in."""

    HEALTHY = "healthy"
    BREAKER_OPEN = "breaker_open"
    COOLING_DOWN = "cooling_down"


def supposed_health(state: Supposed, now: float, seconds: float) -> RouteHealth:
    """The health that stands for `state`, lasting `seconds` from `now`."""
    if state is Supposed.BREAKER_OPEN:
        return RouteHealth(
            state=BreakerState.OPEN,
            open_until=now + seconds,
            openings=1,
            last_failure=FailureKind.SERVER_ERROR,
        )
    if state is Supposed.COOLING_DOWN:
        return RouteHealth(last_failure=FailureKind.RATE_LIMITED, cooldown_until=now + seconds)
    return HEALTHY


def what_if(
    request: RequestFeatures,
    world: World,
    health: HealthSnapshot,
    now: float,
    now_ns: int,
    seed: int,
    decision_id: str,
    *,
    supposed: Mapping[str, Supposed],
    seconds: float = 30.0,
) -> RouteDecision:
    """The decision if the named routes were in these states for another `seconds`; all others stay as they are. Routes
    that do not exist change nothing."""
    routes = {**health.routes, **{route: supposed_health(state, now, seconds) for route, state in supposed.items()}}
    return plan(request, world, HealthSnapshot(health.epoch, routes), now, now_ns, seed, decision_id)


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
