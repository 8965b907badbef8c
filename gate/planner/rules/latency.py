"""Observed seconds to the first content, times a weight so small that it decides between equal prices only."""

from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


class Latency(ScoreRule):
    name = "latency"
    order = 81
    reads_health = True

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        return None if health.steady.ttfb_s is None else policy.latency * health.steady.ttfb_s


RULE = Latency()
