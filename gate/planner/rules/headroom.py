"""A route with a bound on attempts at once takes no more than that."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class Headroom(LimitRule):
    name = "headroom"
    order = 74
    pressure = True
    reads_health = True

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return seat.route.max_in_flight is None or health.in_flight < seat.route.max_in_flight

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        limit = seat.route.max_in_flight
        if limit is None or health.in_flight < limit:
            return None
        return reason(ReasonCode.NO_HEADROOM, in_flight=health.in_flight, limit=limit)


RULE = Headroom()
