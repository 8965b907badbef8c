"""When a breaker opens, and for how long."""

import pytest

from gate.health.breaker import DEFAULT_BREAKER, open_seconds, should_open
from gate.health.window import Window


@pytest.mark.parametrize(
    ("consecutive", "good", "bad", "opens"),
    [
        (4, 0, 4, False),
        (5, 0, 5, True),
        (1, 10, 9, False),  # 19 calls are too few to speak of a rate
        (1, 10, 10, True),
        (1, 11, 10, False),
    ],
)
def test_should_open(consecutive: int, good: int, bad: int, opens: bool) -> None:
    assert should_open(consecutive, Window(0.0, good, bad), DEFAULT_BREAKER) is opens


def test_open_time_doubles_up_to_its_bound() -> None:
    assert [open_seconds(count, DEFAULT_BREAKER) for count in (1, 2, 3, 4, 5, 6)] == [30, 60, 120, 240, 300, 300]
    assert open_seconds(10_000, DEFAULT_BREAKER) == 300
