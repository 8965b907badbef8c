"""An intent for agentic coding takes only lanes that are known to be good at using tools; unknown is not known."""

from gate.core.decision import Tier
from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class ToolLane(FitRule):
    name = "tool_lane"
    order = 30

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if ask.intent is None or not ask.intent.tool_use or seat.tier is Tier.OUTSIDE:
            return None
        if seat.lane is not None and seat.lane.tool_use:
            return None
        return reason(ReasonCode.NOT_TOOL_LANE, lane=seat.route.lane, intent=ask.intent.name)


RULE = ToolLane()
