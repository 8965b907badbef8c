"""What routes of one quota group share."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.failure import Failure, FailureKind
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.cooldown import Cooldown
from gate.health.pressure import (
    ACCOUNT_SHUT,
    NO_PRESSURE,
    GroupPressure,
    group_failed,
    group_read,
    group_served,
    group_started,
)

SPENT = Failure(FailureKind.QUOTA_EXHAUSTED)


def shut(at: float = 100.0) -> GroupPressure:
    return group_failed(NO_PRESSURE, SPENT, at, DEFAULT_BREAKER, began=at - 1, shared=False)


@pytest.mark.parametrize("kind", list(FailureKind))
def test_only_what_concerns_the_account_shuts_it(kind: FailureKind) -> None:
    after = group_failed(NO_PRESSURE, Failure(kind), 100.0, DEFAULT_BREAKER, began=99.0, shared=False)
    if kind in ACCOUNT_SHUT:
        assert (after.exhausted_for(100.0), after.by, after.pressed_at) == (60.0, kind, 100.0)
    else:
        assert after is NO_PRESSURE


def test_a_told_reset_is_believed_up_to_a_bound() -> None:
    told = Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=1_000.0)
    after = group_failed(NO_PRESSURE, told, 0.0, DEFAULT_BREAKER, began=0.0, shared=False)
    assert after.exhausted_for(0.0) == 1_000.0
    days = Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=1e6)
    assert group_failed(NO_PRESSURE, days, 0.0, DEFAULT_BREAKER, began=0.0, shared=False).exhausted_for(0.0) == 3_600.0


def test_one_attempt_probes_a_shut_account() -> None:
    assert group_started(shut(), 159.0, DEFAULT_BREAKER).probing is False
    probing = group_started(shut(), 160.0, DEFAULT_BREAKER)
    assert probing.probe_under_way(161.0)
    assert group_started(probing, 161.0, DEFAULT_BREAKER) is probing
    assert group_served(probing, 162.0, 160.0) is NO_PRESSURE


def test_a_failed_probe_doubles_the_wait() -> None:
    waits = []
    group, now = shut(), 160.0
    for _ in range(8):
        group = group_started(group, now, DEFAULT_BREAKER)
        group = group_failed(group, SPENT, now + 1, DEFAULT_BREAKER, began=now, shared=False)
        waits.append(group.exhausted_for(now + 1))
        now += 1 + waits[-1]
    assert waits == [120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]


def test_what_was_on_its_way_when_it_was_shut_is_no_news() -> None:
    before = shut(100.0)
    assert group_failed(before, SPENT, 105.0, DEFAULT_BREAKER, began=99.0, shared=False) is before
    assert group_served(before, 105.0, 99.0) is before


def test_another_failure_of_the_probe_leaves_the_quota_open_to_the_next_one() -> None:
    probing = group_started(shut(), 160.0, DEFAULT_BREAKER)
    broken = Failure(FailureKind.SERVER_ERROR)
    after = group_failed(probing, broken, 161.0, DEFAULT_BREAKER, began=160.0, shared=False)
    assert (after.probing, after.exhausted_for(161.0)) == (False, 0.0)
    assert group_started(after, 162.0, DEFAULT_BREAKER).probing


def test_rate_limits_are_the_groups_only_where_it_shares_them() -> None:
    limited = Failure(FailureKind.RATE_LIMITED)
    assert group_failed(NO_PRESSURE, limited, 5.0, DEFAULT_BREAKER, began=4.0, shared=False) is NO_PRESSURE
    cooling = group_failed(NO_PRESSURE, limited, 5.0, DEFAULT_BREAKER, began=4.0, shared=True)
    assert cooling.cooling_for(5.0) == 5.0
    assert group_served(cooling, 7.0, 6.0).cooling_for(7.0) == 0.0
    assert group_served(cooling, 7.0, 6.0).cooldown == Cooldown(7.0, 5.0), "a relapse is still to be recognised"


def allowance(left: float | None, kind: AllowanceKind = AllowanceKind.REQUESTS) -> Allowance:
    return Allowance(kind, 100.0, None if left is None else left * 100)


def test_low_is_entered_and_left_at_different_marks() -> None:
    seen = []
    group = NO_PRESSURE
    for left in (0.5, 0.2, 0.14, 0.2, 0.24, 0.26, 0.2):
        group = group_read(group, [allowance(left)])
        seen.append(group.low)
    assert seen == [False, False, True, True, True, False, False]
    assert group is NO_PRESSURE


def test_the_scarcest_allowance_decides_and_what_cannot_be_told_does_not() -> None:
    assert group_read(NO_PRESSURE, [allowance(0.9), allowance(0.05, AllowanceKind.TOKENS)]).low
    assert group_read(NO_PRESSURE, [allowance(None)]) is NO_PRESSURE


def test_what_is_whole_again_in_a_moment_is_not_low() -> None:
    by_the_second = Allowance(AllowanceKind.REQUESTS, 10.0, 0.0, 1.0)
    assert group_read(NO_PRESSURE, [by_the_second]) is NO_PRESSURE
    assert group_read(NO_PRESSURE, [replace(by_the_second, resets_in_s=30.0)]).low


@given(
    st.lists(
        st.tuples(
            st.floats(0, 100), st.floats(0, 50), st.sampled_from([None, *FailureKind]), st.booleans(), st.floats(0, 1)
        ),
        max_size=40,
    )
)
def test_whatever_happens_a_group_comes_back(
    events: list[tuple[float, float, FailureKind | None, bool, float]],
) -> None:
    now, group = 0.0, NO_PRESSURE
    for gap, took, kind, shared, left in events:
        now += gap
        began, group = now, group_started(group, now, DEFAULT_BREAKER)
        now += took
        if kind is None:
            group = group_served(group, now, began)
            assert group.exhausted_until is None
        else:
            group = group_failed(group, Failure(kind), now, DEFAULT_BREAKER, began=began, shared=shared)
        group = group_read(group, [allowance(left)])
        assert group.exhausted_for(now) <= DEFAULT_BREAKER.quota_max_s
        assert group.cooling_for(now) <= DEFAULT_BREAKER.rate_limit_max_s
        assert (group.exhausted_until is None) is (group.by is None)
    later = now + 4_000.0
    assert group.exhausted_for(later) == group.cooling_for(later) == 0.0
    assert not group.probe_under_way(later)
