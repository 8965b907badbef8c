"""A route without a dialect that the request can be put into is out."""

from dataclasses import replace

from gate.core.reason import ReasonCode
from gate.planner.rules.dialect import RULE
from tests.planner.rules.seats import ask, code, seat
from tests.planner.worlds import CHAT


def test_dialect() -> None:
    assert code(RULE, replace(seat(), dialect=CHAT), ask()) is None
    assert code(RULE, seat(), ask()) is ReasonCode.OTHER_DIALECT


def test_the_reason_names_both() -> None:
    found = RULE.check(seat(), ask())
    assert found is not None
    assert found.text == "anth does not speak anthropic_messages"
