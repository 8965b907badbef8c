"""Quantiles of seconds in constant space: counts in buckets a quarter of a doubling wide, of about the last minutes.

Two halves, like the outcome window: the older one is dropped when the newer is full of time. A quantile is therefore
off by at most a fifth of its value, which is enough to compare routes and to show people.
"""

from dataclasses import dataclass
from math import log2

HALF_S = 300.0
"""Seconds a half covers: a quantile speaks of the last five to ten minutes."""
_LEAST_S = 0.001
_PER_DOUBLING = 4
BUCKETS = 80
"""1 ms times 2 ** (80 / 4) is more than seventeen minutes; what is longer counts in the last one."""
_NONE = bytes(BUCKETS)


@dataclass(frozen=True, slots=True)
class Sketch:
    """started: when the current half began. counts, old: one byte per bucket. total, old_total: their sums. When a
    byte is full its half is halved, so that shares stay right."""

    started: float = float("-inf")
    counts: bytes = _NONE
    old: bytes = _NONE
    total: int = 0
    old_total: int = 0

    def quantile(self, q: float) -> float | None:
        """Seconds that a share `q` (0 to 1) stayed within; None without values."""
        total = self.total + self.old_total
        if not total:
            return None
        wanted = q * total
        seen = 0
        for at in range(BUCKETS):
            seen += self.counts[at] + self.old[at]
            if seen and seen >= wanted:
                return _LEAST_S * 2.0 ** ((at + 0.5) / _PER_DOUBLING)
        return _LEAST_S * 2.0 ** (BUCKETS / _PER_DOUBLING)


EMPTY_SKETCH = Sketch()


def noted(sketch: Sketch, seconds: float, now: float) -> Sketch:
    """The sketch with one more value at `now`."""
    at = min(BUCKETS - 1, max(0, int(log2(seconds / _LEAST_S) * _PER_DOUBLING))) if seconds > _LEAST_S else 0
    age = now - sketch.started
    started, counts, old, total, old_total = sketch.started, sketch.counts, sketch.old, sketch.total, sketch.old_total
    if age >= HALF_S:
        recent = age < 2 * HALF_S
        started, old, old_total = now, counts if recent else _NONE, total if recent else 0
        counts, total = _NONE, 0
    if counts[at] == 255:
        counts = bytes(count >> 1 for count in counts)
        total = sum(counts)
    changed = bytearray(counts)
    changed[at] += 1
    return Sketch(started, bytes(changed), old, total + 1, old_total)
