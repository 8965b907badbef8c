"""A provider is gone and comes back: the breaker opens after a few failures, one trial closes it, nothing flaps."""

import re
import time

import pytest

from tests.e2e.scenarios.world import FIRST, OPEN_S, SECOND, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack


def test_an_outage_is_walked_around_then_planned_around_and_ends(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    before = scene.told()
    assert (before.served_by, before.relation, before.reason) == (FIRST, "primary", None)

    scene.doors["first"].shut()
    asked = [scene.ask() for _ in range(6)]
    walked, planned = [scene.tell(one) for one in asked[:3]], [scene.tell(one) for one in asked[3:]]
    for told in walked:
        assert told.answered.status == 200
        assert told.walked == [(FIRST, "primary", "connect_error"), (SECOND, "same_lane_fallback", None)]
        assert told.route["gate.serving.lane"] == told.route["gate.plan.first_lane"] == "home/mid"
        assert told.reason is None, "no lane was left"

    for told in planned:
        assert told.walked == [(SECOND, "same_lane_fallback", None)]
        assert re.fullmatch(
            r"breaker_open: the breaker is open for another \d+\.\d s after 3 failures \(connect_error\)",
            told.why(FIRST),
        )
        assert told.route["gate.plan.order"][0] == SECOND
        assert f"route      {SECOND}: same_lane_fallback" in told.text
        assert "because: the breaker is open for another" in told.text

    scene.doors["first"].open()
    time.sleep(OPEN_S)
    after = scene.several(2)
    for told in after:
        assert told.walked == [(FIRST, "primary", None)]
    everything = [before, *walked, *planned, *after]
    assert [told.answered.status for told in everything] == [200] * len(everything)
    assert switches([told.served_by for told in everything]) == 2, "one for the outage, one for its end"


def test_without_another_route_of_the_lane_a_sibling_serves_then_a_lesser_lane(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    for name in ("first", "second"):
        scene.doors[name].shut()
    sibling = scene.told()
    assert (sibling.relation, sibling.reason) == ("substitution", "provider_error")
    planned = scene.several(3)[-1]
    assert [relation for _, relation, _ in planned.walked] == ["substitution"]
    assert planned.reason == "breaker_open", "known before the first call"
    assert "lane       sibling/mid instead of home/mid (breaker_open)" in planned.text
    scene.doors["third"].shut()
    lesser = scene.told()
    assert (lesser.relation, lesser.reason) == ("downgrade", "provider_error")
    assert lesser.answered.headers["x-gate-downgrade"] == "provider_error"


@pytest.mark.parametrize("stream", [False, True])
def test_when_all_is_out_the_least_bad_is_tried_and_says_so(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool
) -> None:
    scene = Scene(start_gate, upstream, stack)
    for door in scene.doors.values():
        door.shut()
    for _ in range(3):
        assert scene.ask(stream=stream).status == 502
    for door in scene.doors.values():
        door.open()
    told = scene.told(stream=stream)
    assert told.answered.status == 200
    assert told.relation == "last_resort"
    assert "because: under pressure (breaker_open), tried because nothing better is left" in told.text
