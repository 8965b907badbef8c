"""When a dead worker is started again. Pure: the time is an input."""

from dataclasses import dataclass

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 10.0
STEADY_S = 30.0
"""A worker that lived so long had started well; what killed it is a new story."""


@dataclass(frozen=True, slots=True)
class Backoff:
    """failures: deaths in a row, each soon after its start."""

    failures: int = 0

    def after_death(self, lived_s: float) -> tuple["Backoff", float]:
        """The backoff from now on, and the seconds to wait: none after the first death, so that one killed worker is
        replaced at once, then doubling up to a bound, so that one that dies at each start does not eat the machine."""
        failures = 1 if lived_s >= STEADY_S else self.failures + 1
        if failures == 1:
            return Backoff(failures), 0.0
        return Backoff(failures), min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - 2, 16))
