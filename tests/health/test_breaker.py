"""When a breaker opens, and for how long."""

import pytest

from gate.core.failure import FailureKind
from gate.health.breaker import DEFAULT_BREAKER, is_gone, open_seconds, should_open, too_soon
from gate.health.window import EMPTY_WINDOW, Window


@pytest.mark.parametrize(
    ("consecutive", "good", "bad", "opens"),
    [
        (4, 0, 4, False),
        (5, 0, 5, True),
        (1, 6, 3, False),  # 9 calls are too few to speak of a rate
        (1, 7, 3, True),
        (1, 8, 3, False),
    ],
)
def test_should_open(consecutive: int, good: int, bad: int, opens: bool) -> None:
    assert should_open(FailureKind.SERVER_ERROR, consecutive, Window(0.0, good, bad), DEFAULT_BREAKER) is opens


@pytest.mark.parametrize("kind", [FailureKind.MODEL_UNAVAILABLE, FailureKind.ENDPOINT_MISMATCH])
def test_a_model_or_an_address_that_is_not_there_opens_at_once(kind: FailureKind) -> None:
    assert should_open(kind, 1, EMPTY_WINDOW, DEFAULT_BREAKER)


def test_open_time_doubles_with_every_closing_that_came_too_soon() -> None:
    assert [open_seconds(count, 0.2, DEFAULT_BREAKER) for count in (1, 2, 3, 4, 5, 6)] == [10, 20, 40, 40, 40, 40]
    assert open_seconds(10_000, 0.2, DEFAULT_BREAKER) == 40


def test_open_time_is_at_least_what_looking_again_costs() -> None:
    assert [open_seconds(1, took, DEFAULT_BREAKER) for took in (0.5, 1.0, 10.0, 120.0)] == [10, 10, 100, 300]
    assert open_seconds(3, 3.0, DEFAULT_BREAKER) == 40, "the longer of the two"


def test_a_breaker_that_opens_soon_after_its_last_open_time_was_closed_too_soon() -> None:
    assert [too_soon(until, 1_000.0, DEFAULT_BREAKER) for until in (None, 699.9, 700.0, 1_005.0)] == [
        False,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("consecutive", "last", "gone"),
    [
        (11, FailureKind.SERVER_ERROR, False),  # a route that fails in part may do that
        (12, FailureKind.SERVER_ERROR, True),
        (1, FailureKind.MODEL_UNAVAILABLE, True),
        (0, None, False),
    ],
)
def test_gone_or_failing_in_part(consecutive: int, last: FailureKind | None, gone: bool) -> None:
    assert is_gone(consecutive, last, DEFAULT_BREAKER) is gone
