"""How long something that met a rate limit is left alone."""

from gate.core.failure import Failure, FailureKind
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.cooldown import Cooldown, cooled

LIMITED = Failure(FailureKind.RATE_LIMITED)


def test_without_a_word_it_begins_short() -> None:
    assert cooled(None, LIMITED, 100.0, DEFAULT_BREAKER) == Cooldown(105.0, 5.0, 0)


def test_a_limit_met_again_at_once_doubles_the_wait_up_to_its_bound() -> None:
    now, cooldown, waits = 0.0, None, []
    for _ in range(6):
        cooldown = cooled(cooldown, LIMITED, now, DEFAULT_BREAKER)
        assert cooldown is not None
        waits.append(cooldown.wait_s)
        now = cooldown.until + 1.0
    assert waits == [5, 10, 20, 40, 60, 60]


def test_success_in_between_does_not_make_it_forget() -> None:
    first = cooled(None, LIMITED, 0.0, DEFAULT_BREAKER)
    assert first is not None
    again = cooled(first.over(6.0), LIMITED, 8.0, DEFAULT_BREAKER)
    assert again == Cooldown(18.0, 10.0, 1)


def test_a_long_quiet_time_does() -> None:
    before = Cooldown(100.0, 20.0, 2)
    assert cooled(before, LIMITED, 141.0, DEFAULT_BREAKER) == Cooldown(146.0, 5.0, 0)


def test_what_was_on_its_way_when_the_limit_was_met_is_no_news() -> None:
    before = Cooldown(105.0, 5.0)
    assert cooled(before, LIMITED, 101.0, DEFAULT_BREAKER) is before


def test_a_told_wait_counts_as_told_and_is_bounded() -> None:
    told = Failure(FailureKind.OVERLOADED, retry_after_s=17.0)
    assert cooled(None, told, 0.0, DEFAULT_BREAKER) == Cooldown(17.0, 17.0)
    for_days = Failure(FailureKind.RATE_LIMITED, retry_after_s=1e6)
    assert cooled(None, for_days, 0.0, DEFAULT_BREAKER) == Cooldown(300.0, 300.0)
    longer = Cooldown(50.0, 50.0)
    assert cooled(longer, told, 0.0, DEFAULT_BREAKER) is longer


def test_other_failures_cool_nothing() -> None:
    assert cooled(None, Failure(FailureKind.SERVER_ERROR), 0.0, DEFAULT_BREAKER) is None


def test_an_answer_ends_it_at_once() -> None:
    assert Cooldown(100.0, 60.0, 3).over(50.0) == Cooldown(50.0, 60.0, 3)
    past = Cooldown(40.0, 5.0)
    assert past.over(50.0) is past
