"""What is learned of how models count: it converges, it is bounded, it costs nothing."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.engine.token_book import (
    EAGER,
    EVERY_S,
    FAMILIES,
    LEAST,
    MOST,
    NEW,
    SILENT_S,
    Calibration,
    TokenBook,
    error_of,
    seen,
)

amounts = st.floats(1, 1e7)


def after(ratio: float, times: int, before: Calibration = NEW) -> Calibration:
    for _ in range(times):
        before = seen(before, 1_000, 1_000 * ratio)
    return before


@pytest.mark.parametrize("ratio", [0.5, 0.8, 1.0, 1.3, 2.0])
def test_it_converges(ratio: float) -> None:
    assert after(ratio, 1).ratio == pytest.approx(ratio**0.5), "the first observation moves half of the way"
    assert after(ratio, 20).ratio == pytest.approx(ratio, rel=0.05)
    assert after(ratio, 200).ratio == pytest.approx(ratio, rel=0.001)


def test_it_follows_a_new_tokenizer() -> None:
    """Of the same name, after a thousand answers of the old one."""
    moved = after(1.35, 60, after(1.0, 1_000))
    assert moved.ratio == pytest.approx(1.35, rel=0.03)


def test_twice_and_half_cancel_out() -> None:
    calibration = NEW
    for _ in range(200):
        calibration = seen(seen(calibration, 1_000, 2_000), 1_000, 500)
    assert log(calibration.ratio) == pytest.approx(0, abs=0.05)


def test_one_odd_answer_changes_little() -> None:
    assert seen(after(1.2, 100), 1_000, 1e9).ratio == pytest.approx(1.2, rel=0.06)


def test_the_error_is_that_of_calibrated_estimates() -> None:
    first = seen(NEW, 1_000, 1_250)
    assert first.error == pytest.approx(0.2)
    assert after(1.25, 200).error == pytest.approx(0, abs=0.001)


def test_errors_have_a_sign() -> None:
    assert error_of(120, 100) == pytest.approx(0.2)
    assert error_of(80, 100) == pytest.approx(-0.2)


@given(st.lists(st.tuples(amounts, amounts), max_size=30))
def test_a_ratio_never_leaves_its_bounds(observations: list[tuple[float, float]]) -> None:
    calibration = NEW
    for estimated, reported in observations:
        calibration = seen(calibration, estimated, reported)
        assert LEAST <= calibration.ratio <= MOST
        assert calibration.error is not None
        assert calibration.error >= 0
    assert calibration.observed == len(observations)


def test_a_new_book_knows_nothing() -> None:
    book = TokenBook()
    assert (book.ratio("a"), book.rough_ratio("a"), dict(book.families())) == (1.0, 1.0, {})


def test_families_are_apart_and_so_are_the_two_estimates() -> None:
    book = TokenBook()
    for _ in range(50):
        book.learn("a", 1_000, 1_300)
        book.learn_rough("b", 1_000, 700)
    assert book.ratio("a") == pytest.approx(1.3, rel=0.02)
    assert book.rough_ratio("b") == pytest.approx(0.7, rel=0.02)
    assert (book.ratio("b"), book.rough_ratio("a")) == (1.0, 1.0)


@pytest.mark.parametrize(("estimated", "reported"), [(0, 100), (63, 100), (1_000, 0), (1_000, -5), (-1, -1)])
def test_small_and_impossible_ones_are_not_learned_from(estimated: int, reported: int) -> None:
    book = TokenBook()
    book.learn("a", estimated, reported)
    book.learn_rough("a", estimated, reported)
    assert (book.ratio("a"), book.rough_ratio("a")) == (1.0, 1.0)


def test_it_is_bounded_and_keeps_what_was_seen_last() -> None:
    book = TokenBook()
    for number in range(FAMILIES * 3):
        book.wants(f"f{number}", 0.0)
        book.learn(f"f{number}", 1_000, 1_500)
        book.learn("often", 1_000, 1_500)
    families = book.families()
    assert len(families) == FAMILIES
    assert "often" in families
    assert f"f{FAMILIES * 3 - 1}" in families
    assert "f0" not in families
    assert book.ratio("often") == pytest.approx(1.5, rel=0.01)


def test_the_full_estimate_is_made_eagerly_at_first_and_seldom_later() -> None:
    book = TokenBook()
    for _ in range(EAGER):
        assert book.wants("a", 0.0)
        book.learn("a", 1_000, 1_000)
    assert not book.wants("a", 0.1)
    assert not book.wants("a", EVERY_S - 0.1)
    assert book.wants("a", EVERY_S + 0.1)
    assert not book.wants("a", EVERY_S + 0.2)
    assert book.wants("b", EVERY_S + 0.2)


def test_what_cannot_be_learned_from_is_not_looked_at_for_ever() -> None:
    """A hundred tiny requests a second are no reason for a hundred estimates."""
    book = TokenBook()
    looked = 0
    for number in range(100):
        if book.wants("tiny", number / 100):
            looked += 1
            book.learn("tiny", 10, 12)
    assert looked <= EAGER


def test_an_endpoint_that_does_not_answer_is_left_alone_for_a_while() -> None:
    book = TokenBook()
    book.silent("p", "gemini", 100.0)
    assert book.is_silent("p", "gemini", 100.0 + SILENT_S - 1)
    assert not book.is_silent("p", "gemini", 100.0 + SILENT_S)
    assert not book.is_silent("p", "anthropic_messages", 100.0)
    assert not book.is_silent("q", "gemini", 100.0)
