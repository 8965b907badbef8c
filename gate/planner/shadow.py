"""How far a candidate policy agrees with the one in force: two plans of one request compared."""

from gate.core.decision import RouteDecision
from gate.core.shadow import Agreement, ShadowPlan


def compared(decision: RouteDecision, candidate: RouteDecision) -> ShadowPlan:
    """What the candidate policy would have tried first, beside what was planned."""
    here = decision.attempts[0] if decision.attempts else None
    there = candidate.attempts[0] if candidate.attempts else None
    if here is None or there is None:
        agreement = Agreement.SAME if here is there else Agreement.NONE
    elif here.route == there.route:
        agreement = Agreement.SAME
    else:
        agreement = Agreement.ROUTE if here.lane == there.lane else Agreement.LANE
    return ShadowPlan(
        agreement,
        None if there is None else there.route,
        None if there is None else there.lane,
        candidate.config_version,
    )
