from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from gate.core.failure import Failure, FailureKind
from gate.health.breaker import BreakerSettings
from gate.health.cooldown import Cooldown
from gate.health.pressure import NO_PRESSURE, GroupPressure, group_failed, group_served, group_started
from gate.health.reducer import failed, started, succeeded
from gate.health.sharing import (
    NO_MARKS,
    SKEW_S,
    Aspect,
    Mark,
    Marks,
    credible,
    joined,
    merged_group,
    merged_route,
    noted_group,
    noted_route,
)
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth
from gate.health.window import EMPTY_WINDOW

S = BreakerSettings(open_s=30.0, open_max_s=300.0)
OFFSET = 1_000.0
"""Of the replica whose clock the tests speak of: 1970 plus this many seconds."""

marks = st.dictionaries(
    st.sampled_from([*(aspect.value for aspect in Aspect), "a later version's"]),
    st.builds(
        Mark,
        at=st.sampled_from([1.0, 2.0, 3.0]),
        over=st.booleans(),
        proofs=st.integers(0, 2),
        until=st.sampled_from([0.0, 10.0, 20.0]),
        count=st.integers(0, 2),
        failures=st.integers(0, 1),
        why=st.sampled_from(["", "timeout", "overloaded"]),
    ),
)


@given(marks, marks, marks)
def test_views_can_be_joined_in_any_order_and_twice(a: Marks, b: Marks, c: Marks) -> None:
    assert joined(a, b) == joined(b, a)
    assert joined(joined(a, b), c) == joined(a, joined(b, c))
    assert joined(a, a) is a
    ab = joined(a, b)
    assert joined(ab, b) is ab and joined(ab, a) is ab


def broken(at: float) -> RouteHealth:
    health = HEALTHY
    for _ in range(S.failures):
        health = failed(started(health, at, S), Failure(FailureKind.OVERLOADED), at, S, began=at)
    assert health.state is BreakerState.OPEN
    return health


def told(after: RouteHealth, before: RouteHealth = HEALTHY, known: Marks = NO_MARKS, now: float = 100.0) -> Marks:
    return noted_route(known, before, after, now + OFFSET, OFFSET)


def test_an_opened_breaker_opens_elsewhere_by_that_replicas_own_clock() -> None:
    here = broken(100.0)
    said = told(here)
    assert set(said) == {Aspect.BREAKER}
    assert said[Aspect.BREAKER] == Mark(1_100.0, False, 0, 1_130.0, 1, S.failures, "overloaded")
    theirs = replace(HEALTHY, ttfb_s=0.5, error_rate=0.25, in_flight=3)
    there = merged_route(theirs, NO_MARKS, said, now=7.0, offset=1_093.0)
    assert there.state is BreakerState.OPEN and there.open_for(7.0) == 30.0 and there.openings == 1
    assert there.last_failure is FailureKind.OVERLOADED and there.pressed_at == 7.0
    assert (there.ttfb_s, there.error_rate, there.in_flight) == (0.5, 0.25, 3)
    assert there.window is EMPTY_WINDOW and there.consecutive == S.failures  # of which its proofs depend


def test_a_proof_closes_the_copies_and_forgets_what_was_counted_there() -> None:
    here = broken(100.0)
    opened = told(here)
    there = merged_route(replace(HEALTHY, consecutive=3, window=here.window), NO_MARKS, opened, 100.0, OFFSET)
    probing = started(here, 140.0, S)
    closed = succeeded(replace(probing, proofs=S.proofs), 0.1, 141.0, S, began=140.0)
    assert closed.state is BreakerState.CLOSED
    probed = told(probing, here, opened, 140.0)
    over = told(closed, probing, probed, 141.0)
    assert over[Aspect.BREAKER] == replace(opened[Aspect.BREAKER], over=True) and over[Aspect.PROBE].over
    after = merged_route(there, opened, over, 141.0, OFFSET)
    assert after.state is BreakerState.CLOSED and after.consecutive == after.proofs == 0
    assert after.window is EMPTY_WINDOW and after.pressed_at is None and not after.probing
    newcomer = merged_route(HEALTHY, NO_MARKS, over, 141.0, OFFSET)
    assert newcomer.state is BreakerState.CLOSED
    for one in (after, newcomer):  # what a relapse is measured by
        assert (one.open_until, one.openings) == (closed.open_until, closed.openings) == (130.0, 1)


