"""Signals, flat, for people."""

import json
from dataclasses import replace

import pytest

from gate.core.failure import FailureKind
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.reducer import ended, started
from gate.health.signals import signals_of
from gate.health.snapshot import HEALTHY
from tests.health.test_traffic import record


def test_of_a_route_nobody_tried_nothing_is_known() -> None:
    signals = signals_of(HEALTHY, 100.0)
    assert signals["outcomes"] == {}
    assert signals["first_s"] == signals["took_s"] == {"p50": None, "p95": None}
    assert (signals["error_rate"], signals["last_failure"], signals["account_shut_by"]) == (None, None, None)
    assert (signals["in_flight"], signals["usd_per_hour"]) == (0, 0)


def test_what_happened_is_told() -> None:
    health = HEALTHY
    for kind in (None, None, FailureKind.RATE_LIMITED):
        health = started(health, 10.0, DEFAULT_BREAKER)
        health = ended(health, record(kind, took=4.0, first=0.5, pico=1_000_000_000_000), 14.0, DEFAULT_BREAKER)
    health = started(health, 14.0, DEFAULT_BREAKER)
    signals = signals_of(health, 15.0)
    assert signals["outcomes"] == {"served": 2, "rate_limited": 1}
    assert signals["first_s"]["p50"] == pytest.approx(0.5, rel=0.2)
    assert signals["took_s"]["p95"] == pytest.approx(4.0, rel=0.2)
    assert signals["usd_per_hour"] == pytest.approx(3 * 3_600 / 301, rel=0.01)
    assert (signals["in_flight"], signals["last_failure"]) == (1, "rate_limited")
    assert signals["cooling_for_s"] == pytest.approx(4.0)
    assert json.loads(json.dumps(signals)) == signals


def test_the_accounts_pressure_is_the_routes() -> None:
    group = GroupPressure(Cooldown(30.0, 20.0), exhausted_until=60.0, by=FailureKind.BILLING, low=True)
    signals = signals_of(replace(HEALTHY, group=group), 10.0)
    assert (signals["cooling_for_s"], signals["account_shut_for_s"]) == (20.0, 50.0)
    assert (signals["account_shut_by"], signals["low_allowance"]) == ("billing", True)
