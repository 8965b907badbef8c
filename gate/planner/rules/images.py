"""A request with images needs a model that can read them. Not known is not excluded."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Images(FitRule):
    name = "images"
    order = 61

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if not ask.request.images or seat.route.capabilities.images is not False:
            return None
        return reason(ReasonCode.NO_IMAGES)


RULE = Images()