def test_a_proof_does_not_end_a_press_its_finder_had_not_heard_of() -> None:
    opened = told(broken(100.0))
    over = told(HEALTHY, broken(100.0), opened, 140.0)
    newer = told(broken(141.0), now=141.0)
    both = joined(over, newer)
    assert not both[Aspect.BREAKER].over
    assert merged_route(HEALTHY, over, newer, 142.0, OFFSET).state is BreakerState.OPEN


def test_a_probe_elsewhere_keeps_this_replica_from_probing_too() -> None:
    here = broken(100.0)
    opened = told(here)
    there = merged_route(HEALTHY, NO_MARKS, opened, 100.0, OFFSET)
    probing = started(here, 131.0, S)
    probed = told(probing, here, opened, 131.0)
    there = merged_route(there, opened, probed, 131.0, OFFSET)
    assert there.state is BreakerState.HALF_OPEN and there.probe_under_way(132.0)
    assert started(there, 132.0, S).probe_until == there.probe_until  # a last resort is no second probe
    again = failed(probing, Failure(FailureKind.OVERLOADED), 133.0, S, began=131.0)
    after = merged_route(there, probed, told(again, probing, probed, 133.0), 133.0, OFFSET)
    assert after.state is BreakerState.OPEN and not after.probing and after.open_for(133.0) == 30.0


def test_answers_of_a_route_that_failed_in_part_are_counted_together() -> None:
    here = replace(broken(100.0), consecutive=1)  # it answers some requests: several proofs are needed
    opened = told(here)
    there = merged_route(HEALTHY, NO_MARKS, opened, 100.0, OFFSET)
    known = opened
    for proof in range(1, S.proofs + 1):
        now = 130.0 + proof
        before = there if proof % 2 else here
        probing = started(before, now, S)
        after = succeeded(probing, 0.1, now, S, began=now)
        said = told(after, probing, told(probing, before, known, now), now)
        other = merged_route(here if proof % 2 else there, known, said, now, OFFSET)
        here, there = (other, after) if proof % 2 else (after, other)
        known = said
        if proof < S.proofs:
            assert here.proofs == there.proofs == proof
            assert here.state is there.state is BreakerState.HALF_OPEN
    assert here.state is there.state is BreakerState.CLOSED and here.proofs == there.proofs == 0


def test_a_probe_of_an_earlier_opening_is_of_no_interest() -> None:
    probe, breaker = Mark(1_099.0, False, 0, 1_129.0), Mark(1_100.0, False, 0, 1_130.0, 2, 5, "overloaded")
    after = merged_route(HEALTHY, NO_MARKS, {Aspect.PROBE: probe, Aspect.BREAKER: breaker}, 100.0, OFFSET)
    assert after.state is BreakerState.OPEN and not after.probing


def test_cooldowns_are_told_with_how_long_they_were_and_end_with_a_proof() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, retry_after_s=20.0)
    here = failed(started(HEALTHY, 99.0, S), limited, 100.0, S, began=99.0)
    said = told(here)
    assert said == {Aspect.COOLDOWN: Mark(1_100.0, False, 0, 1_120.0, 0)}
    there = merged_route(HEALTHY, NO_MARKS, said, 100.0, OFFSET)
    assert there.cooldown == Cooldown(120.0, 20.0) and there.pressed_at == 100.0
    served = succeeded(started(here, 105.0, S), 0.1, 106.0, S, began=105.0)
    over = told(served, here, said, 106.0)
    assert over[Aspect.COOLDOWN].over
    after = merged_route(there, said, over, 106.0, OFFSET)
    assert after.cooling_for(106.0) == 0.0 and after.pressed_at is None
    assert after.cooldown is not None and after.cooldown.wait_s == 20.0  # a relapse soon after is recognised here too


def test_what_is_no_news_changes_nothing() -> None:
    here = broken(100.0)
    said = told(here)
    assert merged_route(here, said, said, 101.0, OFFSET) is here
    assert merged_route(here, said, NO_MARKS, 101.0, OFFSET) is here
    assert told(replace(here, ttfb_s=3.0, in_flight=9), here, said) is said
    older = {Aspect.BREAKER: Mark(1_000.0, True, 0, 1_030.0, 1, 5, "timeout")}
    assert merged_route(here, said, older, 101.0, OFFSET) is here


