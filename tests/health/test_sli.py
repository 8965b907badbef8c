"""Readiness in one word."""

from dataclasses import replace

import pytest

from gate.core.failure import FailureKind
from gate.core.reason import Reason, ReasonCode, reason
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.sli import Readiness, provider_readiness, route_readiness
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth

NO_KEY = reason(ReasonCode.NO_CREDENTIAL, provider="groq", variable="GROQ_API_KEY")
PLACEHOLDER = reason(ReasonCode.PLACEHOLDER_KEY, provider="groq", variable="GROQ_API_KEY")
OPEN = RouteHealth(state=BreakerState.OPEN, open_until=50.0)
REFUSED = RouteHealth(auth_failure=FailureKind.INVALID_AUTH)
SPENT = RouteHealth(group=GroupPressure(exhausted_until=60.0, by=FailureKind.QUOTA_EXHAUSTED))
SHUT = RouteHealth(group=GroupPressure(exhausted_until=60.0, by=FailureKind.INVALID_AUTH))
COOLING = RouteHealth(cooldown=Cooldown(10.0, 5.0))


@pytest.mark.parametrize(
    ("unusable", "health", "now", "expected"),
    [
        (None, HEALTHY, 0.0, Readiness.READY),
        (NO_KEY, HEALTHY, 0.0, Readiness.MISSING_KEY),
        (PLACEHOLDER, HEALTHY, 0.0, Readiness.PLACEHOLDER_KEY),
        (None, SPENT, 0.0, Readiness.QUOTA_LIMITED),
        (None, SPENT, 500.0, Readiness.QUOTA_LIMITED),
        (None, SHUT, 0.0, Readiness.INVALID_AUTH),
        (None, COOLING, 9.0, Readiness.RATE_LIMITED),
        (None, COOLING, 10.0, Readiness.READY),
        (None, RouteHealth(group=GroupPressure(Cooldown(10.0, 5.0))), 9.0, Readiness.RATE_LIMITED),
        (None, replace(OPEN, last_failure=FailureKind.CONNECT_ERROR), 0.0, Readiness.TRANSPORT_ERROR),
        (None, replace(OPEN, last_failure=FailureKind.MODEL_UNAVAILABLE), 0.0, Readiness.MODEL_UNAVAILABLE),
        (None, replace(OPEN, last_failure=FailureKind.UNEXPECTED_CONTENT), 0.0, Readiness.ENDPOINT_MISMATCH),
        (reason(ReasonCode.DISABLED), HEALTHY, 0.0, Readiness.DISABLED),
        (None, REFUSED, 0.0, Readiness.INVALID_AUTH),
        (None, OPEN, 49.0, Readiness.BREAKER_OPEN),
        (None, OPEN, 51.0, Readiness.READY),
        (None, RouteHealth(state=BreakerState.HALF_OPEN, probing=True), 0.0, Readiness.BREAKER_OPEN),
        (NO_KEY, OPEN, 0.0, Readiness.MISSING_KEY),
    ],
)
def test_route_readiness(unusable: Reason | None, health: RouteHealth, now: float, expected: Readiness) -> None:
    assert route_readiness(unusable, health, now) is expected


def test_a_provider_is_as_ready_as_its_readiest_route() -> None:
    assert provider_readiness([Readiness.BREAKER_OPEN, Readiness.READY]) is Readiness.READY
    assert provider_readiness([Readiness.MISSING_KEY, Readiness.INVALID_AUTH]) is Readiness.INVALID_AUTH
    assert provider_readiness([]) is None
