"""An explicit target is honoured as asked: that lane, or that provider and model, and nothing else."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat

MAX_SHOWN = 80
"""Characters of a name that every other route would repeat."""


class ExplicitTarget(FitRule):
    name = "explicit_target"
    order = 10

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        target = ask.resolution
        if ask.intent is not None:
            return None
        route = seat.route
        if target.lane is not None and route.lane == target.lane:
            return None
        if target.provider is not None and route.provider == target.provider and route.model == target.model:
            return None
        return reason(ReasonCode.NOT_REQUESTED, wanted=target.intent[:MAX_SHOWN])


RULE = ExplicitTarget()
