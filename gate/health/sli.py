"""Readiness of a route in one word, for the readiness metric, `gate routes` and `/readyz`."""

from collections.abc import Iterable
from enum import StrEnum

from gate.core.reason import Reason, ReasonCode
from gate.health.snapshot import BreakerState, RouteHealth


class Readiness(StrEnum):
    """Whether a route could serve the next request, and if not, what is to be done about it."""

    READY = "ready"
    MISSING_KEY = "missing_key"
    INVALID_AUTH = "invalid_auth"
    BREAKER_OPEN = "breaker_open"
    DISABLED = "disabled"


_OF_REASON = {
    ReasonCode.NO_CREDENTIAL: Readiness.MISSING_KEY,
    ReasonCode.PLACEHOLDER_KEY: Readiness.MISSING_KEY,
    ReasonCode.DISABLED: Readiness.DISABLED,
}

# A provider is as ready as its readiest route; among those that are not, what an operator can mend comes first.
_BEST_FIRST = (
    Readiness.READY,
    Readiness.BREAKER_OPEN,
    Readiness.INVALID_AUTH,
    Readiness.MISSING_KEY,
    Readiness.DISABLED,
)


def route_readiness(unusable: Reason | None, health: RouteHealth, now: float) -> Readiness:
    """unusable: why the provider cannot be used with a configured key, None when it can. now: monotonic seconds.

    A half-open breaker counts as open until its probe has succeeded.
    """
    if unusable is not None:
        return _OF_REASON.get(unusable.code, Readiness.DISABLED)
    if health.auth_failure is not None:
        return Readiness.INVALID_AUTH
    if health.open_for(now) > 0 or health.state is BreakerState.HALF_OPEN:
        return Readiness.BREAKER_OPEN
    return Readiness.READY


def provider_readiness(routes: Iterable[Readiness]) -> Readiness | None:
    """The best readiness among a provider's routes; None when it has none."""
    return min(routes, key=_BEST_FIRST.index, default=None)
