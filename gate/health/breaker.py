"""The circuit breaker's settings and its questions: is it time to open, for how long, and when is a route back.

A route that fails altogether is back with its first answer. One that fails in part answers all the time: it takes some
answers in a row to believe that it is back, and each time it was believed too soon it is left alone for twice as long.
"""

from dataclasses import dataclass

from gate.core.failure import FailureKind
from gate.health.window import Window


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a route is left alone.

    failures: so many failures in a row that were the route's own fault open it; so does a share of `rate` of at least
    `min_calls` within `window_s` seconds. open_s: seconds it stays open; open_per_s: but at least so many for each
    second that the failed attempt took, for that is what looking again costs a client; open_max_s: never longer.
    proofs: a route that failed in part has to answer so often in a row before it is back. cooldown_max_s: the longest
    Retry-After that is believed. rate_limit_s: how long a route is left alone that met a rate limit without saying for
    how long; doubled up to rate_limit_max_s while it meets it again at once. quota_s, quota_max_s: the same for an
    account whose quota is used up, that is not paid, or whose key is refused.
    """

    failures: int = 5
    window_s: float = 60.0
    rate: float = 0.3
    min_calls: int = 10
    open_s: float = 10.0
    open_per_s: float = 10.0
    open_max_s: float = 300.0
    proofs: int = 10
    cooldown_max_s: float = 300.0
    rate_limit_s: float = 5.0
    rate_limit_max_s: float = 60.0
    quota_s: float = 60.0
    quota_max_s: float = 3_600.0


DEFAULT_BREAKER = BreakerSettings()


AT_ONCE = frozenset({FailureKind.MODEL_UNAVAILABLE, FailureKind.ENDPOINT_MISMATCH})
"""Failures that open a breaker alone: asking again at once would get the same answer."""


MOST_DOUBLINGS = 2
"""A route that fails in part is looked at again after four times the first wait at the latest."""

GONE = 2.4
"""So many times the failures in a row that open a breaker are no chance any more: the route is gone."""


def should_open(kind: FailureKind, consecutive: int, window: Window, settings: BreakerSettings) -> bool:
    """Whether this much failing, with this failure last, is enough."""
    if consecutive >= settings.failures or kind in AT_ONCE:
        return True
    calls = window.calls
    return calls >= settings.min_calls and window.failures >= settings.rate * calls


def open_seconds(openings: int, took_s: float, settings: BreakerSettings) -> float:
    """Seconds the breaker stays open after an attempt that failed within `took_s` seconds. openings: how often in a row
    it had to open because it was closed, or looked at again, too soon; from 1."""
    wait = settings.open_s * 2.0 ** min(max(0, openings - 1), MOST_DOUBLINGS)
    return min(settings.open_max_s, max(wait, settings.open_per_s * took_s))


def too_soon(open_until: float | None, now: float, settings: BreakerSettings) -> bool:
    """Whether a breaker that opens now was closed too soon. open_until: the end of its last open time, None if it never
    opened."""
    return open_until is not None and now - open_until <= settings.open_max_s


def is_gone(consecutive: int, last: FailureKind | None, settings: BreakerSettings) -> bool:
    """Whether the route fails altogether, not in part. consecutive: failures in a row, the latest of kind `last`."""
    return last in AT_ONCE or consecutive >= GONE * settings.failures
