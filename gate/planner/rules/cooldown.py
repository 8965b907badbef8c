"""An upstream that said when to come back is left alone until then. It said so to the holder of the shared key: a
client with a credential of its own is not meant."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class Cooldown(LimitRule):
    name = "cooldown"
    order = 73
    pressure = True
    reads_health = True

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        if health.cooldown_until is None or seat.own:
            return None
        seconds = health.cooling_for(now)
        return reason(ReasonCode.COOLING_DOWN, seconds=round(seconds, 1)) if seconds > 0 else None


RULE = Cooldown()
