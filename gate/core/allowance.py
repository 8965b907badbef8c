"""What an upstream says is left of its limits, as read from the headers of one answer."""

from dataclasses import dataclass
from enum import StrEnum


class AllowanceKind(StrEnum):
    """What is limited. Some vendors count input and output tokens apart, beside `tokens` or in its place."""

    REQUESTS = "requests"
    TOKENS = "tokens"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"


@dataclass(frozen=True, slots=True)
class Allowance:
    """One limit. limit, remaining: in its own unit. resets_in_s: seconds from the answer until it is whole again (or,
    where a vendor says so, until the next unit of it is there). None = not told."""

    kind: AllowanceKind
    limit: float | None = None
    remaining: float | None = None
    resets_in_s: float | None = None

    @property
    def left(self) -> float | None:
        """The part that is left, 0 to 1; None when it cannot be told."""
        if self.remaining is None or not self.limit or self.limit < 0:
            return None
        return min(1.0, max(0.0, self.remaining / self.limit))
