"""Counting tokens needs a provider that has an endpoint for it in the client's dialect."""

from gate.core.dialect import Operation
from gate.core.reason import Reason, ReasonCode, reason
from gate.planner.rule import Ask, FitRule, Seat


class CountTokens(FitRule):
    name = "count_tokens"
    order = 65

    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        if ask.request.operation is not Operation.COUNT_TOKENS:
            return None
        if seat.provider is not None and ask.request.dialect in seat.provider.counts_tokens:
            return None
        return reason(ReasonCode.NO_COUNT_TOKENS, provider=seat.route.provider)


RULE = CountTokens()
