"""Observed latency as score."""

from gate.health.snapshot import HEALTHY, RouteHealth
from gate.health.steady import Steady
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.rules.latency import RULE
from tests.planner.rules.seats import seat
from tests.planner.worlds import route

ROUTE = route("anth/m", "a/mid")


def test_latency() -> None:
    assert RULE.term(seat(ROUTE), HEALTHY, DEFAULT_POLICY) is None
    assert RULE.term(seat(ROUTE), RouteHealth(steady=Steady(ttfb_s=2.0)), DEFAULT_POLICY) == 0.002
