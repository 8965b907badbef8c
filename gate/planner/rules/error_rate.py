"""Observed share of failed attempts, 0 to 1, times its weight."""

from gate.core.route import Route
from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule


class ErrorRate(ScoreRule):
    name = "error_rate"
    order = 82
    reads_health = True

    def term(self, route: Route, health: RouteHealth, policy: Policy) -> float | None:
        return None if health.error_rate is None else policy.errors * health.error_rate


RULE = ErrorRate()
