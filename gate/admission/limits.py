"""Whether there is room for one more request: run it, let it wait its turn, or refuse it."""

from dataclasses import dataclass
from enum import StrEnum


class Room(StrEnum):
    ADMIT = "admit"
    QUEUE = "queue"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class RoomLimits:
    """in_flight: requests that run at once. queue: requests that may wait."""

    in_flight: int
    queue: int


def decide(in_flight: int, queued: int, limits: RoomLimits) -> Room:
    """What to do with a request that arrives while so many run and wait. Nobody overtakes those who wait already."""
    if in_flight < limits.in_flight and queued == 0:
        return Room.ADMIT
    return Room.QUEUE if queued < limits.queue else Room.REJECT
