"""On a path of the intent, or not."""

import pytest

from gate.core.decision import Tier
from gate.core.reason import ReasonCode
from gate.planner.rules.intent_membership import RULE
from tests.planner.rules.seats import ask, code, seat


@pytest.mark.parametrize("tier", list(Tier))
def test_membership(tier: Tier) -> None:
    expected = ReasonCode.OUTSIDE_INTENT if tier is Tier.OUTSIDE else None
    assert code(RULE, seat(tier=tier), ask()) is expected
    assert code(RULE, seat(tier=tier), ask(intent=None)) is None, "explicit targets have their own rule"
