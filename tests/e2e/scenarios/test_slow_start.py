"""A provider that comes up slowly: what does not begin in time goes elsewhere, by a clock or by a lane's choice."""

import time

import pytest

from tests.e2e.scenarios.world import FIRST, OPEN_S, SECOND, SIBLING, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

SLOW_S = 0.6
QUICK = {"first_byte_s": 0.3, "whole_s": 0.3}


@pytest.mark.parametrize("stream", [False, True])
def test_what_does_not_begin_in_time_is_a_timeout_and_named_so(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool
) -> None:
    scene = Scene(start_gate, upstream, stack, timeouts=QUICK)
    cold = [upstream.shape(model=route.partition("/")[2], head_delay=SLOW_S) for route in (FIRST, SECOND)]
    answered = [scene.ask(stream=stream) for _ in range(4)]
    late, planned = scene.tell(answered[0]), scene.tell(answered[3])
    assert late.walked == [
        (FIRST, "primary", "first_byte_timeout"),
        (SECOND, "same_lane_fallback", "first_byte_timeout"),
        (SIBLING, "substitution", None),
    ]
    assert late.reason == "timeout"
    assert planned.walked == [(SIBLING, "substitution", None)], "three in a row opened both breakers"
    assert planned.reason == "breaker_open"
    assert planned.why(FIRST).endswith("after 3 failures (first_byte_timeout)")
    for rule in cold:
        scene.heal(rule)
    time.sleep(OPEN_S)
    warm = scene.several(2, stream=stream)
    assert [told.walked for told in warm] == [[(FIRST, "primary", None)]] * 2


def test_a_lane_that_goes_by_latency_leaves_the_slow_route_and_is_not_all_on_the_quick_one(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    lanes = {
        "home/mid": {"cluster": "balanced-workhorse", "strategy": "latency"},
        "sibling/mid": {"cluster": "balanced-workhorse"},
        "cheap/fast": {"cluster": "fast-workhorse"},
    }
    scene = Scene(start_gate, upstream, stack, lanes=lanes)
    upstream.shape(model=FIRST.partition("/")[2], head_delay=SLOW_S)
    told = scene.several(8)
    assert {one.route["gate.chosen.strategy"] for one in told} == {"latency"}
    assert {one.reason for one in told} == {None}
    served = [one.served_by for one in told]
    assert sum(route == FIRST for route in served) == 1, "measured once, and then known to be slow"
    assert set(served[2:]) == {SECOND}
    assert switches(served) <= 2
