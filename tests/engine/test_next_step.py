"""The walk over a plan, without an event loop."""

from dataclasses import replace

import pytest

from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, DowngradeReason, Failure, FailureKind
from gate.engine.next_step import Fail, Finish, Hedge, Step, StepState, Try, Wait, next_step
from tests.planner.worlds import decide, world

STATE = StepState(now_s=1.0, deadline_s=900.0, attempt_timeout_s=60.0)
PLAN: RouteDecision = decide("auto", world())
ALONE = replace(PLAN, attempts=PLAN.attempts[:1])
FIRST, SECOND, SIBLING, DOWN = PLAN.attempts
OVERLOADED = Failure(FailureKind.OVERLOADED, status=529)
RESET = Failure(FailureKind.CONNECTION_RESET)


def made(*ends: tuple[PlannedAttempt, Failure | None], relation: Relation | None = None) -> tuple[AttemptRecord, ...]:
    """Records of these attempts."""
    return tuple(
        AttemptRecord(
            index,
            planned.route,
            planned.provider,
            planned.model,
            planned.lane,
            relation or planned.relation,
            0.0,
            1.0,
            failure,
            status=failure.status if failure else 200,
        )
        for index, (planned, failure) in enumerate(ends)
    )


def after(*ends: tuple[PlannedAttempt, Failure | None], plan: RouteDecision = PLAN, state: StepState = STATE) -> Step:
    return next_step(plan, made(*ends), state)


def test_the_plan_begins_with_its_first_attempt() -> None:
    assert after() == Try(FIRST, Relation.PRIMARY, None, 60.0)
    with pytest.raises(ValueError, match="no attempts"):
        next_step(replace(PLAN, attempts=()), (), STATE)


def test_a_plan_that_starts_lower_begins_with_its_reason() -> None:
    lower = replace(DOWN, downgrade_reason=DowngradeReason.BREAKER_OPEN)
    assert after(plan=replace(PLAN, attempts=(lower,))) == Try(
        lower, Relation.DOWNGRADE, DowngradeReason.BREAKER_OPEN, 60.0
    )


def test_served_is_the_end() -> None:
    assert after((FIRST, None)) == Finish()
    assert after((FIRST, OVERLOADED), (SECOND, None)) == Finish()


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_with_other_routes_left(kind: FailureKind) -> None:
    step = after((FIRST, Failure(kind)))
    if RULES[kind].elsewhere:
        assert step == Try(SECOND, Relation.SAME_LANE_FALLBACK, None, 60.0)
    else:
        assert step == Fail(0, kind)


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_of_the_only_route(kind: FailureKind) -> None:
    step = after((FIRST, Failure(kind)), plan=ALONE)
    rule = RULES[kind]
    if rule.again:
        assert isinstance(step, Wait)
        assert step.then.attempt is FIRST
        assert step.then.relation is Relation.RETRY
        assert 0.05 <= step.seconds <= 1.5
        again = made((FIRST, Failure(kind)), (FIRST, Failure(kind)))
        assert next_step(ALONE, again, STATE) == Fail(1, kind), "once more, not for ever"
    else:
        assert step == Fail(0, kind)


@pytest.mark.parametrize("kind", list(FailureKind))
@pytest.mark.parametrize(
    ("state", "end"),
    [
        (replace(STATE, committed=True, head_sent=True), Finish()),
        (replace(STATE, draining=True), None),
        (replace(STATE, now_s=900.0), None),
        (replace(STATE, max_attempts=1), None),
    ],
)
def test_no_failure_is_followed_by_an_attempt_after_the_end(
    kind: FailureKind, state: StepState, end: Finish | None
) -> None:
    assert after((FIRST, Failure(kind)), state=state) == (end or Fail(0, kind))


def test_a_head_sent_without_content_stops_nothing() -> None:
    assert isinstance(after((FIRST, RESET), state=replace(STATE, head_sent=True)), Try)


def test_the_walk_down_carries_the_last_failure_as_its_reason() -> None:
    limited = Failure(FailureKind.RATE_LIMITED, status=429)
    assert after((FIRST, limited)) == Try(SECOND, Relation.SAME_LANE_FALLBACK, None, 60.0)
    assert after((FIRST, limited), (SECOND, OVERLOADED)) == Try(
        SIBLING, Relation.SUBSTITUTION, DowngradeReason.PROVIDER_ERROR, 60.0
    )
    assert after((FIRST, limited), (SECOND, OVERLOADED), (SIBLING, Failure(FailureKind.FIRST_BYTE_TIMEOUT))) == Try(
        DOWN, Relation.DOWNGRADE, DowngradeReason.TIMEOUT, 60.0
    )


