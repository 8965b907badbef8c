"""What is only under pressure stands at the end of the plan."""

from dataclasses import replace

from gate.core.decision import Relation
from gate.core.failure import FailureKind
from gate.health.pressure import GroupPressure
from gate.health.snapshot import RouteHealth
from tests.planner.worlds import COOLING, NOW, OPEN, decide, names, route, world

LANE = [route("anth/one", "a/mid", 3.0), route("agg/two", "a/mid", 4.0), route("other/three", "a/mid", 5.0)]
SHUT = RouteHealth(group=GroupPressure(exhausted_until=NOW + 60, by=FailureKind.QUOTA_EXHAUSTED))


def test_a_pressed_route_is_tried_after_all_that_can_be_used() -> None:
    decision = decide("auto", world(routes=LANE), {"anth/one": OPEN})
    assert names(decision) == [
        ("agg/two", "same_lane_fallback"),
        ("other/three", "same_lane_fallback"),
        ("anth/one", "last_resort"),
    ]
    last = decision.attempts[-1]
    assert last.note is not None
    assert last.note.text == "under pressure (breaker_open), tried because nothing better is left"


def test_the_least_bad_comes_first() -> None:
    soon = replace(OPEN, open_until=NOW + 1)
    health = {"anth/one": COOLING, "agg/two": OPEN, "other/three": soon}
    assert names(decide("auto", world(routes=LANE), health)) == [
        ("other/three", "last_resort"),
        ("agg/two", "last_resort"),
        ("anth/one", "last_resort"),
    ]


def test_a_shut_account_is_only_asked_when_there_is_nothing_else() -> None:
    some = decide("auto", world(routes=LANE), {"anth/one": SHUT})
    assert "anth/one" not in [attempt.route for attempt in some.attempts]
    alone = decide("auto", world(routes=LANE), {"anth/one": SHUT, "agg/two": COOLING, "other/three": OPEN})
    assert [attempt.route for attempt in alone.attempts] == ["other/three", "agg/two", "anth/one"]


def test_a_bound_of_the_operator_is_kept_while_there_is_another_way() -> None:
    bounded = [replace(LANE[0], max_in_flight=1), *LANE[1:]]
    full = {"anth/one": RouteHealth(in_flight=1)}
    assert [a.route for a in decide("auto", world(routes=bounded), full).attempts] == ["agg/two", "other/three"]
    only = decide("auto", world(routes=bounded[:1]), full)
    assert [attempt.relation for attempt in only.attempts] == [Relation.LAST_RESORT]


def test_what_does_not_fit_is_never_a_last_resort() -> None:
    decision = decide("lane:a/mid", world(routes=[*LANE[:1], route("anth/best", "a/best")]), {"anth/one": OPEN})
    assert [attempt.route for attempt in decision.attempts] == ["anth/one"]
