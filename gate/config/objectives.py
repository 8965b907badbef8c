"""Service level objectives as an operator declares them. Gate itself does not act on them: `gate slo rules` turns them
into Prometheus rules (gate/cli/burn_rates.py).

What can be measured, and by which names it can be told apart, is what the metrics of the registry carry; a wish beyond
that is refused here, with what is possible instead.
"""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gate.config.section import Section
from gate.core.request import ClientProfile

BOUNDARIES_S = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 180, 300, 600, 900)
"""Seconds that the histograms can tell apart: `long_seconds` of the telemetry registry, which this ring cannot import
(tests/config/test_objectives.py compares the two)."""


class Measure(StrEnum):
    """What counts as a good event.

    availability: a request that was served; with `providers`, an upstream call that served. latency: one of them that
    ended within `within_s`. first_chunk: a stream whose first content came within `within_s`.
    """

    AVAILABILITY = "availability"
    LATENCY = "latency"
    FIRST_CHUNK = "first_chunk"


SELECTORS: dict[Measure, tuple[str, ...]] = {
    Measure.AVAILABILITY: ("intents", "clients", "providers"),
    Measure.LATENCY: ("intents", "clients", "providers"),
    Measure.FIRST_CHUNK: ("intents", "lanes", "providers"),
}
"""By which names each measure can be told apart. A request that failed has no lane."""


class Objective(Section):
    """What is promised, of which requests, over how long. `gate slo rules` writes its Prometheus rules."""

    name: str = Field(
        pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$",
        description="Lower case, digits, hyphens; a label of its alerts.",
    )
    measure: Measure = Field(
        description="availability: served. latency: served within within_s. first_chunk: first content within it."
    )
    within_s: float | None = Field(default=None, description="Seconds; one of the histogram's bucket boundaries.")
    intents: tuple[str, ...] = Field(default=(), description="Only requests with these intents.")
    lanes: tuple[str, ...] = Field(default=(), description="Only streams served by these lanes; first_chunk only.")
    providers: tuple[str, ...] = Field(default=(), description="Upstream calls to these providers, not requests.")
    clients: tuple[ClientProfile, ...] = Field(default=(), description="Only requests of these client profiles.")
    target: float = Field(ge=50, lt=100, description="Percent of events that are to be good, such as 99.5.")
    window: str = Field(default="30d", pattern=r"^\d+d$", description="Days over which that holds, 7d to 90d.")
    min_events: int = Field(default=100, ge=1, description="No alert with fewer events in its longer window.")

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not 7 <= self.window_days <= 90:
            raise _refused("window: from 7d to 90d")
        if self.measure is Measure.AVAILABILITY and self.within_s is not None:
            raise _refused("within_s: availability has no time; leave it out, or measure latency or first_chunk")
        if self.measure is not Measure.AVAILABILITY and self.within_s not in BOUNDARIES_S:
            known = ", ".join(f"{boundary:g}" for boundary in BOUNDARIES_S)
            raise _refused(f"within_s: give one of the histogram's bucket boundaries: {known}")
        possible = SELECTORS[self.measure]
        for selector in self.selected:
            if selector not in possible:
                raise _refused(f"{selector}: {self.measure} is known by {', '.join(possible)} only")
        if len(self.selected) > 1 and self.selected != ("intents", "lanes"):
            raise _refused(f"{self.selected[1]}: not together with {self.selected[0]}: no metric has both")
        return self

    @property
    def window_days(self) -> int:
        return int(self.window[:-1])

    @property
    def budget(self) -> float:
        """The part of events that may be bad, 0 to 1."""
        # Rounded: 1 - 0.995 is 0.0050000000000000044.
        return round(1 - self.target / 100, 10)

    @property
    def selected(self) -> tuple[str, ...]:
        """The selectors that are given."""
        return tuple(name for name in ("intents", "lanes", "providers", "clients") if getattr(self, name))


def _refused(text: str) -> PydanticCustomError:
    return PydanticCustomError("objective", "{text}", {"text": text})