def test_a_second_route_of_a_lower_lane_keeps_the_reason_it_was_reached_for() -> None:
    another = replace(DOWN, route="agg/fast", provider="agg")
    plan = replace(PLAN, attempts=(FIRST, DOWN, another))
    records = made((FIRST, Failure(FailureKind.QUOTA_EXHAUSTED)), (DOWN, RESET))
    records = (records[0], replace(records[1], downgrade_reason=DowngradeReason.QUOTA_EXHAUSTED))
    step = next_step(plan, records, STATE)
    assert step == Try(another, Relation.DOWNGRADE, DowngradeReason.QUOTA_EXHAUSTED, 60.0)


@pytest.mark.parametrize("kind", [FailureKind.INVALID_AUTH, FailureKind.BILLING])
def test_a_refused_key_is_not_tried_again_at_its_provider(kind: FailureKind) -> None:
    step = after((FIRST, Failure(kind, status=401)))
    assert isinstance(step, Try)
    assert step.attempt is SECOND
    assert FIRST.provider == DOWN.provider
    refused = Failure(kind, status=401)
    assert after((FIRST, refused), (SECOND, OVERLOADED), (SIBLING, OVERLOADED)) == Fail(2, FailureKind.OVERLOADED)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(0.0, 0.0), (2.0, 2.0), (5.0, 5.0), (5.1, None), (300.0, None)],
)
def test_retry_after_is_respected_when_it_is_short(asked: float, expected: float | None) -> None:
    step = after((FIRST, Failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=asked)), plan=ALONE)
    if expected is None:
        assert step == Fail(0, FailureKind.RATE_LIMITED)
    elif expected == 0.0:
        assert isinstance(step, Try)
    else:
        assert isinstance(step, Wait)
        assert step.seconds == expected


def test_nobody_waits_past_the_deadline() -> None:
    state = replace(STATE, now_s=898.0)
    long = Failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=3.0)
    assert after((FIRST, long), plan=ALONE, state=state) == Fail(0, FailureKind.RATE_LIMITED)
    step = after((FIRST, replace(long, retry_after_s=1.0)), plan=ALONE, state=state)
    assert isinstance(step, Wait)
    assert step.then.timeout_s == pytest.approx(1.0)


def test_an_attempt_ends_with_the_deadline() -> None:
    step = after(state=replace(STATE, now_s=880.0))
    assert isinstance(step, Try)
    assert step.timeout_s == 20.0


def test_a_retry_after_several_routes_is_not_made() -> None:
    plan = replace(PLAN, attempts=(FIRST, SECOND))
    assert after((FIRST, OVERLOADED), (SECOND, RESET), plan=plan) == Fail(0, FailureKind.OVERLOADED)


def test_pauses_differ_between_requests_but_not_for_one() -> None:
    steps = [after((FIRST, RESET), plan=replace(ALONE, seed=seed)) for seed in (0, 1 << 31, (1 << 32) - 1)]
    pauses = [step.seconds for step in steps if isinstance(step, Wait)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 0.05
    assert pauses[-1] == pytest.approx(0.15)
    assert after((FIRST, RESET), plan=ALONE) == after((FIRST, RESET), plan=ALONE)


UNANSWERED = RESET
REFUSED = Failure(FailureKind.INVALID_AUTH, status=401)
GONE = Failure(FailureKind.MODEL_UNAVAILABLE, status=404)
WRONG = Failure(FailureKind.INVALID_REQUEST, status=400)
OVERFLOW = Failure(FailureKind.CONTEXT_OVERFLOW, status=400)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        # the latest among equals
        ([(FIRST, OVERLOADED), (SECOND, OVERLOADED)], 1),
        ([(FIRST, UNANSWERED), (SECOND, UNANSWERED)], 1),
        # an answer is more than no answer
        ([(FIRST, OVERLOADED), (SECOND, UNANSWERED)], 0),
        ([(FIRST, UNANSWERED), (SECOND, OVERLOADED)], 1),
        # what passes is more than what lasts
        ([(FIRST, OVERLOADED), (SECOND, GONE)], 0),
        ([(FIRST, UNANSWERED), (SECOND, GONE)], 0),
        # the operator's key is not the client's business
        ([(FIRST, OVERLOADED), (SECOND, REFUSED)], 0),
        ([(FIRST, REFUSED), (SECOND, GONE)], 1),
        ([(FIRST, REFUSED), (SECOND, REFUSED)], 1),
        # its own fault is, where it was planned
        ([(FIRST, OVERLOADED), (SECOND, WRONG)], 1),
        ([(FIRST, OVERLOADED), (SECOND, OVERFLOW)], 1),
        # a lesser lane's objection is not
        ([(FIRST, OVERLOADED), (DOWN, OVERFLOW)], 0),
        ([(FIRST, REFUSED), (DOWN, WRONG)], 1),
    ],
)
def test_the_client_is_told_what_it_can_do_most_with(ends: list[tuple[PlannedAttempt, Failure]], told: int) -> None:
    step = next_step(PLAN, made(*ends), replace(STATE, max_attempts=len(ends)))
    failure = ends[told][1]
    assert step == Fail(told, failure.kind)


