"""A route in the client's own dialect comes first, then the one that loses least of what the policy says to avoid."""

from gate.core.loss import Fidelity
from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import ScoreRule, Seat


class Translation(ScoreRule):
    name = "translation"
    order = 85
    reads_health = False
    carriage = True

    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        if not seat.translated:
            return None
        avoided = sum(policy.fidelity.get(feature) is Fidelity.AVOID for feature in seat.losses)
        return policy.translation + policy.avoided_loss * avoided


RULE = Translation()
