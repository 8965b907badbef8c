"""A request with tools needs a model that can call them. Not known is not excluded."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Tools(FitRule):
    name = "tools"
    order = 60

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if not ask.request.tools or seat.route.capabilities.tools is not False:
            return None
        return reason(ReasonCode.NO_TOOLS)


RULE = Tools()
