"""How long something that met a rate limit is left alone: as long as it was told, else longer with every relapse."""

from dataclasses import dataclass

from gate.core.failure import Failure, FailureKind
from gate.health.breaker import BreakerSettings

RELAPSE_WITHIN = 2.0
"""A limit that is met again within so many times the last wait after its end is a relapse: the wait doubles."""


@dataclass(frozen=True, slots=True)
class Cooldown:
    """until: left alone until then; a moment that has passed only remembers. wait_s: how long it was this time.
    relapses: how often in a row it was too short."""

    until: float
    wait_s: float
    relapses: int = 0

    def over(self, now: float) -> "Cooldown":
        """It answered after all: what stays is the memory, for a relapse soon after."""
        return self if self.until <= now else Cooldown(now, self.wait_s, self.relapses)


def cooled(before: Cooldown | None, failure: Failure, now: float, settings: BreakerSettings) -> Cooldown | None:
    """The cooldown after a failure: a new one if the upstream asked to wait, or met a limit without saying for how
    long; the same one otherwise. The longest wish counts; none is believed beyond `cooldown_max_s`."""
    told = failure.retry_after_s
    if told is not None and told > 0:
        wait = min(told, settings.cooldown_max_s)
        relapses = 0 if before is None else before.relapses
    elif failure.kind is FailureKind.RATE_LIMITED:
        if before is not None and before.until > now:
            return before  # it was on its way when the limit was met: no news
        relapses = before.relapses + 1 if before is not None and _relapsed(before, now) else 0
        wait = min(settings.rate_limit_max_s, settings.rate_limit_s * 2.0 ** min(relapses, 32))
    else:
        return before
    until = now + wait
    return before if before is not None and before.until >= until else Cooldown(until, wait, relapses)


def _relapsed(before: Cooldown, now: float) -> bool:
    return now - before.until <= RELAPSE_WITHIN * before.wait_s
