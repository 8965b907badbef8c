"""Used share of a route's allowed attempts at once, 0 to 1, times its weight."""

from gate.core.route import Route
from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule


class Load(ScoreRule):
    name = "load"
    order = 83
    reads_health = True

    def term(self, route: Route, health: RouteHealth, policy: Policy) -> float | None:
        if not route.max_in_flight:
            return None
        return policy.headroom * health.in_flight / route.max_in_flight


RULE = Load()
