"""A request that is plainly larger than a model's context window goes to another one.

The size is an estimate (bytes / 4, times what was learned of the model's tokenizer), so the exclusion counts as
pressure: if nothing else is left, the upstream itself says whether it is too long, in the words its clients recover
from. The estimate means nothing with images in the body (they are base64), counting tokens has no limit, and an
explicit target is honoured as asked: no exclusion then.
"""

from gate.core.dialect import Operation
from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import RouteHealth
from gate.planner.rule import Ask, LimitRule, Seat

MOST_RATIO = 2.5
"""No estimate is multiplied with more; most requests are too small for any ratio to matter."""


class ContextWindow(LimitRule):
    name = "context_window"
    order = 70
    pressure = True
    reads_health = False

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        return seat.route.context_window is None

    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        window = seat.route.context_window
        request = ask.request
        if window is None or request.token_estimate * MOST_RATIO <= window:
            return None
        if request.images or ask.by_name or request.operation is Operation.COUNT_TOKENS:
            return None
        estimate = round(request.token_estimate * ask.token_ratio(seat.route.model))
        if estimate <= window:
            return None
        return reason(ReasonCode.CONTEXT_TOO_LONG, estimate=estimate, window=window)


RULE = ContextWindow()
