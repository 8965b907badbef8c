"""Readiness of a route in one word, for the readiness metric, `gate routes` and `/readyz`."""

from collections.abc import Iterable
from enum import StrEnum

from gate.core.failure import FailureKind
from gate.core.reason import Reason, ReasonCode
from gate.health.snapshot import BreakerState, RouteHealth
from gate.health.traffic import OutcomeClass, class_of


class Readiness(StrEnum):
    """Whether a route could serve the next request, and if not, what is to be done about it."""

    READY = "ready"
    MISSING_KEY = "missing_key"
    PLACEHOLDER_KEY = "placeholder_key"
    INVALID_AUTH = "invalid_auth"
    ENDPOINT_MISMATCH = "endpoint_mismatch"
    MODEL_UNAVAILABLE = "model_unavailable"
    QUOTA_LIMITED = "quota_limited"
    RATE_LIMITED = "rate_limited"
    TRANSPORT_ERROR = "transport_error"
    BREAKER_OPEN = "breaker_open"
    DISABLED = "disabled"


_OF_REASON = {
    ReasonCode.NO_CREDENTIAL: Readiness.MISSING_KEY,
    ReasonCode.PLACEHOLDER_KEY: Readiness.PLACEHOLDER_KEY,
    ReasonCode.DISABLED: Readiness.DISABLED,
}

# A provider is as ready as its readiest route; among those that are not, what an operator can mend comes first.
_BEST_FIRST = (
    Readiness.READY,
    Readiness.RATE_LIMITED,
    Readiness.BREAKER_OPEN,
    Readiness.TRANSPORT_ERROR,
    Readiness.QUOTA_LIMITED,
    Readiness.MODEL_UNAVAILABLE,
    Readiness.ENDPOINT_MISMATCH,
    Readiness.INVALID_AUTH,
    Readiness.PLACEHOLDER_KEY,
    Readiness.MISSING_KEY,
    Readiness.DISABLED,
)

# What an open breaker is called, by what the route did last. Anything else is `breaker_open`.
_OF_BREAKER = {
    OutcomeClass.MODEL: Readiness.MODEL_UNAVAILABLE,
    OutcomeClass.ENDPOINT: Readiness.ENDPOINT_MISMATCH,
    OutcomeClass.TRANSPORT: Readiness.TRANSPORT_ERROR,
}


def route_readiness(unusable: Reason | None, health: RouteHealth, now: float) -> Readiness:
    """unusable: why the provider cannot be used with a configured key, None when it can. now: monotonic seconds.

    A half-open breaker counts as open until its probe has succeeded, and so does a shut account.
    """
    if unusable is not None:
        return _OF_REASON.get(unusable.code, Readiness.DISABLED)
    group = health.group
    if group.exhausted_until is not None and group.by is not FailureKind.INVALID_AUTH:
        return Readiness.QUOTA_LIMITED
    if health.auth_failure is not None or group.exhausted_until is not None:
        return Readiness.INVALID_AUTH
    if health.open_for(now) > 0 or health.state is BreakerState.HALF_OPEN:
        return _OF_BREAKER.get(class_of(health.last_failure), Readiness.BREAKER_OPEN)
    if health.cooling_for(now) > 0 or group.cooling_for(now) > 0:
        return Readiness.RATE_LIMITED
    return Readiness.READY


def provider_readiness(routes: Iterable[Readiness]) -> Readiness | None:
    """The best readiness among a provider's routes; None when it has none."""
    return min(routes, key=_BEST_FIRST.index, default=None)
