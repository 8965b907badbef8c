"""What is known of a route's traffic and pressure, flat, for people: `GET /gate/v1/routes` and `gate routes --signals`.

Counts, quantiles and spending are of about the last five to ten minutes. Unknown is None.
"""

from typing import Any

from gate.core.money import PICO_PER_USD
from gate.health.sketch import Sketch
from gate.health.snapshot import RouteHealth
from gate.health.traffic import OutcomeClass


def signals_of(health: RouteHealth, now: float) -> dict[str, Any]:
    """JSON-able. now: seconds on the clock of `health`. outcomes: by class, those that happened. first_s: until the
    first content, took_s: until the end. *_for_s: how long it is still left alone."""
    traffic, group = health.traffic, health.group
    outcomes = {outcome.value: traffic.count(outcome) for outcome in OutcomeClass}
    return {
        "in_flight": health.in_flight,
        "outcomes": {outcome: count for outcome, count in outcomes.items() if count},
        "error_rate": health.error_rate,
        "first_s": _quantiles(traffic.first),
        "took_s": _quantiles(traffic.took),
        "usd_per_hour": traffic.spend_rate(now) * 3_600 / PICO_PER_USD,
        "open_for_s": health.open_for(now),
        "cooling_for_s": max(health.cooling_for(now), group.cooling_for(now)),
        "account_shut_for_s": group.exhausted_for(now),
        "account_shut_by": None if group.by is None else group.by.value,
        "low_allowance": health.low or group.low,
        "last_failure": None if health.last_failure is None else health.last_failure.value,
    }


def _quantiles(sketch: Sketch) -> dict[str, float | None]:
    return {"p50": sketch.quantile(0.5), "p95": sketch.quantile(0.95)}
