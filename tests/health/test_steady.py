"""Scores follow averages only when these have moved for good."""

from hypothesis import given
from hypothesis import strategies as st

from gate.health.steady import FACTOR, QUICK_S, STEP, UNKNOWN, Steady, steadied


def test_a_slow_or_failing_first_value_counts() -> None:
    assert steadied(UNKNOWN, 4.5, 1.0) == Steady(4.5, 1.0)
    assert steadied(UNKNOWN, None, None) is UNKNOWN


def test_a_quick_route_is_like_one_nothing_is_known_of() -> None:
    assert steadied(UNKNOWN, 0.4, None) is UNKNOWN
    assert steadied(UNKNOWN, 3.9, None) is UNKNOWN, "not yet twice as slow as quick"
    assert steadied(Steady(9.0), 1.0, None) == UNKNOWN


def test_small_moves_change_nothing() -> None:
    before = Steady(6.0, 0.0)
    assert steadied(before, 11.9, 0.25) is before
    assert steadied(before, 3.1, 0.05) is before


def test_large_moves_are_followed() -> None:
    before = Steady(6.0, 0.5)
    assert steadied(before, 12.0, 0.45) == Steady(12.0, 0.5)
    assert steadied(before, 3.0, 0.45) == Steady(3.0, 0.5)
    assert steadied(before, 6.0, 0.2) == Steady(6.0, 0.2)


def test_one_failure_of_many_calls_is_no_move_and_two_of_the_last_few_are() -> None:
    before = Steady(None, 0.0)
    assert steadied(before, 1.0, 0.2) is before
    assert steadied(before, 1.0, 0.36) == Steady(None, 0.36)


def test_a_route_without_failures_is_one_without_failures() -> None:
    assert steadied(Steady(6.0, 0.1), 6.0, 0.01) == Steady(6.0, 0.0)


@given(st.lists(st.tuples(st.floats(0.01, 100), st.floats(0, 1)), max_size=50))
def test_it_never_lags_by_more_than_its_step(values: list[tuple[float, float]]) -> None:
    steady = UNKNOWN
    for seconds, errors in values:
        steady = steadied(steady, seconds, errors)
        assert steady.ttfb_s is None or steady.ttfb_s > QUICK_S
        assert steady.error_rate is not None
        known = QUICK_S if steady.ttfb_s is None else steady.ttfb_s
        assert known / FACTOR <= max(seconds, QUICK_S) <= known * FACTOR
        assert abs(steady.error_rate - errors) < STEP + 1e-9
