"""gate.server.restart: at once, then later and later, never later than the bound."""

from hypothesis import given
from hypothesis import strategies as st

from gate.server.restart import LONGEST_DELAY_S, STEADY_S, Backoff


def test_one_killed_worker_is_replaced_at_once():
    assert Backoff().after_death(lived_s=1000)[1] == 0
    assert Backoff().after_death(lived_s=0.1)[1] == 0


def test_a_worker_that_dies_at_each_start_waits_longer_each_time():
    backoff, delays = Backoff(), []
    for _ in range(9):
        backoff, delay = backoff.after_death(lived_s=0.1)
        delays.append(delay)
    assert delays == [0, 0.25, 0.5, 1, 2, 4, 8, 10, 10]


@given(st.lists(st.floats(0, 1e6), max_size=50))
def test_the_delay_is_bounded_and_a_steady_life_forgets(lives):
    backoff = Backoff()
    for lived in lives:
        before = backoff.failures
        backoff, delay = backoff.after_death(lived)
        assert 0 <= delay <= LONGEST_DELAY_S
        assert backoff.failures == (1 if lived >= STEADY_S else before + 1)
        assert delay == 0 or lived < STEADY_S


def test_no_number_of_failures_is_too_large():
    assert Backoff(10**6).after_death(0)[1] == LONGEST_DELAY_S
