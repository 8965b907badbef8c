from __future__ import annotations

from typing import Any

from gate.cli.scrape import Scrape
from gate.cli.status_report import recent, report

NOW = 1_795_248_000.0


def decision(age_s: float, **facts: Any) -> dict[str, Any]:
    """As the API lists it."""
    plain = {
        "now_ns": int((NOW - age_s) * 1e9),
        "outcome": "served",
        "relation": "primary",
        "downgrade_reason": None,
        "premium_escalation": False,
        "attempts": 1,
        "cost_usd": 0.01,
        "cost_confidence": "exact",
    }
    return {**plain, **facts}


def route(name: str, lane: str = "a/mid", readiness: str = "ready", why: str | None = None) -> dict[str, Any]:
    return {"id": name, "provider": name.partition("/")[0], "lane": lane, "readiness": readiness, "why": why}


def readiness(name: str, **workers: int) -> str:
    return "".join(f'gate_route_readiness{{route="{name}",state="{state}"}} {n}\n' for state, n in workers.items())


def test_only_the_last_minutes_count() -> None:
    found = recent([decision(1), decision(200), decision(301)], 300, NOW, 3)
    assert (found.requests, found.seconds, found.complete) == (2, 300, True)


def test_what_was_kept_may_reach_less_far() -> None:
    found = recent([decision(age / 10) for age in range(1_000)], 300, NOW, 1_001)
    assert not found.complete
    assert round(found.seconds, 1) == 99.9
    assert recent([decision(age / 10) for age in range(1_000)], 300, NOW, 1_000).complete


def test_unknown_costs_are_not_nothing() -> None:
    unknown = decision(1, cost_usd=None, cost_confidence="unknown")
    assert recent([unknown], 300, NOW, 3).usd is None
    mixed = recent([unknown, decision(2), decision(3, cost_confidence="partial")], 300, NOW, 3)
    assert (mixed.usd, mixed.unpriced, mixed.partly) == (0.02, 1, 1)
    assert recent([], 300, NOW, 3).usd == 0


def test_what_was_not_the_first_choice() -> None:
    found = recent(
        [
            decision(1, relation="downgrade", downgrade_reason="rate_limited"),
            decision(2, relation="same_lane_fallback"),
            decision(3, relation=None, outcome="no_route", attempts=0, cost_usd=None, cost_confidence="unknown"),
        ],
        300,
        NOW,
        3,
    )
    assert found.relations == {"downgrade": 1, "same_lane_fallback": 1}
    assert found.left == {"rate_limited": 1}
    assert found.outcomes == {"served": 2, "no_route": 1}
    assert found.unpriced == 0


def test_a_route_is_ready_when_one_worker_would_use_it() -> None:
    text = readiness("one/m", ready=1, breaker_open=3) + readiness("two/m", ready=0, breaker_open=4)
    found = report(True, "", [route("one/m"), route("two/m", "b/mid")], Scrape(text, 0), [], 5, NOW)
    assert [(group.name, group.ready) for group in found.providers] == [("one", 1), ("two", 0)]
    assert [problem.what for problem in found.problems] == [
        "one: breaker_open in 3 of 4 workers: one/m",
        "two: breaker_open: two/m",
        "lane without a ready route: b/mid",
    ]


def test_a_missing_key_is_a_choice_until_nothing_else_serves() -> None:
    missing = route("two/m", readiness="missing_key", why="no key for two: set TWO_API_KEY")
    text = readiness("one/m", ready=1) + readiness("two/m", missing_key=1)
    assert report(True, "", [route("one/m"), missing], Scrape(text, 0), [], 5, NOW).problems == []
    alone = report(True, "", [missing], Scrape(readiness("two/m", missing_key=1), 0), [], 5, NOW)
    assert not alone.ready
    assert [problem.what for problem in alone.problems] == [
        "no route can serve anything",
        "two: missing_key: two/m",
    ]
    assert alone.problems[1].do == "no key for two: set TWO_API_KEY, then start Gate again"


def test_losses_and_refused_configurations_are_told() -> None:
    text = (
        readiness("one/m", ready=1)
        + 'gate_telemetry_dropped_total{signal="traces",reason="queue_full"} 7\n'
        + 'gate_config_reloads_total{result="refused"} 2\n'
    )
    found = report(True, "", [route("one/m")], Scrape(text, 0), [], 5, NOW)
    assert [problem.what for problem in found.problems] == [
        "traces were lost since the start: 7 (queue_full 7)",
        "a changed configuration was refused (2 times since the start)",
    ]


def test_what_a_gate_does_not_tell_is_unknown() -> None:
    found = report(True, "", [route("one/m")], Scrape("", 0), [], 5, NOW)
    assert found.version is found.workers is found.uptime_s is found.in_flight is found.config_version is None
    assert found.telemetry["traces"] == {"queued": None, "delivered": None, "dropped": None}
    assert found.since_start["overload_rejections"] is None
    assert found.ready
