"""The route and its provider both speak the client's dialect."""

from gate.core.reason import ReasonCode
from gate.planner.rules.dialect import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import CHAT, MESSAGES, provider, route

OUT = ReasonCode.OTHER_DIALECT


def test_dialect() -> None:
    both = route("anth/m", "a/mid", dialects=frozenset({MESSAGES, CHAT}))
    assert code(RULE, seat(both, view=provider("anth", MESSAGES)), ask()) is None
    assert code(RULE, seat(both, view=provider("anth", CHAT)), ask()) is OUT
    assert code(RULE, seat(view=provider("anth", CHAT, MESSAGES)), ask(dialect=CHAT)) is OUT
    assert code(RULE, seat(known=False), ask()) is OUT


def test_the_reason_names_both() -> None:
    found = RULE.check(seat(view=provider("anth", CHAT)), ask())
    assert found is not None
    assert found.text == "anth does not speak anthropic_messages"
