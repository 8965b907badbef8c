"""A route whose breaker is open is left alone; half open, it takes one probe at a time."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import BreakerState, RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class Breaker(LimitRule):
    name = "breaker"
    order = 72
    pressure = True
    reads_health = True

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return health.state is BreakerState.CLOSED

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        if health.state is BreakerState.CLOSED:
            return None
        seconds = health.open_for(now)
        if seconds > 0:
            last = "unknown" if health.last_failure is None else health.last_failure.value
            return reason(ReasonCode.BREAKER_OPEN, seconds=round(seconds, 1), failures=health.consecutive, last=last)
        return reason(ReasonCode.BREAKER_PROBING) if health.probe_under_way(now) else None


RULE = Breaker()
