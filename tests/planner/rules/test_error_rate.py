"""Observed failures as score."""

from gate.health.snapshot import HEALTHY, RouteHealth
from gate.health.steady import Steady
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.rules.error_rate import RULE
from tests.planner.rules.seats import seat
from tests.planner.worlds import route

ROUTE = route("anth/m", "a/mid")


def test_error_rate() -> None:
    assert RULE.term(seat(ROUTE), HEALTHY, DEFAULT_POLICY) is None
    assert RULE.term(seat(ROUTE), RouteHealth(steady=Steady(error_rate=0.5)), DEFAULT_POLICY) == 0.005
    assert RULE.term(seat(ROUTE), RouteHealth(steady=Steady(error_rate=0.0)), DEFAULT_POLICY) == 0.0
