"""What a probe changes: the pressure of a quota group, the health of a route.

A free probe knows the key and the way to the provider, and nothing of models, so it can shut and open an account whose
key was refused, and count against a route only that nobody was reached. A paid one counts like an attempt, but for
what it would say of speed: one token is no measure.
"""

from dataclasses import replace

from gate.core.failure import FailureKind
from gate.health.breaker import BreakerSettings
from gate.health.pressure import GroupPressure, group_failed, group_read, group_served
from gate.health.probing import ProbeKind, ProbeResult, outcome
from gate.health.reducer import failed, succeeded
from gate.health.snapshot import RouteHealth
from gate.health.traffic import OutcomeClass

_OF_ACCOUNT = frozenset({OutcomeClass.AUTH, OutcomeClass.QUOTA})


def group_probed(
    group: GroupPressure, result: ProbeResult, now: float, settings: BreakerSettings, *, shared: bool
) -> GroupPressure:
    """A quota group after a probe of its provider, or of a member. shared: the group shares its rate limits."""
    said, began = outcome(result), now - result.took_s
    if shared and result.allowances:
        group = group_read(group, result.allowances)
    if said is OutcomeClass.SERVED:
        # Who lists models takes the key, and may be without quota all the same.
        known = result.probe.kind is ProbeKind.CALL or group.by is FailureKind.INVALID_AUTH
        return group_served(group, now, began) if known else group
    counts = said in _OF_ACCOUNT or (said is OutcomeClass.RATE_LIMITED and result.probe.kind is ProbeKind.CALL)
    if result.failure is None or not counts:
        return group
    return group_failed(group, result.failure, now, settings, began=began, shared=shared)


def route_probed(
    health: RouteHealth, result: ProbeResult, now: float, settings: BreakerSettings, *, shared: bool
) -> RouteHealth:
    """A route after a probe of it, or of its provider. shared: its rate limits are its group's."""
    said, began = outcome(result), now - result.took_s
    if result.probe.kind is not ProbeKind.CALL:
        if said is OutcomeClass.SERVED:
            return health if health.auth_failure is None else replace(health, auth_failure=None)
        if said not in (OutcomeClass.AUTH, OutcomeClass.TRANSPORT):
            return health
    if said is OutcomeClass.SERVED:
        after = succeeded(health, 0.0, now, settings, began=began)
    elif result.failure is not None and said is not OutcomeClass.NEUTRAL:
        after = failed(health, result.failure, now, settings, began=began, shared=shared)
    else:
        return health
    return replace(after, in_flight=health.in_flight, ttfb_s=health.ttfb_s, error_rate=health.error_rate)
