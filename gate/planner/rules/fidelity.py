"""A route that would lose what the policy does not let go of is out."""

from gate.core.loss import Fidelity
from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class Faithful(FitRule):
    name = "fidelity"
    order = 41

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        kept = [feature for feature in seat.losses if ask.fidelity.get(feature) is Fidelity.EXCLUDE]
        if not kept or seat.dialect is None:
            return None
        return reason(
            ReasonCode.WOULD_LOSE,
            provider=seat.route.provider,
            dialect=seat.dialect.value,
            features=", ".join(kept),
        )


RULE = Faithful()
