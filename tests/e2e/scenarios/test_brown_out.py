"""A provider fails now and then: clients notice nothing, its score falls first, and its breaker opens by the rate."""

import re

from tests.e2e.scenarios.world import FIRST, SECOND, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

EQUAL = {"first": (3.0, 15.0), "second": (3.0, 15.0)}


def test_among_equals_failures_lower_the_score_and_that_is_all(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack, prices=EQUAL)
    before = scene.told()
    assert (before.served_by, before.relation) == (FIRST, "primary")
    assert before.score(FIRST) == before.score(SECOND)
    served = [before.served_by]
    for _ in range(2):
        # One failure alone moves nobody.
        assert scene.ask().headers["x-gate-route"] == FIRST
        scene.fail(FIRST, status=500, times=1)
        failing = scene.told()
        assert failing.walked == [(FIRST, "primary", "server_error"), (SECOND, "same_lane_fallback", None)]
    after = scene.several(4)
    for told in after:
        # It is the first choice now: nothing was out, so nothing was fallen back from.
        assert (told.served_by, told.relation, told.reason) == (SECOND, "primary", None)
        assert told.score(FIRST) > told.score(SECOND)
        assert told.why(FIRST) == "", "it still qualifies"
    assert f"2. {FIRST} in home/mid: same_lane_fallback" in after[0].text
    assert switches([*served, *(told.served_by for told in after)]) == 1


def test_a_cheaper_route_that_fails_every_other_call_is_left_alone(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    asked = 0
    while asked < 12:
        # Never three in a row: only the share of failures can open the breaker.
        scene.fail(FIRST, status=503, times=1)
        told = scene.several(2)
        assert [one.answered.status for one in told] == [200, 200]
        asked += 2
        if told[1].why(FIRST):
            break
    assert asked == 10, "the first failure from min_calls (8) on is the ninth call"
    out = scene.told()
    assert out.walked == [(SECOND, "same_lane_fallback", None)]
    assert re.match(r"breaker_open: the breaker is open for another \d+\.\d s after", out.why(FIRST))
    assert out.reason is None
