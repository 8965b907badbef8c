"""A route serves clients of the dialects it speaks natively."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class SameDialect(FitRule):
    name = "dialect"
    order = 40

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        wanted = ask.request.dialect
        if wanted in seat.route.dialects and seat.provider is not None and wanted in seat.provider.dialects:
            return None
        return reason(ReasonCode.OTHER_DIALECT, provider=seat.route.provider, dialect=wanted.value)


RULE = SameDialect()
