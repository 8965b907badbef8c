"""Outcomes of about the last N seconds in constant space: two halves, the older one dropped when the newer is full.

A window of 30 s therefore covers between 15 and 30 seconds, which is all a breaker needs.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Window:
    """started: when the current half began (seconds, the caller's clock). good, bad: outcomes of the current half;
    old_good, old_bad: of the half before."""

    started: float = float("-inf")
    good: int = 0
    bad: int = 0
    old_good: int = 0
    old_bad: int = 0

    @property
    def calls(self) -> int:
        return self.good + self.bad + self.old_good + self.old_bad

    @property
    def failures(self) -> int:
        return self.bad + self.old_bad

    @property
    def rate(self) -> float | None:
        """Failures per call, None without calls."""
        return self.failures / self.calls if self.calls else None


EMPTY_WINDOW = Window()


def counted(window: Window, now: float, length_s: float, *, failed: bool) -> Window:
    """The window with one more outcome at `now`; what is older than `length_s` is forgotten."""
    age = now - window.started
    half = length_s / 2
    good, bad = (0, 1) if failed else (1, 0)
    if age < half:
        return Window(window.started, window.good + good, window.bad + bad, window.old_good, window.old_bad)
    if age < length_s:
        return Window(window.started + half, good, bad, window.good, window.bad)
    return Window(now, good, bad)
