"""A price changes by a reload: new work goes to the cheaper route, sessions stay where their cache is."""

from tests.e2e.scenarios.world import FIRST, SECOND, Scene, Start, switches
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

DEARER = {"first": (9.0, 45.0)}


def test_new_work_goes_to_the_cheaper_route_and_sessions_stay(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    first, session = scene.several(2)[1], scene.told(session="session-old")
    assert (first.served_by, session.served_by) == (FIRST, FIRST)
    assert session.route["gate.stickiness"] == "new"

    before = scene.gate.metric("gate_config_reloads_total", result="applied")
    scene.gate.write_config(scene.configuration(prices=DEARER))
    scene.applied(before)

    after = scene.several(3)
    for told in after:
        assert told.walked == [(SECOND, "primary", None)], "the cheaper one is the first choice, not a fallback"
        assert told.reason is None
        assert told.score(SECOND) < told.score(FIRST)
        assert told.route["gate.config.version"] != first.route["gate.config.version"]
        assert f"2. {FIRST} in home/mid: same_lane_fallback" in told.text
    assert switches([told.served_by for told in (first, *after)]) == 1
    kept = scene.told(session="session-old")
    assert kept.walked == [(FIRST, "primary", None)]
    assert kept.route["gate.stickiness"] == "kept"
    fresh = scene.told(session="session-new")
    assert (fresh.served_by, fresh.route["gate.stickiness"]) == (SECOND, "new")


def test_a_session_that_has_to_leave_says_what_its_cache_was_worth(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    scene = Scene(start_gate, upstream, stack)
    for route, read in ((FIRST, 40_000), (SECOND, 0)):
        tokens = {"input": 100, "output": 20, "cache_read": read, "cache_write": 40_000 - read}
        upstream.shape(model=route.partition("/")[2], tokens=tokens)
    scene.ask(session="session-1")
    scene.fail(FIRST, status=429, headers={"retry-after": "30"})
    walked, moved = scene.several(2, session="session-1")
    assert walked.walked == [(FIRST, "primary", "rate_limited"), (SECOND, "same_lane_fallback", None)]
    assert walked.route["gate.stickiness"] == "kept", "planned where it was"
    # 40,000 tokens at 4 USD per million instead of 0.3 for reading them.
    assert abs(walked.attempts[1]["gate.cache_loss.usd"] - 40_000 * (4.0 - 0.3) / 1e6) < 1e-9
    assert "gate.cache_loss.usd" not in walked.attempts[0].attributes
    assert walked.route["gate.cache_loss.usd"] == walked.attempts[1]["gate.cache_loss.usd"]
    assert moved.served_by == SECOND
    assert moved.route["gate.stickiness"] == "kept", "its own route is the second one now"
