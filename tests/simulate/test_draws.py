"""Chance from keys."""

from collections import Counter

from simulate.draws import around, mixed, seconds, uniform


def test_the_first_number_of_splitmix64() -> None:
    # The reference generator's first output from state 0 (Steele, Lea, Flood 2014; its published test value).
    assert mixed(0) == 0xE220A8397B1DCDAF


def test_the_same_keys_give_the_same_numbers_on_every_python() -> None:
    assert mixed(1, 2, 3) == 0xD0734750FDE362B3
    assert uniform(1, 2, 3) == 0.814259011529328
    assert [seconds(around(1.0, 0.2, 9, number)) for number in range(3)] == [1.540661, 0.910701, 0.947324]


def test_order_and_number_of_keys_matter() -> None:
    assert len({mixed(1, 2), mixed(2, 1), mixed(1), mixed(1, 2, 0)}) == 4


def test_draws_are_even() -> None:
    tenths = Counter(int(10 * uniform(5, number)) for number in range(20_000))
    assert sorted(tenths) == list(range(10))
    assert all(1_800 < count < 2_200 for count in tenths.values())


def test_durations_are_around_their_median_and_have_a_tail() -> None:
    drawn = sorted(around(1.0, 0.2, 3, number) for number in range(10_000))
    assert 0.98 < drawn[5_000] < 1.02
    assert 1.7 < drawn[9_500] < 1.9, "19 ** 0.2 = 1.80"
