"""A bound on attempts at once."""

from gate.health.snapshot import RouteHealth
from gate.planner.rules.headroom import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import route

BOUND = seat(route("anth/m", "a/mid", max_in_flight=2))


def test_headroom() -> None:
    assert limit(RULE, BOUND, ask(), RouteHealth(in_flight=2)) == "2 attempts in flight of 2 allowed"
    assert limit(RULE, BOUND, ask(), RouteHealth(in_flight=1)) is None
    assert limit(RULE, seat(), ask(), RouteHealth(in_flight=500)) is None
