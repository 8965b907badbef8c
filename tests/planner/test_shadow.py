"""How far two policies agree."""

from dataclasses import replace

from gate.core.shadow import Agreement, ShadowPlan
from gate.planner.shadow import compared
from tests.planner.worlds import OPEN, decide, route, world

LANE = [route("anth/one", "a/mid", 3.0), route("agg/two", "a/mid", 4.0), route("other/fast", "a/fast", 1.0)]
HERE = decide("auto", world(routes=LANE))


def test_same() -> None:
    assert compared(HERE, HERE) == ShadowPlan(Agreement.SAME, "anth/one", "a/mid", HERE.config_version)


def test_another_route_of_the_lane() -> None:
    there = decide("auto", replace(world(routes=LANE), version="candidate"), {"anth/one": OPEN})
    assert compared(HERE, there) == ShadowPlan(Agreement.ROUTE, "agg/two", "a/mid", "candidate")


def test_another_lane() -> None:
    there = decide("auto", world(routes=LANE[2:]))
    assert compared(HERE, there).agreement is Agreement.LANE


def test_one_of_the_two_has_nothing_to_try() -> None:
    nothing = decide("auto", world(routes=[]))
    assert nothing.attempts == ()
    assert compared(HERE, nothing) == ShadowPlan(Agreement.NONE, None, None, nothing.config_version)
    assert compared(nothing, HERE).agreement is Agreement.NONE
    assert compared(nothing, nothing).agreement is Agreement.SAME
