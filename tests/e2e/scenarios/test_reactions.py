"""The reactions in their order, each named in the decision: a lower score; a cooldown; another route of the lane; a
sibling lane of the cluster; a named downgrade where the intent allows it; a last resort."""

import re

from tests.e2e.scenarios.world import CHEAP, FIRST, SECOND, SIBLING, STRICT, Scene, Start
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

EQUAL = {"first": (3.0, 15.0), "second": (3.0, 15.0)}
BUSY = {"status": 429, "headers": {"retry-after": "30"}}


def test_one_after_the_other_each_by_its_name(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    scene = Scene(start_gate, upstream, stack, prices=EQUAL, policy={"latency": 0, "errors": 0})
    # 1. Little is left of an allowance: a lower place among equals, nothing more.
    told_by = {"anthropic-ratelimit-requests-limit": "100", "anthropic-ratelimit-requests-remaining": "3"}
    upstream.shape(model=FIRST.partition("/")[2], headers=told_by)
    assert scene.ask().headers["x-gate-route"] == FIRST
    lower = scene.told()
    assert lower.walked == [(SECOND, "primary", None)]
    assert lower.score(FIRST) > lower.score(SECOND)
    assert lower.why(FIRST) == ""
    assert scene.gate.metric("gate_quota_pressure", provider="first", state="low") == 1
    assert scene.gate.metric("gate_quota_headroom_ratio", provider="first", kind="requests") == 0.03

    # 2. and 3. The better one is told to wait: it cools down, the other route of the lane takes over.
    scene.fail(SECOND, **BUSY)
    walked, planned = scene.several(2)
    assert walked.walked == [(SECOND, "primary", "rate_limited"), (FIRST, "same_lane_fallback", None)]
    assert planned.walked == [(FIRST, "same_lane_fallback", None)]
    assert re.match(r"cooling_down: left alone for another \d+\.\d s", planned.why(SECOND))
    assert (walked.reason, planned.reason) == (None, None), "the lane was not left"

    # 4. The whole lane waits: a sibling of the same cluster.
    scene.fail(FIRST, **BUSY)
    walked, planned = scene.several(2)
    assert walked.walked == [(FIRST, "same_lane_fallback", "rate_limited"), (SIBLING, "substitution", None)]
    assert planned.walked == [(SIBLING, "substitution", None)]
    assert (walked.reason, planned.reason) == ("rate_limited", "rate_limited")
    assert planned.route["gate.serving.lane"] == "sibling/mid"

    # 5. The sibling fails: a downgrade, for this intent allows it, with the reason of the lane that was meant.
    scene.fail(SIBLING, **BUSY)
    walked, planned = scene.several(2)
    assert walked.walked == [(SIBLING, "substitution", "rate_limited"), (CHEAP, "downgrade", None)]
    assert planned.walked == [(CHEAP, "downgrade", None)]
    assert planned.reason == "rate_limited"
    assert planned.answered.headers["x-gate-downgrade"] == "rate_limited"
    assert "lane       cheap/fast instead of home/mid (rate_limited)" in planned.text
    # One that does not allow it asks its own lane again rather than give less.
    strict = scene.told(model=STRICT)
    assert strict.answered.status == 429
    assert {(route, relation) for route, relation, _ in strict.walked} == {
        (FIRST, "last_resort"),
        (SECOND, "last_resort"),
    }

    # 6. Nothing is left: the least bad is tried again, and says why.
    scene.fail(CHEAP, **BUSY)
    scene.ask()
    last = scene.told()
    assert {relation for _, relation, _ in last.walked} == {"last_resort"}
    assert last.answered.status == 429
    assert "because: under pressure (cooling_down), tried because nothing better is left" in last.text
    for route in (FIRST, SECOND, SIBLING, CHEAP):
        assert last.why(route).startswith("cooling_down: ")


def test_a_group_that_shares_its_limits_waits_as_one(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    shared = {name: {"quota_group": "team"} for name in ("first", "second")}
    scene = Scene(start_gate, upstream, stack, routes=shared)
    scene.fail(FIRST, times=1, **BUSY)
    scene.fail(SECOND, times=1, **BUSY)
    scene.ask()
    told = scene.told()
    assert told.walked == [(SIBLING, "substitution", None)]
    assert told.reason == "rate_limited"
    for route in (FIRST, SECOND):
        assert re.fullmatch(
            r"group_cooling_down: its quota group team is left alone for another \d+\.\d s after a rate limit",
            told.why(route),
        )
    assert scene.gate.metric("gate_quota_pressure", quota_group="team", state="cooling") == 1
