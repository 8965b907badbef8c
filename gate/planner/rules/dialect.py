"""A route serves a client in the client's own dialect, or in one that its request can be put into."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Dialects(FitRule):
    name = "dialect"
    order = 40

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if seat.dialect is not None:
            return None
        return reason(ReasonCode.OTHER_DIALECT, provider=seat.route.provider, dialect=ask.request.dialect.value)


RULE = Dialects()
