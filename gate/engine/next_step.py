"""What to do after each attempt: a pure function of the decision, the records so far and the moment.

The rules, in this order:

1. An attempt served, or its answer has begun at the client (commit): nothing more is done.
2. A failure that is not the route's fault (bad request, client gone, Gate stopping) ends the walk, and so do a stop, a
   passed deadline and the bound on attempts.
3. The next planned attempt that was not made yet is tried. After a refused or unpaid key, attempts at the same
   provider are passed over: they would carry the same key; after a used-up quota, those of the same quota group.
4. If nothing is left and only one route was tried, once, and its failure was transient (`FailureRule.again`), it is
   tried once more (`retry`): after its Retry-After if that is short, else after a short pause. A long Retry-After is
   not waited for; it goes to the client unchanged.
5. Otherwise the client is told: of all failures the one most useful to it (see `_usefulness`), the latest among equals.

With hedging on, a step says as well which planned attempt of the same lane is started beside it when it stays silent
for too long. The two end before the next step is asked for, so that the walk is over both of them.

A held response head that was sent alone (pings) changes none of this: until the commit other attempts may follow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.execution import AttemptRecord
from gate.core.failure import DowngradeReason, FailureKind, FailureRule

_KEY_REFUSED = frozenset({FailureKind.INVALID_AUTH, FailureKind.BILLING})
_ACCOUNT_SPENT = frozenset({FailureKind.QUOTA_EXHAUSTED, FailureKind.BILLING})
_LEAVES_LANE = frozenset({Relation.SUBSTITUTION, Relation.DOWNGRADE, Relation.UPGRADE, Relation.LAST_RESORT})
_BUSY = frozenset({FailureKind.RATE_LIMITED, FailureKind.OVERLOADED})
_SEEDS = 1 << 32


@dataclass(frozen=True, slots=True)
class StepState:
    """The moment, and the bounds. Times in seconds since the request arrived.

    deadline_s: no attempt begins, and none may wait for its answer, after it. attempt_timeout_s: until the head of one
    attempt's answer. committed: content went to the client. head_sent: its head alone did. max_attempts: upstream calls
    in all. max_wait_s: the longest Retry-After that is waited for. pause_s: before a retry without Retry-After;
    busy_pause_s: the same where the upstream had too much to do. hedge_after_s: an attempt that is silent for so long
    gets another one beside it, None for never.
    """

    now_s: float
    deadline_s: float
    attempt_timeout_s: float
    committed: bool = False
    head_sent: bool = False
    draining: bool = False
    max_attempts: int = 4
    max_wait_s: float = 5.0
    pause_s: float = 0.1
    busy_pause_s: float = 1.0
    hedge_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Try:
    """Make this attempt now. timeout_s: until the head of its answer. hedge: what may be started beside it."""

    attempt: PlannedAttempt
    relation: Relation
    downgrade_reason: DowngradeReason | None
    timeout_s: float
    hedge: "Hedge | None" = None


@dataclass(frozen=True, slots=True)
class Hedge:
    """When an attempt has been silent for so long, make this one beside it; the client is served by the quicker one."""

    after_s: float
    then: Try


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so long, then make the attempt."""

    seconds: float
    then: Try


