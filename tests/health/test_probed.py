"""gate.health.probed: what a probe changes, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.health.breaker import DEFAULT_BREAKER as SETTINGS
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.probed import group_probed, route_probed
from gate.health.probing import Probe, ProbeKind, ProbeResult
from gate.health.sli import Readiness, route_readiness
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth

K = FailureKind
NOW = 100.0


def result(kind: ProbeKind, failure: FailureKind | None = None, wait: float | None = None) -> ProbeResult:
    probe = Probe("anthropic", kind, Dialect.ANTHROPIC_MESSAGES)
    return ProbeResult(probe, 0.5, None if failure is None else Failure(failure, retry_after_s=wait))


def group(before: GroupPressure, found: ProbeResult, *, shared: bool = False) -> GroupPressure:
    return group_probed(before, found, NOW, SETTINGS, shared=shared)


def route(before: RouteHealth, found: ProbeResult) -> RouteHealth:
    return route_probed(before, found, NOW, SETTINGS, shared=False)


REFUSED = GroupPressure(exhausted_until=NOW + 60, by=K.INVALID_AUTH, pressed_at=50.0)
SPENT = GroupPressure(exhausted_until=NOW + 60, by=K.QUOTA_EXHAUSTED, pressed_at=50.0)


@pytest.mark.parametrize("kind", ProbeKind)
def test_a_refused_key_shuts_the_account_and_a_good_one_opens_it(kind: ProbeKind) -> None:
    shut = group(NO_PRESSURE, result(kind, K.INVALID_AUTH))
    assert shut.exhausted_for(NOW) > 0
    assert route_readiness(None, replace(HEALTHY, group=shut), NOW) is Readiness.INVALID_AUTH
    assert group(REFUSED, result(kind)).exhausted_until is None
    assert route(RouteHealth(auth_failure=K.INVALID_AUTH), result(kind)).auth_failure is None


def test_only_a_paid_answer_says_that_there_is_quota_again() -> None:
    assert group(SPENT, result(ProbeKind.LIST)) is SPENT
    assert group(SPENT, result(ProbeKind.CALL)).exhausted_until is None
    assert group(NO_PRESSURE, result(ProbeKind.CALL, K.QUOTA_EXHAUSTED)).by is K.QUOTA_EXHAUSTED


def test_a_limit_of_lists_is_not_one_of_requests() -> None:
    assert group(NO_PRESSURE, result(ProbeKind.LIST, K.RATE_LIMITED, 9), shared=True) is NO_PRESSURE
    assert group(NO_PRESSURE, result(ProbeKind.CALL, K.RATE_LIMITED, 9), shared=True).cooling_for(NOW) == 9
    assert group(NO_PRESSURE, result(ProbeKind.CALL, K.RATE_LIMITED, 9)) is NO_PRESSURE
    assert route(HEALTHY, result(ProbeKind.LIST, K.RATE_LIMITED, 9)) is HEALTHY
    assert route(HEALTHY, result(ProbeKind.CALL, K.RATE_LIMITED, 9)).cooling_for(NOW) == 9


def test_allowances_are_the_groups_where_limits_are() -> None:
    found = replace(result(ProbeKind.CALL), allowances=(Allowance(AllowanceKind.REQUESTS, 100, 1),))
    assert group(NO_PRESSURE, found, shared=True).low
    assert not group(NO_PRESSURE, found).low


@pytest.mark.parametrize("kind", [K.ENDPOINT_MISMATCH, K.MODEL_UNAVAILABLE, K.SERVER_ERROR, K.PERMISSION_DENIED])
def test_a_list_that_fails_leaves_routes_alone(kind: FailureKind) -> None:
    assert route(HEALTHY, result(ProbeKind.LIST, kind)) is HEALTHY
    assert group(NO_PRESSURE, result(ProbeKind.LIST, kind)) is NO_PRESSURE


def test_nobody_reached_counts_against_routes() -> None:
    health = HEALTHY
    for _ in range(SETTINGS.failures):
        health = route(health, result(ProbeKind.LIST, K.CONNECT_ERROR))
    assert health.state is BreakerState.OPEN
    assert route_readiness(None, health, NOW) is Readiness.TRANSPORT_ERROR


def test_a_call_counts_like_an_attempt_but_not_for_speed() -> None:
    before = RouteHealth(in_flight=3, ttfb_s=2.0, error_rate=0.25, consecutive=2, last_failure=K.SERVER_ERROR)
    after = route(before, result(ProbeKind.CALL))
    assert (after.in_flight, after.ttfb_s, after.error_rate, after.consecutive) == (3, 2.0, 0.25, 0)
    gone = route(before, result(ProbeKind.CALL, K.MODEL_UNAVAILABLE))
    assert (gone.in_flight, gone.state) == (3, BreakerState.OPEN)
    assert route_readiness(None, gone, NOW) is Readiness.MODEL_UNAVAILABLE


@pytest.mark.parametrize("kind", [K.INTERNAL, K.POOL_TIMEOUT, K.CLIENT_GONE])
@pytest.mark.parametrize("probe", ProbeKind)
def test_what_is_nobodys_fault_changes_nothing(kind: FailureKind, probe: ProbeKind) -> None:
    assert route(HEALTHY, result(probe, kind)) is HEALTHY
    assert group(SPENT, result(probe, kind)) is SPENT
