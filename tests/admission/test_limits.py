"""Room for one more."""

import pytest

from gate.admission.limits import Room, RoomLimits, decide


@pytest.mark.parametrize(
    ("in_flight", "queued", "expected"),
    [
        (0, 0, Room.ADMIT),
        (9, 0, Room.ADMIT),
        (10, 0, Room.QUEUE),
        (10, 1, Room.QUEUE),
        (10, 2, Room.REJECT),
        (9, 1, Room.QUEUE),  # nobody overtakes
        (9, 2, Room.REJECT),
    ],
)
def test_decide(in_flight: int, queued: int, expected: Room) -> None:
    assert decide(in_flight, queued, RoomLimits(10, 2)) is expected


def test_without_a_queue() -> None:
    assert decide(10, 0, RoomLimits(10, 0)) is Room.REJECT
    assert decide(0, 0, RoomLimits(1, 0)) is Room.ADMIT
