"""Averages as scores read them: they follow the moving averages only when these have moved for good.

Two routes of one price would otherwise change places with every answer that came a little sooner or later, and each
change costs sessions their prompt caches.
"""

from dataclasses import dataclass

FACTOR = 2.0
"""Seconds follow when the average is so many times more or less."""
QUICK_S = 2.0
"""Less is as good as nothing known: a route that was never tried would otherwise seem the quickest of all."""
STEP = 0.3
"""A share of failures follows when the average is so far off, which takes two of the last few; one that has sunk below
a tenth of it counts as none."""


@dataclass(frozen=True, slots=True)
class Steady:
    """ttfb_s: seconds to the first content, None while the route is quick. error_rate: share of failures, 0 to 1, None
    before anything is known."""

    ttfb_s: float | None = None
    error_rate: float | None = None


UNKNOWN = Steady()


def steadied(before: Steady, ttfb_s: float | None, error_rate: float | None) -> Steady:
    """What scores go by after the averages became these. `before` itself while nothing has moved for good."""
    seconds, errors = before.ttfb_s, before.error_rate
    if ttfb_s is not None:
        taken, known = max(ttfb_s, QUICK_S), QUICK_S if seconds is None else seconds
        if not known / FACTOR < taken < known * FACTOR:
            seconds = taken if taken > QUICK_S else None
    if error_rate is not None:
        if errors is None or abs(error_rate - errors) >= STEP:
            errors = error_rate
        if error_rate < STEP / 10:
            errors = 0.0
    if seconds == before.ttfb_s and errors == before.error_rate:
        return before
    return Steady(seconds, errors)
