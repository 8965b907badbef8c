"""A route that has little left of an allowance, its own or its account's, costs a little more, so that an equally cheap
one is taken."""

from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


class LowAllowance(ScoreRule):
    name = "allowance"
    order = 84
    reads_health = True

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        return policy.allowance if (health.low or health.group.low) and not seat.own else None


RULE = LowAllowance()
