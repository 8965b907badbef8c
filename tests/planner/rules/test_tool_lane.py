"""Lanes for agentic coding."""

from dataclasses import replace

import pytest

from gate.core.decision import Tier
from gate.core.lane import Lane
from gate.core.reason import ReasonCode
from gate.planner.rules.tool_lane import RULE
from tests.planner.rules.seats import AUTO, LANE, ask, code, seat

CODING = replace(AUTO, name="coding", tool_use=True)


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        (LANE, None),
        (replace(LANE, tool_use=None), ReasonCode.NOT_TOOL_LANE),
        (replace(LANE, tool_use=False), ReasonCode.NOT_TOOL_LANE),
        (None, ReasonCode.NOT_TOOL_LANE),
    ],
)
def test_unknown_is_not_known(lane: Lane | None, expected: ReasonCode | None) -> None:
    assert code(RULE, seat(lane=lane), ask(intent=CODING)) is expected
    assert code(RULE, seat(lane=lane), ask()) is None
    assert code(RULE, seat(lane=lane), ask(intent=None)) is None


def test_a_lane_outside_the_intent_has_reason_enough() -> None:
    assert code(RULE, seat(lane=None, tier=Tier.OUTSIDE), ask(intent=CODING)) is None