@dataclass(frozen=True, slots=True)
class Finish:
    """The client has been answered, or its answer was ended in the stream: nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Fail:
    """Tell the client. index: the record whose failure it is told; kind: that failure."""

    index: int
    kind: FailureKind


Step = Try | Wait | Finish | Fail


def next_step(decision: RouteDecision, records: tuple[AttemptRecord, ...], state: StepState) -> Step:
    """The next step. Raises ValueError for a decision without attempts: there is nothing to walk."""
    if not records:
        if not decision.attempts:
            raise ValueError("the decision has no attempts")
        first = decision.attempts[0]
        return _hedged(_try(first, first.relation, first.downgrade_reason, state), decision, records, state)
    last = records[-1]
    if last.failure is None or state.committed:
        return Finish()
    rule = last.failure.rule
    over = state.draining or state.now_s >= state.deadline_s or len(records) >= state.max_attempts
    if not over and all(record.failure is not None and record.failure.rule.elsewhere for record in records):
        planned = next(_untried(decision, records), None)
        if planned is not None:
            step = _try(planned, planned.relation, _downgrade_reason(planned, decision, last, rule), state)
            return _hedged(step, decision, records, state)
        if rule.again and len(records) == 1:
            again = _again(decision, last, state)
            if again is not None:
                return again
    return _told(records)


def _untried(decision: RouteDecision, records: tuple[AttemptRecord, ...]) -> Iterator[PlannedAttempt]:
    """What is left of the plan, in its order. Attempts are a walk: none is gone back to."""
    tried = {record.route for record in records}
    failed = {record.route: record.failure.kind for record in records if record.failure}
    refused = {record.provider for record in records if failed.get(record.route) in _KEY_REFUSED}
    spent = {
        one.quota_group for one in decision.attempts if failed.get(one.route) in _ACCOUNT_SPENT and one.quota_group
    }
    for planned in decision.attempts:
        if planned.route not in tried and planned.provider not in refused and planned.quota_group not in spent:
            yield planned


def _hedged(step: Try, decision: RouteDecision, records: tuple[AttemptRecord, ...], state: StepState) -> Try:
    """The step with the next attempt of its lane to be started beside it, where there is one and room for two."""
    after_s = state.hedge_after_s
    if after_s is None or len(records) + 2 > state.max_attempts or state.now_s + after_s >= state.deadline_s:
        return step
    for planned in _untried(decision, records):
        if planned.lane == step.attempt.lane and planned.route != step.attempt.route:
            why = planned.downgrade_reason
            if planned.relation in _LEAVES_LANE:
                why = why or step.downgrade_reason
            beside = Try(planned, planned.relation, why, _timeout(state, after_s))
            return replace(step, hedge=Hedge(after_s, beside))
    return step


def _downgrade_reason(
    planned: PlannedAttempt, decision: RouteDecision, last: AttemptRecord, rule: FailureRule
) -> DowngradeReason | None:
    """Why home was left: as planned; in a lane that was reached already, as it was reached; else the last failure."""
    if planned.relation not in _LEAVES_LANE or planned.lane == decision.first_lane:
        return None
    if planned.downgrade_reason is not None:
        return planned.downgrade_reason
    if planned.lane == last.lane and last.downgrade_reason is not None:
        return last.downgrade_reason
    return rule.downgrade


def _again(decision: RouteDecision, last: AttemptRecord, state: StepState) -> Step | None:
    """The same route once more, or None when that would take too long."""
    planned = next((attempt for attempt in decision.attempts if attempt.route == last.route), None)
    if planned is None or last.failure is None:
        return None
    asked = last.failure.retry_after_s
    if asked is None:
        pause = state.busy_pause_s if last.failure.kind in _BUSY else state.pause_s
        # Between half and one and a half times, so that clients that failed together do not come back together.
        seconds = pause * (0.5 + (decision.seed % _SEEDS) / _SEEDS)
    elif asked <= state.max_wait_s:
        seconds = max(0.0, asked)
    else:
        return None
    if state.now_s + seconds >= state.deadline_s:
        return None
    retry = Try(planned, Relation.RETRY, last.downgrade_reason, _timeout(state, seconds))
    return Wait(seconds, retry) if seconds > 0 else retry


def _try(planned: PlannedAttempt, relation: Relation, why: DowngradeReason | None, state: StepState) -> Try:
    return Try(planned, relation, why, _timeout(state, 0.0))


def _timeout(state: StepState, wait_s: float) -> float:
    """Never beyond the deadline, and never zero, which some clocks take for `no limit`."""
    return max(0.001, min(state.attempt_timeout_s, state.deadline_s - state.now_s - wait_s))


def _told(records: tuple[AttemptRecord, ...]) -> Fail:
    home = records[0].lane
    best = max(range(len(records)), key=lambda index: (_usefulness(records[index], home), index))
    failure = records[best].failure
    assert failure is not None  # a served attempt ends the walk before
    return Fail(best, failure.kind)


def _usefulness(record: AttemptRecord, home: str) -> int:
    """How much a client can do with a failure. home: the lane the walk began in.

    4: its own fault or its own credential: only the client can mend it. 3: the upstream's own answer that it is busy
    or broken for the moment, possibly with a Retry-After. 2: no answer, but trying again may help. 1: this route cannot
    serve it (quota used up, no such model, or a lesser lane finds the request wrong that home might have taken: telling
    a client that its prompt is too long for a fallback would make it throw context away). 0: a refused key of Gate's
    operator, which would look to the client as if its own were refused, and Gate's own doing.
    """
    failure = record.failure
    if failure is None:
        return 0
    rule = failure.rule
    if rule.blame == "client" or (rule.blame == "request" and record.lane == home):
        return 4
    if rule.blame == "request":
        return 1
    if rule.blame == "credential":
        return 4 if record.own_credential else 0
    if rule.blame == "gate":
        return 2 if rule.elsewhere else 0
    if failure.status is None:
        return 2
    return 3 if rule.again else 1