def test_a_refused_credential_of_its_own_is_the_clients_business() -> None:
    records = made((FIRST, REFUSED), (SECOND, OVERLOADED))
    own = tuple(replace(record, own_credential=True) for record in records)
    assert next_step(PLAN, own, replace(STATE, max_attempts=2)) == Fail(0, FailureKind.INVALID_AUTH)


HEDGING = replace(STATE, hedge_after_s=2.0)


def test_a_hedge_is_the_next_attempt_of_the_same_lane() -> None:
    step = after(state=HEDGING)
    assert isinstance(step, Try)
    assert step.hedge == Hedge(2.0, Try(SECOND, Relation.SAME_LANE_FALLBACK, None, 60.0))
    assert after() == replace(step, hedge=None), "off by default"


def test_a_lane_with_one_route_has_no_hedge() -> None:
    lonely = replace(PLAN, attempts=(FIRST, SIBLING, DOWN))
    step = after(plan=lonely, state=HEDGING)
    assert isinstance(step, Try)
    assert step.hedge is None


def test_a_later_attempt_has_a_hedge_of_its_own_lane_and_its_lanes_reason() -> None:
    another = replace(DOWN, route="agg/fast", provider="agg")
    plan = replace(PLAN, attempts=(FIRST, DOWN, another))
    step = after((FIRST, OVERLOADED), plan=plan, state=HEDGING)
    assert isinstance(step, Try)
    assert (step.attempt, step.downgrade_reason) == (DOWN, DowngradeReason.PROVIDER_ERROR)
    assert step.hedge is not None
    assert step.hedge.then.attempt is another
    assert step.hedge.then.downgrade_reason is DowngradeReason.PROVIDER_ERROR


@pytest.mark.parametrize(
    "state",
    [
        replace(HEDGING, max_attempts=1),
        replace(HEDGING, now_s=898.5),
        replace(HEDGING, hedge_after_s=899.0),
    ],
)
def test_no_hedge_without_room_for_it(state: StepState) -> None:
    step = after(state=state)
    assert isinstance(step, Try)
    assert step.hedge is None


def test_a_hedge_waits_no_longer_than_the_request_may() -> None:
    step = after(state=replace(HEDGING, now_s=850.0))
    assert isinstance(step, Try)
    assert step.hedge is not None
    assert (step.timeout_s, step.hedge.then.timeout_s) == (50.0, 48.0)


def test_after_two_that_ran_together_the_walk_is_over_both() -> None:
    assert after((FIRST, RESET), (SECOND, OVERLOADED), state=HEDGING) == Try(
        SIBLING, Relation.SUBSTITUTION, DowngradeReason.PROVIDER_ERROR, 60.0
    )
    wrong = Failure(FailureKind.INVALID_REQUEST, status=400)
    assert after((FIRST, wrong), (SECOND, RESET)) == Fail(0, FailureKind.INVALID_REQUEST)
    assert after((FIRST, Failure(FailureKind.OUTRUN)), (SECOND, None)) == Finish()
    outrun = replace(STATE, committed=True)
    assert after((FIRST, None), (SECOND, Failure(FailureKind.OUTRUN)), state=outrun) == Finish()


def test_a_used_up_quota_is_not_asked_again_by_another_route_of_its_group() -> None:
    spent = Failure(FailureKind.QUOTA_EXHAUSTED, status=429)
    first, sibling = (replace(one, quota_group="team") for one in (FIRST, SIBLING))
    elsewhere = replace(SECOND, quota_group="other")
    step = after((first, spent), plan=replace(PLAN, attempts=(first, sibling, elsewhere)))
    assert isinstance(step, Try)
    assert step.attempt is elsewhere
    assert after((first, spent), plan=replace(PLAN, attempts=(first, sibling))) == Fail(0, FailureKind.QUOTA_EXHAUSTED)