def test_what_happens_here_outranks_what_was_known_whatever_the_clocks_say() -> None:
    ahead = {Aspect.BREAKER: Mark(1_150.0, True, 0, 1_180.0, 1, 5, "timeout")}
    said = told(broken(100.0), known=ahead)
    assert said[Aspect.BREAKER].at > 1_150.0 and not said[Aspect.BREAKER].over


def test_a_clock_that_is_far_ahead_is_not_believed() -> None:
    assert credible({Aspect.BREAKER: Mark(1_000.0 + SKEW_S)}, 1_000.0)
    assert not credible({Aspect.COOLDOWN: Mark(1.0), Aspect.BREAKER: Mark(1_001.0 + SKEW_S)}, 1_000.0)


def test_a_press_from_a_clock_ahead_can_be_disproved_at_once() -> None:
    there = merged_route(HEALTHY, NO_MARKS, {Aspect.BREAKER: Mark(1_130.0, False, 0, 1_160.0, 1)}, 100.0, OFFSET)
    assert there.pressed_at == 100.0


def test_an_unknown_failure_of_a_later_version_is_no_failure_here() -> None:
    said = {Aspect.BREAKER: Mark(1_100.0, False, 0, 1_130.0, 1, 5, "melted"), "colour": Mark(1_100.0)}
    there = merged_route(HEALTHY, NO_MARKS, said, 100.0, OFFSET)
    assert there.state is BreakerState.OPEN and there.last_failure is None
    assert joined(NO_MARKS, said)["colour"] == Mark(1_100.0)  # passed on


def group_told(after: GroupPressure, before: GroupPressure, known: Marks, now: float) -> Marks:
    return noted_group(known, before, after, now + OFFSET, OFFSET)


def test_a_shut_account_is_shut_elsewhere_probed_once_and_opened_by_a_proof() -> None:
    quota = Failure(FailureKind.QUOTA_EXHAUSTED, retry_after_s=60.0)
    here = group_failed(NO_PRESSURE, quota, 100.0, S, began=99.0, shared=False)
    shut = group_told(here, NO_PRESSURE, NO_MARKS, 100.0)
    there = merged_group(NO_PRESSURE, NO_MARKS, shut, 100.0, OFFSET)
    assert there == here
    probing = group_started(here, 161.0, S)
    probed = group_told(probing, here, shut, 161.0)
    there = merged_group(there, shut, probed, 161.0, OFFSET)
    assert there.probe_under_way(162.0) and group_started(there, 162.0, S) is there
    served = group_served(probing, 163.0, 161.0)
    over = group_told(served, probing, probed, 163.0)
    assert merged_group(there, probed, over, 163.0, OFFSET) is NO_PRESSURE


def test_a_groups_cooldown_and_low_allowance_are_told() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, retry_after_s=20.0)
    cooling = group_failed(NO_PRESSURE, limited, 100.0, S, began=99.0, shared=True)
    low = replace(cooling, low=True)
    said = group_told(low, NO_PRESSURE, NO_MARKS, 100.0)
    assert set(said) == {Aspect.COOLDOWN, Aspect.LOW}
    assert merged_group(NO_PRESSURE, NO_MARKS, said, 100.0, OFFSET) == low
    ample = group_told(cooling, low, said, 101.0)
    assert merged_group(low, said, ample, 101.0, OFFSET).low is False


def test_a_refused_key_is_ones_own_and_ends_nothing() -> None:
    refused = Failure(FailureKind.INVALID_AUTH)
    here = group_failed(NO_PRESSURE, refused, 100.0, S, began=99.0, shared=False)
    assert here.by is FailureKind.INVALID_AUTH
    assert group_told(here, NO_PRESSURE, NO_MARKS, 100.0) is NO_MARKS
    quota = replace(here, by=FailureKind.QUOTA_EXHAUSTED)
    shut = group_told(quota, NO_PRESSURE, NO_MARKS, 100.0)
    assert group_told(here, quota, shut, 101.0) is shut
    assert merged_group(here, NO_MARKS, shut, 101.0, OFFSET).by is FailureKind.INVALID_AUTH
    assert group_told(NO_PRESSURE, here, shut, 102.0)[Aspect.SHUT].over  # but a success with it opens the account
