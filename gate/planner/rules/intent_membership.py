"""Only lanes on one of the intent's paths: its start set, its degrade path or its upgrade path."""

from gate.core.decision import Tier
from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class IntentMembership(FitRule):
    name = "intent_membership"
    order = 20

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if ask.intent is None or seat.tier is not Tier.OUTSIDE:
            return None
        return reason(ReasonCode.OUTSIDE_INTENT, lane=seat.route.lane, intent=ask.intent.name)


RULE = IntentMembership()
