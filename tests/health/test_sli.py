"""Readiness in one word."""

import pytest

from gate.core.failure import FailureKind
from gate.core.reason import Reason, ReasonCode, reason
from gate.health.sli import Readiness, provider_readiness, route_readiness
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth

NO_KEY = reason(ReasonCode.NO_CREDENTIAL, provider="groq", variable="GROQ_API_KEY")
PLACEHOLDER = reason(ReasonCode.PLACEHOLDER_KEY, provider="groq", variable="GROQ_API_KEY")
OPEN = RouteHealth(state=BreakerState.OPEN, open_until=50.0)
REFUSED = RouteHealth(auth_failure=FailureKind.INVALID_AUTH)


@pytest.mark.parametrize(
    ("unusable", "health", "now", "expected"),
    [
        (None, HEALTHY, 0.0, Readiness.READY),
        (NO_KEY, HEALTHY, 0.0, Readiness.MISSING_KEY),
        (PLACEHOLDER, HEALTHY, 0.0, Readiness.MISSING_KEY),
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
