"""Used share of a route's allowed attempts at once, 0 to 1, times its weight."""

from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


class Load(ScoreRule):
    name = "load"
    order = 83
    reads_health = True

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        if not seat.route.max_in_flight:
            return None
        return policy.headroom * health.in_flight / seat.route.max_in_flight


RULE = Load()
