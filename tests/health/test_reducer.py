"""How health changes, with a clock that the test moves by hand."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.health.breaker import DEFAULT_BREAKER as SETTINGS
from gate.health.reducer import answered, ended, failed, started, succeeded, verdict_changed
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
    assert health.open_for(9.0) == 10.0


def test_a_success_in_between_starts_the_count_again() -> None:
    health = attempt(broken(4), 10.0)
    assert (health.consecutive, health.last_failure) == (0, None)
    assert attempt(health, 12.0, BROKEN).state is BreakerState.CLOSED


def half_broken() -> RouteHealth:
    """Every other attempt fails, until the breaker opens by the share of failures: at the tenth, which ends at 4.6."""
    health = HEALTHY
    for count in range(10):
        health = attempt(health, count * 0.5, BROKEN if count % 2 else None, took=0.1)
    return health


def test_a_high_share_of_failures_opens_it_without_a_row() -> None:
    health = HEALTHY
    for count in range(9):
        health = attempt(health, count * 0.5, BROKEN if count % 2 else None, took=0.1)
        assert health.state is BreakerState.CLOSED
    health = half_broken()
    assert (health.state, health.openings, health.open_for(4.6)) == (BreakerState.OPEN, 1, 10.0)


def gone() -> RouteHealth:
    """Five failures in a row, and seven probes that failed as well; the last one ended at 81."""
    health = broken(5)
    for count in range(7):
        health = attempt(health, 20.0 + 10 * count + (count > 0), BROKEN, took=0.0 if count else 1.0)
    return health


def test_one_answer_closes_the_breaker_of_a_route_that_was_gone() -> None:
    health = gone()
    probing = started(health, 81.0 + 11.0, SETTINGS)
    assert (probing.state, probing.probing) == (BreakerState.HALF_OPEN, True)
    assert probing.probe_under_way(93.0)
    closed = attempt(health, 92.0)
    assert (closed.state, closed.probing, closed.consecutive) == (BreakerState.CLOSED, False, 0)
    assert (closed.cooldown, closed.pressed_at, closed.window.calls) == (None, None, 1)


def test_a_route_that_failed_in_part_has_to_answer_ten_times_one_by_one() -> None:
    health = half_broken()
    for count in range(9):
        probing = started(health, 20.0 + count, SETTINGS)
        assert (probing.state, probing.probing) == (BreakerState.HALF_OPEN, True), "each of them alone"
        health = attempt(health, 20.0 + count, took=0.5)
        assert (health.state, health.proofs, health.probing) == (BreakerState.HALF_OPEN, count + 1, False)
    assert attempt(health, 30.0).state is BreakerState.CLOSED
    again = attempt(health, 30.0, BROKEN)
    assert (again.state, again.proofs, again.consecutive, again.openings) == (BreakerState.OPEN, 0, 1, 2)
    assert again.open_for(31.0) == 20.0, "it was nearly believed"


def test_a_route_that_is_gone_is_looked_at_again_all_the_time_where_that_is_quick() -> None:
    health = gone()
    for count in range(6):
        health = attempt(health, 95.0 + 15 * count, BROKEN)
        assert (health.state, health.openings, health.open_for(96.0 + 15 * count)) == (BreakerState.OPEN, 1, 10.0)


def test_a_probe_that_takes_long_is_made_seldom() -> None:
    health = attempt(broken(5), 20.0, BROKEN, took=10.0)
    assert health.open_for(30.0) == 100.0


def test_a_breaker_that_opens_again_soon_stays_open_for_twice_as_long() -> None:
    health = attempt(gone(), 92.0)
    assert health.state is BreakerState.CLOSED
    for count in range(5):
        health = attempt(health, 100.0 + count, BROKEN)
    assert (health.state, health.openings, health.open_for(105.0)) == (BreakerState.OPEN, 2, 20.0)
    calm = attempt(gone(), 92.0)
    for count in range(5):
        calm = attempt(calm, 500.0 + count, BROKEN)
    assert (calm.openings, calm.open_for(505.0)) == (1, 10.0), "long afterwards it is another story"


def test_a_model_that_is_not_there_is_asked_less_and_less() -> None:
    health, now, waits = HEALTHY, 0.0, list[float]()
    for _ in range(6):
        health = attempt(health, now, Failure(FailureKind.MODEL_UNAVAILABLE, status=404), took=0.5)
        waits.append(health.open_for(now + 0.5))
        now += 0.5 + waits[-1]
    assert waits == [10.0, 20.0, 40.0, 40.0, 40.0, 40.0]


def test_an_attempt_before_the_open_time_is_over_is_no_probe_but_may_close_it() -> None:
    health = started(broken(5), 12.0, SETTINGS)
    assert (health.state, health.probing) == (BreakerState.OPEN, False)
    assert attempt(broken(5), 12.0, BROKEN).open_for(13.0) == broken(5).open_for(13.0)
    assert attempt(gone(), 82.0).state is BreakerState.CLOSED
    chance = attempt(broken(5), 12.0)
    assert (chance.state, chance.consecutive) == (BreakerState.OPEN, 0), "it answers now and then"


def test_an_old_stream_that_ends_well_does_not_close_what_opened_after_its_start() -> None:
    began_before = AttemptRecord(0, "p/m", "p", "m", "lane", Relation.PRIMARY, started_s=0.0, ended_s=600.0)
    health = ended(broken(5), began_before, 20.0, SETTINGS)
    assert health.state is BreakerState.OPEN
    cooling = failed(HEALTHY, Failure(FailureKind.RATE_LIMITED, retry_after_s=60), 10.0, SETTINGS, began=9.0)
    assert succeeded(cooling, 1.0, 20.0, SETTINGS, began=5.0).cooling_for(20.0) == 50.0
    assert succeeded(cooling, 1.0, 20.0, SETTINGS, began=15.0).cooling_for(20.0) == 0.0


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
    limits = kind in (FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED)  # answered by cooldowns
    assert (health.state is BreakerState.OPEN) is (RULES[kind].blame == "route" and not limits)
    assert health.in_flight == 0


@pytest.mark.parametrize("kind", list(FailureKind))
def test_an_own_credential_never_counts_against_the_shared_breaker(kind: FailureKind) -> None:
    health = HEALTHY
    for count in range(10):
        failure = Failure(kind, retry_after_s=30.0)
        began = float(count)
        health = failed(started(health, began, SETTINGS), failure, began, SETTINGS, began=began, own_credential=True)
    assert (health.state, health.cooldown) == (BreakerState.CLOSED, None)
    assert (health.consecutive, health.error_rate, health.auth_failure) == (0, None, None)


def test_retry_after_cools_down_and_is_bounded() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=20.0)
    health = failed(HEALTHY, limited, 100.0, SETTINGS, began=99.0)
    assert health.cooling_for(100.0) == 20.0
    health = failed(health, replace(limited, retry_after_s=5.0), 101.0, SETTINGS, began=100.0)
    assert health.cooling_for(101.0) == 19.0, "a shorter wish does not shorten a longer one"
    health = failed(health, replace(limited, retry_after_s=86_400.0), 102.0, SETTINGS, began=101.0)
    assert health.cooling_for(102.0) == SETTINGS.cooldown_max_s
    assert failed(HEALTHY, BROKEN, 100.0, SETTINGS, began=99.0).cooldown is None


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
            assert health.consecutive == 0
        else:
            health = failed(health, Failure(kind, retry_after_s=1e9), now, SETTINGS, began=began, own_credential=own)
        assert health.in_flight == 0
        assert health.open_for(now) <= SETTINGS.open_max_s + 1e-6
        assert health.cooling_for(now) <= SETTINGS.cooldown_max_s + 1e-6
        assert not health.probing, "nothing is under way"
        assert health.state is BreakerState.CLOSED or health.openings > 0
        assert (health.proofs > 0) <= (health.state is BreakerState.HALF_OPEN)
        assert health.error_rate is None or 0.0 <= health.error_rate <= 1.0


def test_a_route_that_was_gone_is_back_with_its_first_content() -> None:
    down = broken(12)
    health = started(down, 400.0, SETTINGS)
    assert health.state is BreakerState.HALF_OPEN
    back = answered(health, 400.0, SETTINGS)
    assert (back.state, back.probing, back.in_flight) == (BreakerState.CLOSED, False, 1)
    assert answered(health, 1.0, SETTINGS) is health, "what began before it opened proves nothing"
    assert answered(back, 400.0, SETTINGS) is back


def test_a_route_that_failed_in_part_has_to_answer_more_than_once() -> None:
    in_part = replace(broken(9), consecutive=1)
    health = started(in_part, 400.0, SETTINGS)
    assert answered(health, 400.0, SETTINGS) is health
