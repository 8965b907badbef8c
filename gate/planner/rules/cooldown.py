"""An upstream that met a rate limit, or said when to come back, is left alone until then; where a quota group shares
its limits, all its routes are. It said so to the holder of the shared key: a client with a credential of its own is
not meant."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class Cooldown(LimitRule):
    name = "cooldown"
    order = 73
    pressure = True
    reads_health = True

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return seat.own or (health.cooldown is None and health.group.cooldown is None)

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        if seat.own:
            return None
        seconds = health.cooling_for(now)
        if seconds > 0:
            return reason(ReasonCode.COOLING_DOWN, seconds=round(seconds, 1))
        seconds = health.group.cooling_for(now)
        if seconds <= 0:
            return None
        return reason(ReasonCode.GROUP_COOLING_DOWN, group=seat.route.quota_group, seconds=round(seconds, 1))


RULE = Cooldown()
