"""What routes of one quota group share: the upstream account is limited, whichever of them met the limit.

A vendor's rate limits are mostly a model's own, so they cool the route that met them; where the operator says that a
group shares its limits (`Route.shared_limits`) they cool the group. A used-up quota, an unpaid bill and a refused key
are always the whole account's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gate.core.allowance import Allowance
from gate.core.failure import Failure, FailureKind
from gate.health.breaker import BreakerSettings
from gate.health.cooldown import Cooldown, cooled

LOW_BELOW = 1 / 7
AMPLE_ABOVE = 1 / 4
"""An allowance is low below the one and ample again above the other, so that it does not flap between two answers."""

SOON_S = 2.0
"""An allowance that is whole again within so many seconds is never low."""

ACCOUNT_SHUT = frozenset({FailureKind.QUOTA_EXHAUSTED, FailureKind.BILLING, FailureKind.INVALID_AUTH})
"""Failures after which no route of the account is asked for a while."""


@dataclass(frozen=True, slots=True)
class GroupPressure:
    """cooldown: of a group that shares its rate limits. exhausted_until: the account is not asked before; by: why
    (`ACCOUNT_SHUT`). relapses: how often in a row it was shut again as soon as it was asked again; the wait doubles
    with it. probing, probe_until: one attempt is finding out whether it is over. low: little is left of an allowance.
    pressed_at: only an attempt that began later can prove that it is over. Times in seconds on the caller's monotonic
    clock.
    """

    cooldown: Cooldown | None = None
    exhausted_until: float | None = None
    by: FailureKind | None = None
    relapses: int = 0
    probing: bool = False
    probe_until: float | None = None
    low: bool = False
    pressed_at: float | None = None

    def cooling_for(self, now: float) -> float:
        """Seconds the group is still to be left alone after a rate limit, 0.0 when it is not."""
        return 0.0 if self.cooldown is None else max(0.0, self.cooldown.until - now)

    def exhausted_for(self, now: float) -> float:
        """Seconds until a shut account is tried again, 0.0 when it may be."""
        return 0.0 if self.exhausted_until is None else max(0.0, self.exhausted_until - now)

    def probe_under_way(self, now: float) -> bool:
        return self.probing and self.probe_until is not None and now < self.probe_until


NO_PRESSURE = GroupPressure()


def group_started(group: GroupPressure, now: float, settings: BreakerSettings) -> GroupPressure:
    """An attempt at a member begins; the first one after a shut account's wait is its probe."""
    if group.exhausted_until is None or group.exhausted_for(now) > 0 or group.probe_under_way(now):
        return group
    return GroupPressure(
        group.cooldown,
        group.exhausted_until,
        group.by,
        group.relapses,
        True,
        now + settings.open_s,
        group.low,
        group.pressed_at,
    )


def group_failed(
    group: GroupPressure, failure: Failure, now: float, settings: BreakerSettings, *, began: float, shared: bool
) -> GroupPressure:
    """An attempt at a member that began then failed, with the account's own key. shared: the group shares its rate
    limits."""
    if failure.kind in ACCOUNT_SHUT:
        return _shut(group, failure, now, settings, began)
    cooldown = cooled(group.cooldown, failure, now, settings) if shared else group.cooldown
    probe = group.probing and _since(group, began)
    if cooldown is group.cooldown and not probe:
        return group
    # Another failure than the quota's says nothing of the quota: the next attempt is the probe.
    return GroupPressure(
        cooldown,
        group.exhausted_until,
        group.by,
        group.relapses,
        group.probing and not probe,
        None if probe else group.probe_until,
        group.low,
        group.pressed_at if cooldown is group.cooldown else now,
    )


def group_served(group: GroupPressure, now: float, began: float) -> GroupPressure:
    """A member served an attempt that began then, with the account's own key: the account is open."""
    if group is NO_PRESSURE or not _since(group, began):
        return group
    if group.cooling_for(now) <= 0 and group.exhausted_until is None:
        return group
    cooldown = None if group.cooldown is None else group.cooldown.over(now)
    return GroupPressure(cooldown, low=group.low) if cooldown is not None or group.low else NO_PRESSURE


def runs_low(low: bool, allowances: Iterable[Allowance]) -> bool:
    """Whether little is left, after an answer told what is. low: whether it was little before. The scarcest allowance
    decides; where nothing can be told of any, it stays."""
    parts = [left for allowance in allowances if (left := allowance.left) is not None and not _soon(allowance)]
    return min(parts) < (AMPLE_ABOVE if low else LOW_BELOW) if parts else low


def _soon(allowance: Allowance) -> bool:
    """Whether it is whole again before anybody could do something about it (some vendors limit by the second)."""
    return allowance.resets_in_s is not None and allowance.resets_in_s <= SOON_S


def group_read(group: GroupPressure, allowances: Iterable[Allowance]) -> GroupPressure:
    """An answer told what is left of limits that the group shares."""
    low = runs_low(group.low, allowances)
    if low is group.low:
        return group
    changed = GroupPressure(
        group.cooldown,
        group.exhausted_until,
        group.by,
        group.relapses,
        group.probing,
        group.probe_until,
        low,
        group.pressed_at,
    )
    return NO_PRESSURE if changed == NO_PRESSURE else changed


def _since(group: GroupPressure, began: float) -> bool:
    return group.pressed_at is None or began >= group.pressed_at


def _shut(group: GroupPressure, failure: Failure, now: float, settings: BreakerSettings, began: float) -> GroupPressure:
    if group.exhausted_until is not None and not _since(group, began):
        return group  # it was on its way when the account was shut: no news
    again = group.exhausted_until is not None
    relapses = group.relapses + 1 if again else 0
    told = failure.retry_after_s
    if told is not None and told > 0:
        wait = min(told, settings.quota_max_s)
    else:
        wait = min(settings.quota_max_s, settings.quota_s * 2.0 ** min(relapses, 32))
    return GroupPressure(group.cooldown, now + wait, failure.kind, relapses, low=group.low, pressed_at=now)
