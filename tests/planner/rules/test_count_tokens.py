"""Counting needs an endpoint for it."""

from gate.core.dialect import Operation
from gate.core.reason import ReasonCode
from gate.planner.rules.count_tokens import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import CHAT, provider


def test_count_tokens() -> None:
    counting = ask(operation=Operation.COUNT_TOKENS)
    assert code(RULE, seat(), counting) is None
    assert code(RULE, seat(view=provider("anth", CHAT)), counting) is ReasonCode.NO_COUNT_TOKENS
    assert code(RULE, seat(known=False), counting) is ReasonCode.NO_COUNT_TOKENS
    assert code(RULE, seat(view=provider("anth", CHAT)), ask()) is None
