"""Where a client's session was served before: what stickiness and prompt-cache affinity go by."""

from dataclasses import dataclass
from enum import StrEnum


class Stickiness(StrEnum):
    """What became of a session's binding in a plan. new: the session was not known. kept: the plan starts with the
    route that served it before. moved: it starts elsewhere, because that route is out or pressed."""

    NEW = "new"
    KEPT = "kept"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Binding:
    """The route that served a session last. at: seconds on the caller's monotonic clock. cached_tokens: input tokens
    its provider holds in its prompt cache for the session, as far as its last answer told; None = not reported."""

    route: str
    lane: str
    at: float
    cached_tokens: int | None = None
