"""Prompt caches, and what it costs when they are elsewhere."""

from simulate.caches import PromptCaches, lost, usage
from simulate.setting import usd
from simulate.traffic import Turn

FIRST = Turn(0, 0.0, "coding", 1, 0, 10_000, 300)
SECOND = Turn(1, 20.0, "coding", 1, 10_300, 1_000, 300)


def test_a_turn_finds_what_its_session_left_at_the_route() -> None:
    caches = PromptCaches()
    caches.keep(FIRST, "a", 1.0)
    assert caches.held(SECOND, "a", 20.0) == 10_000
    assert caches.held(SECOND, "b", 20.0) == 0
    assert caches.best(SECOND, 20.0) == 10_000
    assert caches.held(Turn(2, 20.0, "coding", 2, 10_300, 1, 1), "a", 20.0) == 0, "another session"


def test_a_cache_is_gone_five_minutes_after_its_last_use() -> None:
    caches = PromptCaches()
    caches.keep(FIRST, "a", 0.0)
    assert (caches.held(SECOND, "a", 299.9), caches.held(SECOND, "a", 300.0)) == (10_000, 0)
    caches.keep(SECOND, "a", 200.0)
    assert caches.held(Turn(2, 400.0, "coding", 1, 11_600, 1, 1), "a", 400.0) == 11_300


def test_single_requests_have_no_cache() -> None:
    caches = PromptCaches()
    alone = Turn(0, 0.0, "batch", None, 0, 1_000, 10)
    caches.keep(alone, "a", 0.0)
    assert (caches.held(alone, "a", 1.0), caches.best(alone, 1.0)) == (0, 0)
    assert usage(alone, 0).cache_write == 0


def test_what_a_provider_reports() -> None:
    told = usage(SECOND, 10_000)
    assert (told.input, told.output, told.cache_read, told.cache_write) == (11_300, 300, 10_000, 1_300)


def test_a_lost_cache_costs_the_difference_between_writing_and_reading() -> None:
    prices = usd(3.0, 15.0)  # written for 3.75, read for 0.30 USD per million
    assert lost(0, 10_000, prices) == 10_000 * 3_450_000
    assert lost(10_000, 10_000, prices) == 0
