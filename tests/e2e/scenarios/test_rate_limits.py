"""A wave of rate limits: what was told to wait is left alone for as long, relapses wait longer, the lane goes on."""

import re
import time

from tests.e2e.scenarios.world import FIRST, LIMIT_S, SECOND, SIBLING, STRICT, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

LEFT_ALONE = r"cooling_down: left alone for another (\d+\.\d) s after a rate limit or by the upstream's wish"


def test_a_wave_costs_one_refused_call_each_time_it_is_met(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack)
    wave = scene.fail(FIRST, status=429, headers={"retry-after": "3"})
    met, *during = scene.several(6)
    assert met.walked == [(FIRST, "primary", "rate_limited"), (SECOND, "same_lane_fallback", None)]
    assert met.attempts[0]["gate.attempt.retry_after"] == 3
    for told in during:
        assert told.walked == [(SECOND, "same_lane_fallback", None)]
        seconds = re.fullmatch(LEFT_ALONE, told.why(FIRST))
        assert seconds
        assert 0 < float(seconds[1]) <= 3
        assert told.reason is None
    assert scene.calls(FIRST) == 1
    scene.heal(wave)
    time.sleep(3.0)
    over = scene.several(2)
    assert [told.walked for told in over] == [[(FIRST, "primary", None)]] * 2
    assert switches([told.served_by for told in (met, *during, *over)]) == 1


def test_a_limit_that_names_no_time_is_waited_for_longer_each_time(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    scene.fail(FIRST, status=429)
    waits: list[float] = []
    for _ in range(3):
        met, left = scene.ask(), scene.ask()
        at = time.monotonic()
        assert scene.tell(met).walked[0] == (FIRST, "primary", "rate_limited"), "tried, and met again"
        seconds = re.fullmatch(LEFT_ALONE, scene.tell(left).why(FIRST))
        assert seconds
        waits.append(float(seconds[1]))
        time.sleep(max(0.0, at + waits[-1] + 0.2 - time.monotonic()))
    assert waits[0] <= LIMIT_S < waits[1] <= 2 * LIMIT_S < waits[2] <= 4 * LIMIT_S


def test_a_limit_on_the_whole_lane_is_answered_by_a_sibling_where_the_intent_has_one(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    for route in (FIRST, SECOND):
        scene.fail(route, status=429, headers={"retry-after": "30"})
    met = scene.told()
    assert [relation for _, relation, _ in met.walked] == ["primary", "same_lane_fallback", "substitution"]
    assert (met.served_by, met.reason) == (SIBLING, "rate_limited")
    planned = scene.told()
    assert planned.walked == [(SIBLING, "substitution", None)]
    assert planned.reason == "rate_limited"
    assert planned.route["gate.plan.first_lane"] == "home/mid"
    assert "lane       sibling/mid instead of home/mid (rate_limited)" in planned.text
    # An intent without another lane asks the least bad again, and tells the client how long to wait.
    strict = scene.told(model=STRICT)
    assert {relation for _, relation, _ in strict.walked} == {"last_resort"}
    assert strict.answered.status == 429
    assert strict.answered.headers["retry-after"] == "30"
    assert "because: under pressure (cooling_down), tried because nothing better is left" in strict.text
    assert strict.route["gate.outcome"] == "upstream_error"
