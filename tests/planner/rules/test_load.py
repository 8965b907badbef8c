"""Used headroom as score."""

from gate.health.snapshot import RouteHealth
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.rules.load import RULE
from tests.planner.rules.seats import seat
from tests.planner.worlds import route


def test_load() -> None:
    bound = route("anth/m", "a/mid", max_in_flight=4)
    assert RULE.term(seat(bound), RouteHealth(in_flight=1), DEFAULT_POLICY) == 0.00025
    assert RULE.term(seat(route("anth/m", "a/mid")), RouteHealth(in_flight=1), DEFAULT_POLICY) is None
