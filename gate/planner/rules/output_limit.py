"""A model that cannot write as much as was asked for would answer with an error. An explicit target is honoured as
asked: its upstream says so itself. A request that is translated is written anew, with the limit the model has."""

from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat


class OutputLimit(LimitRule):
    name = "output_limit"
    order = 71
    pressure = False
    reads_health = False

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return seat.route.max_output_tokens is None or seat.translated

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        limit, asked = seat.route.max_output_tokens, ask.request.max_tokens
        if limit is None or asked is None or asked <= limit or ask.by_name or seat.translated:
            return None
        return reason(ReasonCode.OUTPUT_TOO_LONG, asked=asked, limit=limit)


RULE = OutputLimit()
