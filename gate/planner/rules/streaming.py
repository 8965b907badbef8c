"""A streaming request needs a model that can stream. Not known is not excluded."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Streaming(FitRule):
    name = "streaming"
    order = 63

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if not ask.request.stream or seat.route.capabilities.streaming is not False:
            return None
        return reason(ReasonCode.NO_STREAMING)


RULE = Streaming()
