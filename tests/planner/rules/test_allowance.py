"""Little left of an allowance costs a little."""

from dataclasses import replace

from gate.health.pressure import GroupPressure
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.rules.allowance import RULE
from tests.planner.rules.seats import seat

LOW = RouteHealth(group=GroupPressure(low=True))


def test_low_allowance() -> None:
    assert RULE.term(seat(), LOW, DEFAULT_POLICY) == DEFAULT_POLICY.allowance > 0
    assert RULE.term(seat(), RouteHealth(low=True), DEFAULT_POLICY) == DEFAULT_POLICY.allowance
    assert RULE.term(seat(), HEALTHY, DEFAULT_POLICY) is None
    assert RULE.term(replace(seat(), own=True), LOW, DEFAULT_POLICY) is None
