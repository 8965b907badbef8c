"""A quota of an account that serves two lanes is used up: all its routes are out at once; one call finds the end."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

from tests.e2e.scenarios.world import CHEAP, FIRST, QUOTA_S, SECOND, SIBLING, STRICT, Scene, Start
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

GROUP = "team"
SHARED = {"first": {"quota_group": GROUP}, "third": {"quota_group": GROUP}}
NONE_LEFT = {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}
USED_UP = rf"quota_exhausted: the quota of {GROUP} is used up or not paid; asked again in \d+\.\d s"


def test_one_refusal_presses_every_route_of_the_account(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, routes=SHARED)
    used_up = [scene.fail(route, status=429, body=NONE_LEFT) for route in (FIRST, SIBLING)]
    answered = [scene.ask(), scene.ask()]
    scene.doors["second"].shut()
    answered.append(scene.ask())
    pressure = {"quota_group": GROUP, "state": "exhausted"}
    assert scene.gate.metric("gate_quota_pressure", **pressure) == 1
    assert scene.gate.metric("gate_route_readiness", route=SIBLING, state="quota_limited") == 1
    assert scene.calls(SIBLING) == 0, "it was never asked: the account is the same"
    met, told, lesser = [scene.tell(one) for one in answered]
    assert met.walked == [(FIRST, "primary", "quota_exhausted"), (SECOND, "same_lane_fallback", None)]
    assert told.walked == [(SECOND, "same_lane_fallback", None)]
    for route in (FIRST, SIBLING):
        assert re.fullmatch(USED_UP, told.why(route)), told.why(route)
    # Home is left for a lesser lane, past the sibling: it is the same account's.
    assert lesser.walked == [(SECOND, "same_lane_fallback", "connect_error"), (CHEAP, "downgrade", None)]

    scene.doors["second"].open()
    for rule in used_up:
        scene.heal(rule)
    time.sleep(QUOTA_S)
    back = scene.told()
    assert back.walked == [(FIRST, "primary", None)]
    assert scene.told().why(SIBLING) == "", "one served call opens the whole account"
    assert scene.gate.metric("gate_quota_pressure", **pressure) == 0


def test_one_call_at_a_time_finds_out_whether_it_is_over(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, routes=SHARED)
    used_up = scene.fail(FIRST, status=429, body=NONE_LEFT)
    scene.ask()
    scene.heal(used_up)
    time.sleep(QUOTA_S)
    upstream.shape(model=FIRST.partition("/")[2], head_delay=0.8)
    with ThreadPoolExecutor(1) as pool:
        trial = pool.submit(scene.ask)
        upstream.wait_requests(len(upstream.requests) + 1)
        for told in scene.several(3):
            assert told.walked == [(SECOND, "same_lane_fallback", None)]
            assert told.why(FIRST) == f"quota_probing: one attempt is finding out whether {GROUP} is open again"
        assert scene.tell(trial.result()).walked == [(FIRST, "primary", None)]


def test_a_lane_without_another_account_is_left_for_a_named_reason(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    everything = {name: {"quota_group": GROUP} for name in ("first", "second", "third")}
    scene = Scene(start_gate, upstream, stack, routes=everything)
    for route in (FIRST, SECOND, SIBLING):
        scene.fail(route, status=429, body=NONE_LEFT)
    scene.ask()
    asked, refused = scene.ask(), scene.ask(model=STRICT)
    told, strict = scene.tell(asked), scene.tell(refused)
    assert told.walked == [(CHEAP, "downgrade", None)]
    assert told.reason == "quota_exhausted"
    assert told.answered.headers["x-gate-downgrade"] == "quota_exhausted"
    assert "lane       cheap/fast instead of home/mid (quota_exhausted)" in told.text
    # An intent that allows no lesser lane is not served by one.
    assert {relation for _, relation, _ in strict.walked} == {"last_resort"}
    assert {route for route, _, _ in strict.walked} <= {FIRST, SECOND}
    assert strict.answered.status == 429


def test_the_walk_that_finds_it_used_up_passes_the_accounts_other_routes_over(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack, routes=SHARED)
    scene.fail(FIRST, status=429, body=NONE_LEFT)
    scene.doors["second"].shut()
    told = scene.told()
    assert told.walked == [
        (FIRST, "primary", "quota_exhausted"),
        (SECOND, "same_lane_fallback", "connect_error"),
        (CHEAP, "downgrade", None),
    ]
    assert SIBLING in told.route["gate.plan.order"], "it was planned, and is not asked: the account is the same"
    assert told.reason == "provider_error", "what came last"
