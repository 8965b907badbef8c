"""How health changes, with a clock that the test moves by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.health.breaker import DEFAULT_BREAKER as SETTINGS
from gate.health.reducer import ended, failed, started, succeeded, verdict_changed
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth

BROKEN = Failure(FailureKind.SERVER_ERROR, status=500)


def attempt(health: RouteHealth, now: float, failure: Failure | None = None, *, took: float = 1.0) -> RouteHealth:
    """One attempt that started at `now` and took so long."""
    record = AttemptRecord(
        0, "p/m", "p", "m", "lane", Relation.PRIMARY, started_s=5.0, ended_s=5.0 + took, failure=failure
    )
    return ended(started(health, now, SETTINGS), record, now + took, SETTINGS)


def broken(times: int, *, start: float = 0.0) -> RouteHealth:
    health = HEALTHY
    for count in range(times):
        health = attempt(health, start + count * 2, BROKEN)
    return health


def test_five_failures_in_a_row_open_the_breaker() -> None:
    assert broken(4).state is BreakerState.CLOSED
    health = broken(5)
    assert health.state is BreakerState.OPEN
    assert health.last_failure is FailureKind.SERVER_ERROR
    assert health.consecutive == 5
    assert health.open_for(9.0) == 30.0


def test_a_success_in_between_starts_the_count_again() -> None:
    health = attempt(broken(4), 10.0)
    assert (health.consecutive, health.last_failure) == (0, None)
    assert attempt(health, 12.0, BROKEN).state is BreakerState.CLOSED


def test_a_high_share_of_failures_opens_it_without_a_row() -> None:
    health = HEALTHY
    for count in range(12):
        health = attempt(health, count * 0.5, None if count % 2 else BROKEN, took=0.1)
    assert health.state is BreakerState.CLOSED
    for count in range(12, 21):
        health = attempt(health, count * 0.5, None if count % 2 else BROKEN, took=0.1)
    assert health.state is BreakerState.OPEN


def test_thirty_one_seconds_later_one_probe_closes_it() -> None:
    health = broken(5)
    probing = started(health, 9.0 + 31.0, SETTINGS)
    assert (probing.state, probing.probing) == (BreakerState.HALF_OPEN, True)
    assert probing.probe_under_way(41.0)
    closed = attempt(health, 40.0)
    assert (closed.state, closed.probing, closed.consecutive, closed.openings) == (BreakerState.CLOSED, False, 0, 0)
    assert closed.calm


def test_a_failed_probe_opens_it_for_twice_as_long() -> None:
    health = attempt(broken(5), 40.0, BROKEN)
    assert health.state is BreakerState.OPEN
    assert health.open_for(41.0) == 60.0
    health = attempt(health, 102.0, BROKEN)
    assert health.open_for(103.0) == 120.0


def test_an_attempt_before_the_open_time_is_over_is_no_probe_but_may_close_it() -> None:
    health = started(broken(5), 12.0, SETTINGS)
    assert (health.state, health.probing) == (BreakerState.OPEN, False)
    assert attempt(broken(5), 12.0, BROKEN).open_for(13.0) == broken(5).open_for(13.0)
    assert attempt(broken(5), 12.0).state is BreakerState.CLOSED


def test_an_old_stream_that_ends_well_does_not_close_what_opened_after_its_start() -> None:
    began_before = AttemptRecord(0, "p/m", "p", "m", "lane", Relation.PRIMARY, started_s=0.0, ended_s=600.0)
    health = ended(broken(5), began_before, 20.0, SETTINGS)
    assert health.state is BreakerState.OPEN
    cooling = failed(HEALTHY, Failure(FailureKind.RATE_LIMITED, retry_after_s=60), 10.0, SETTINGS, began=9.0)
    assert succeeded(cooling, 1.0, 20.0, SETTINGS, began=5.0).cooldown_until == 70.0
    assert succeeded(cooling, 1.0, 20.0, SETTINGS, began=15.0).cooldown_until is None


def test_an_attempt_from_before_the_opening_does_not_fail_the_probe() -> None:
    probing = started(broken(5), 40.0, SETTINGS)
    health = failed(probing, BROKEN, 41.0, SETTINGS, began=3.0)
    assert (health.state, health.probing) == (BreakerState.HALF_OPEN, True)


def test_a_client_that_leaves_during_the_probe_makes_room_for_another() -> None:
    health = attempt(broken(5), 40.0, Failure(FailureKind.CLIENT_GONE))
    assert (health.state, health.probing) == (BreakerState.HALF_OPEN, False)
    assert started(health, 42.0, SETTINGS).probing


@pytest.mark.parametrize("kind", list(FailureKind))
def test_only_the_routes_own_failures_count(kind: FailureKind) -> None:
    health = HEALTHY
    for count in range(10):
        health = attempt(health, float(count), Failure(kind), took=0.1)
    assert (health.state is BreakerState.OPEN) is (RULES[kind].blame == "route")
    assert health.in_flight == 0


@pytest.mark.parametrize("kind", list(FailureKind))
def test_an_own_credential_never_counts_against_the_shared_breaker(kind: FailureKind) -> None:
    health = HEALTHY
    for count in range(10):
        failure = Failure(kind, retry_after_s=30.0)
        began = float(count)
        health = failed(started(health, began, SETTINGS), failure, began, SETTINGS, began=began, own_credential=True)
    assert health.calm
    assert (health.consecutive, health.error_rate, health.auth_failure) == (0, None, None)


def test_retry_after_cools_down_and_is_bounded() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=20.0)
    health = failed(HEALTHY, limited, 100.0, SETTINGS, began=99.0)
    assert health.cooling_for(100.0) == 20.0
    health = failed(health, replace(limited, retry_after_s=5.0), 101.0, SETTINGS, began=100.0)
    assert health.cooling_for(101.0) == 19.0, "a shorter wish does not shorten a longer one"
    health = failed(health, replace(limited, retry_after_s=86_400.0), 102.0, SETTINGS, began=101.0)
    assert health.cooling_for(102.0) == SETTINGS.cooldown_max_s
    assert failed(HEALTHY, BROKEN, 100.0, SETTINGS, began=99.0).cooldown_until is None


def test_a_refused_key_is_remembered_until_one_is_accepted() -> None:
    health = attempt(HEALTHY, 0.0, Failure(FailureKind.INVALID_AUTH, status=401))
    assert health.auth_failure is FailureKind.INVALID_AUTH
    assert health.error_rate == 1.0
    assert attempt(health, 5.0).auth_failure is None


def test_averages_begin_with_the_first_value_and_follow_the_newest() -> None:
    health = attempt(HEALTHY, 0.0, took=2.0)
    assert (health.ttfb_s, health.error_rate) == (2.0, 0.0)
    health = attempt(health, 10.0, took=7.0)
    assert health.ttfb_s == pytest.approx(3.0)
    assert attempt(health, 20.0, BROKEN).error_rate == pytest.approx(0.2)


def test_the_first_chunk_of_a_stream_is_its_latency() -> None:
    record = AttemptRecord(
        0, "p/m", "p", "m", "lane", Relation.PRIMARY, started_s=2.0, ended_s=60.0, time_to_first_chunk_s=2.75
    )
    assert ended(started(HEALTHY, 0.0, SETTINGS), record, 58.0, SETTINGS).ttfb_s == 0.75


def test_the_epoch_counts_verdicts_not_averages() -> None:
    fine = attempt(HEALTHY, 0.0)
    assert not verdict_changed(HEALTHY, fine)
    assert not verdict_changed(fine, attempt(fine, 3.0, BROKEN))
    assert verdict_changed(broken(4), broken(5))
    assert verdict_changed(broken(5), started(broken(5), 60.0, SETTINGS))
    cooling = failed(HEALTHY, Failure(FailureKind.OVERLOADED, retry_after_s=3), 1.0, SETTINGS, began=0.0)
    assert verdict_changed(HEALTHY, cooling)


KINDS = st.sampled_from([None, *FailureKind])


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 50), KINDS, st.booleans()), max_size=40))
def test_whatever_happens_the_value_stays_sound(
    events: list[tuple[float, float, FailureKind | None, bool]],
) -> None:
    now, health = 0.0, HEALTHY
    for gap, took, kind, own in events:
        now += gap
        began, health = now, started(health, now, SETTINGS)
        assert health.in_flight == 1
        now += took
        if kind is None:
            health = succeeded(health, took, now, SETTINGS, began=began, own_credential=own)
            assert health.state is BreakerState.CLOSED
        else:
            health = failed(health, Failure(kind, retry_after_s=1e9), now, SETTINGS, began=began, own_credential=own)
        assert health.in_flight == 0
        assert health.open_for(now) <= SETTINGS.open_max_s + 1e-6
        assert health.cooling_for(now) <= SETTINGS.cooldown_max_s + 1e-6
        assert not health.probing, "nothing is under way"
        assert (health.state is BreakerState.CLOSED) == (health.openings == 0)
        assert health.error_rate is None or 0.0 <= health.error_rate <= 1.0
