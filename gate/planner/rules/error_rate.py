"""Observed share of failed attempts, 0 to 1, times its weight."""

from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


class ErrorRate(ScoreRule):
    name = "error_rate"
    order = 82
    reads_health = True

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        return None if health.steady.error_rate is None else policy.errors * health.steady.error_rate


RULE = ErrorRate()
