"""The circuit breaker's settings and its two questions: is it time to open, and for how long."""

from dataclasses import dataclass

from gate.health.window import Window


@dataclass(frozen=True, slots=True)
class BreakerSettings:
    """When a route is left alone.

    failures: so many failures in a row that were the route's own fault open it; so does a share of `rate` of at least
    `min_calls` within `window_s` seconds. open_s: seconds it stays open the first time; each failed probe doubles it up
    to open_max_s. cooldown_max_s: the longest Retry-After that is believed.
    """

    failures: int = 5
    window_s: float = 30.0
    rate: float = 0.5
    min_calls: int = 20
    open_s: float = 30.0
    open_max_s: float = 300.0
    cooldown_max_s: float = 300.0


DEFAULT_BREAKER = BreakerSettings()


def should_open(consecutive: int, window: Window, settings: BreakerSettings) -> bool:
    """Whether this much failing is enough."""
    if consecutive >= settings.failures:
        return True
    calls = window.calls
    return calls >= settings.min_calls and window.failures >= settings.rate * calls


def open_seconds(openings: int, settings: BreakerSettings) -> float:
    """Seconds the breaker stays open at its `openings`-th opening in a row (from 1)."""
    # The exponent is bounded so that a route that is down for weeks does not overflow a float.
    return min(settings.open_max_s, settings.open_s * 2.0 ** min(max(0, openings - 1), 32))
