"""An account whose quota is used up, whose bill is not paid or whose key is refused is left alone, and all its routes
with it; then one attempt finds out whether that is over. A client with a credential of its own is not meant."""

from gate.core.failure import FailureKind
from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class Quota(LimitRule):
    name = "quota"
    order = 71
    pressure = True
    reads_health = True

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return seat.own or health.group.exhausted_until is None

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        group = health.group
        if group.exhausted_until is None or seat.own:
            return None
        name, seconds = seat.route.quota_group, group.exhausted_for(now)
        if seconds > 0:
            refused = group.by is FailureKind.INVALID_AUTH
            code = ReasonCode.KEY_REFUSED if refused else ReasonCode.QUOTA_EXHAUSTED
            return reason(code, group=name, seconds=round(seconds, 1))
        return reason(ReasonCode.QUOTA_PROBING, group=name) if group.probe_under_way(now) else None


RULE = Quota()
