"""Time as an input. Ring 1 takes plain numbers; the rings above take a `Clock`."""

from typing import Protocol


class Clock(Protocol):
    def monotonic(self) -> float:
        """Seconds on a clock that never goes back; only differences mean something."""
        ...

    def time_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""
        ...
