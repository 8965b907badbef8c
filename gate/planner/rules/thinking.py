"""A request for extended thinking needs a model that can think. Not known is not excluded."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Thinking(FitRule):
    name = "thinking"
    order = 62

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if not ask.request.thinking or seat.route.capabilities.thinking is not False:
            return None
        return reason(ReasonCode.NO_THINKING)


RULE = Thinking()
