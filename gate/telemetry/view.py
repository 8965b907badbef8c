"""The one flattening: a (decision, execution) pair as flat values, from which every rendering of it is made.

Spans, metrics, response headers, the log line, the explain API and the command line read a `DecisionView` (and an
`AttemptView` per upstream call) and nothing else, so they cannot disagree. Which rendering shows which field is the
table `view` of `registry.yaml`. Pure: no IO, no clock. Unknown is None, never 0. Works on an execution that still runs,
for the response head.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from gate.core.decision import Relation, RouteDecision
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import RULES, FailureKind
from gate.core.money import Confidence, Cost
from gate.core.request import RequestFeatures
from gate.core.usage import NOT_REPORTED

Scalar = str | int | float | bool | None
NAME_LIMIT = 256
"""Characters kept of a name that a client or an upstream chose."""

LOSSES_SHOWN = 32
"""Losses of one attempt that are shown one by one."""

_FAILED = frozenset(
    {
        Outcome.UPSTREAM_ERROR,
        Outcome.NO_ROUTE,
        Outcome.INTERRUPTED,
        Outcome.DRAINED,
        Outcome.INTERNAL_ERROR,
    }
)
_CANCELLED = frozenset({FailureKind.CLIENT_GONE, FailureKind.CLIENT_STALLED, FailureKind.DRAINING})


@dataclass(frozen=True, slots=True)
class ViewSettings:
    """What a view needs beyond the pair. slow_s, expensive_usd: from here on the trace is worth keeping. families: lane
    -> family. premium: names of the premium lanes, None = not known (then an upgrade is what counts as escalation)."""

    slow_s: float = 30.0
    expensive_usd: float = 0.5
    families: Mapping[str, str] = field(default_factory=dict[str, str])
    premium: frozenset[str] | None = None


DEFAULTS = ViewSettings()


class DecisionView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One request, flat. Field by field the table `view` of the registry. A struct and not a dataclass: it is made for
    every request, and written as JSON (without what has no value) at the speed of C.

    first_lane: where a plan without pressure would have started. chosen_*: the first planned attempt. serving_*,
    relation, downgrade_reason, premium_escalation, losses, *_tokens: the attempt whose answer the client gets (whole
    or, in the end, cut), None while there is none. attempts: upstream calls. cost_*: all attempts together; the amount
    is a lower bound when the confidence is `partial`. Times in seconds since the request arrived; overhead_s: of the
    duration (or, while it runs, of the time so far), the part without an upstream call. keep: a hint for tail sampling.
    """

    decision_id: str
    operation: str
    dialect: str
    stream: bool
    requested_model: str
    intent: str
    resolved_by: str
    mapping: str | None = None
    client_profile: str
    client_version: str | None = None
    client_key: str | None = None
    session_id: str | None = None
    agent_id: str | None = None
    parent_agent_id: str | None = None
    first_lane: str | None = None
    chosen_lane: str | None = None
    chosen_route: str | None = None
    alternatives: tuple[str, ...] = ()
    planned_order: tuple[str, ...] = ()
    executed_order: tuple[str, ...] = ()
    attempts: int
    serving_route: str | None = None
    serving_lane: str | None = None
    serving_lane_family: str | None = None
    serving_provider: str | None = None
    serving_model: str | None = None
    serving_dialect: str | None = None
    relation: str | None = None
    downgrade_reason: str | None = None
    premium_escalation: bool | None = None
    config_version: str
    health_epoch: int
    losses: tuple[str, ...] = ()
    token_count: str | None = None
    outcome: str | None = None
    status: int | None = None
    error_code: str | None = None
    last_failure: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    cost_confidence: str
    cost_source: str | None = None
    cost_source_type: str | None = None
    duration_s: float | None = None
    overhead_s: float | None = None
    upstream_s: float | None = None
    first_chunk_s: float | None = None
    keep: bool
    keep_reasons: tuple[str, ...] = ()


class AttemptView(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One upstream call, flat: table `attempt_view` of the registry.

    started_s since the request arrived; duration_s, first_chunk_s since the call was made. error_type: the failure's
    kind, None when it served. cancelled_by: the kind instead, when it was given up and is nobody's failure upstream.
    error_detail: Gate's own wording of it. billable: it may have cost something.
    """

    index: int
    operation: str
    gen_ai_provider: str
    provider: str
    route: str
    lane: str
    model: str
    dialect: str
    losses: tuple[str, ...] = ()
    relation: str
    downgrade_reason: str | None = None
    stream: bool
    max_tokens: int | None = None
    conversation_id: str | None = None
    server_address: str | None = None
    server_port: int | None = None
    own_credential: bool
    status: int | None = None
    error_type: str | None = None
    cancelled_by: str | None = None
    error_detail: str | None = None
    retry_after_s: float | None = None
    response_id: str | None = None
    response_model: str | None = None
    upstream_request_id: str | None = None
    finish_reasons: tuple[str, ...] = ()
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    cost_confidence: str
    cost_source: str | None = None
    cost_source_type: str | None = None
    billable: bool
    first_chunk_s: float | None = None
    chunks: int | None = None
    decoded: bool
    estimate_error: float | None = None
    started_s: float
    duration_s: float


def view(decision: RouteDecision, execution: Execution, settings: ViewSettings = DEFAULTS) -> DecisionView:
    """The flat form of what was decided and what has happened so far."""
    request, resolution, records = decision.request, decision.resolution, execution.attempts
    planned = decision.attempts
    serving = serving_of(records)
    usage = NOT_REPORTED if serving is None else serving.usage
    cost = total_cost(records)
    failure = next((record.failure for record in reversed(records) if record.failure is not None), None)
    reasons = _keep_reasons(execution, serving, cost, settings)
    session = request.session
    return DecisionView(
        decision_id=decision.id,
        operation=request.operation.value,
        dialect=request.dialect.value,
        stream=request.stream,
        requested_model=request.model[:NAME_LIMIT],
        intent=resolution.intent[:NAME_LIMIT],
        resolved_by=resolution.by.value,
        mapping=_cut(resolution.mapping),
        client_profile=request.client.value,
        client_version=_cut(request.client_version),
        client_key=request.client_key,
        session_id=_cut(session.id),
        agent_id=_cut(session.agent),
        parent_agent_id=_cut(session.parent_agent),
        first_lane=decision.first_lane,
        chosen_lane=decision.lane,
        chosen_route=planned[0].route if planned else None,
        alternatives=decision.same_lane,
        planned_order=tuple([attempt.route for attempt in planned]),
        executed_order=tuple([record.route for record in records]),
        attempts=len(records),
        serving_route=None if serving is None else serving.route,
        serving_lane=None if serving is None else serving.lane,
        serving_lane_family=None if serving is None else settings.families.get(serving.lane),
        serving_provider=None if serving is None else serving.provider,
        serving_model=None if serving is None else serving.model,
        serving_dialect=None if serving is None else (serving.dialect or request.dialect).value,
        relation=None if serving is None else serving.relation.value,
        downgrade_reason=_reason(serving),
        premium_escalation=None if serving is None else _escalated(decision, serving, settings),
        config_version=decision.config_version,
        health_epoch=decision.health_epoch,
        losses=() if serving is None or not serving.losses else _losses(serving),
        token_count=None if execution.token_count is None else execution.token_count.value,
        outcome=None if execution.outcome is None else execution.outcome.value,
        status=execution.status,
        error_code=execution.error_code,
        last_failure=None if failure is None else failure.kind.value,
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        reasoning_tokens=usage.reasoning,
        cost_usd=cost.usd,
        cost_confidence=cost.confidence.value,
        cost_source=cost.source,
        cost_source_type=None if cost.source_type is None else cost.source_type.value,
        duration_s=execution.duration_s,
        overhead_s=_overhead(execution),
        upstream_s=execution.upstream_s,
        first_chunk_s=execution.committed_s if request.stream else None,
        keep=bool(reasons),
        keep_reasons=reasons,
    )


def attempt_view(
    decision: RouteDecision,
    record: AttemptRecord,
    *,
    gen_ai_provider: str | None = None,
    server_address: str | None = None,
    server_port: int | None = None,
) -> AttemptView:
    """The flat form of one attempt. gen_ai_provider: value of `gen_ai.provider.name`; default: the provider."""
    request: RequestFeatures = decision.request
    failure, usage, cost = record.failure, record.usage, record.cost
    first = record.time_to_first_chunk_s
    return AttemptView(
        index=record.index,
        operation=request.operation.value,
        gen_ai_provider=gen_ai_provider or record.provider,
        provider=record.provider,
        route=record.route,
        lane=record.lane,
        model=record.model,
        dialect=(record.dialect or request.dialect).value,
        losses=tuple(f"{loss.feature}:{loss.action}:{loss.path}" for loss in record.losses[:LOSSES_SHOWN]),
        relation=record.relation.value,
        downgrade_reason=_reason(record),
        stream=request.stream,
        max_tokens=request.max_tokens,
        conversation_id=_cut(request.conversation_id),
        server_address=server_address,
        server_port=server_port if server_address is not None else None,
        own_credential=record.own_credential,
        status=record.status,
        error_type=None if failure is None or failure.kind in _CANCELLED else failure.kind.value,
        cancelled_by=failure.kind.value if failure is not None and failure.kind in _CANCELLED else None,
        error_detail=None if failure is None else failure.detail[:NAME_LIMIT] or None,
        retry_after_s=None if failure is None else failure.retry_after_s,
        response_id=_cut(record.response_id),
        response_model=_cut(record.response_model),
        upstream_request_id=_cut(record.upstream_request_id),
        finish_reasons=record.finish_reasons,
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read,
        cache_write_tokens=usage.cache_write,
        reasoning_tokens=usage.reasoning,
        cost_usd=cost.usd,
        cost_confidence=cost.confidence.value,
        cost_source=cost.source,
        cost_source_type=None if cost.source_type is None else cost.source_type.value,
        billable=billable(record),
        # Records count from the arrival of the request, the convention from the issue of the call.
        first_chunk_s=None if first is None else first - record.started_s,
        chunks=record.chunks,
        decoded=record.decoded,
        estimate_error=record.estimate_error,
        started_s=record.started_s,
        duration_s=record.ended_s - record.started_s,
    )


def as_dict(flat: DecisionView | AttemptView) -> dict[str, Any]:
    """Field -> value, ready for JSON, nulls included: what the explain API and the command line show."""
    return msgspec.structs.asdict(flat)


def serving_of(records: tuple[AttemptRecord, ...]) -> AttemptRecord | None:
    """The attempt whose answer the client gets: the last one, if it did not fail or failed after its content had begun
    (no other attempt follows a commit). None when nothing was served."""
    if not records:
        return None
    last = records[-1]
    return last if last.failure is None or last.time_to_first_chunk_s is not None else None


def billable(record: AttemptRecord) -> bool:
    """Whether an attempt may have cost something: it served, reported usage, or broke off after content had come."""
    return record.failure is None or record.usage != NOT_REPORTED or record.time_to_first_chunk_s is not None


def total_cost(records: tuple[AttemptRecord, ...]) -> Cost:
    """All attempts together. `exact` only when every attempt that may have cost something is, else a lower bound.
    source: of the last attempt whose price is known."""
    billed = [record.cost for record in records if billable(record)]
    known = [cost for cost in billed if cost.pico_usd is not None]
    if not known:
        return Cost(None, Confidence.UNKNOWN)
    exact = len(known) == len(billed) and all(cost.confidence is Confidence.EXACT for cost in known)
    return Cost(
        sum(cost.pico_usd or 0 for cost in known),
        Confidence.EXACT if exact else Confidence.PARTIAL,
        known[-1].source,
        known[-1].source_type,
    )


def _cut(text: str | None) -> str | None:
    return None if text is None else text[:NAME_LIMIT]


def _losses(record: AttemptRecord) -> tuple[str, ...]:
    """Feature and action, each pair once."""
    return tuple(dict.fromkeys(f"{loss.feature}:{loss.action}" for loss in record.losses))


def _reason(record: AttemptRecord | None) -> str | None:
    return None if record is None or record.downgrade_reason is None else record.downgrade_reason.value


def _escalated(decision: RouteDecision, serving: AttemptRecord, settings: ViewSettings) -> bool:
    if decision.premium_asked:
        return False
    return serving.relation is Relation.UPGRADE if settings.premium is None else serving.lane in settings.premium


def _overhead(execution: Execution) -> float | None:
    upstream = execution.upstream_s
    if upstream is None:
        return None
    until = execution.duration_s
    if until is None:
        until = execution.attempts[-1].ended_s if execution.attempts else None
    return None if until is None else max(until - upstream, 0.0)


def _keep_reasons(
    execution: Execution, serving: AttemptRecord | None, cost: Cost, settings: ViewSettings
) -> tuple[str, ...]:
    reasons: list[str] = []
    if len(execution.attempts) > 1:
        reasons.append("fallback")
    if serving is not None and (serving.relation is Relation.DOWNGRADE or serving.downgrade_reason is not None):
        reasons.append("downgrade")
    if execution.outcome in _FAILED or (execution.status is not None and execution.status >= 500):
        reasons.append("error")
    if execution.duration_s is not None and execution.duration_s > settings.slow_s:
        reasons.append("slow")
    usd = cost.usd
    if usd is not None and usd > settings.expensive_usd:
        reasons.append("expensive")
    return tuple(reasons)


def nobody_served(flat: DecisionView) -> str | None:
    """Why the route span is an error: the code to show, or None when it is not one.

    It is not when a client was served, left by itself, or got a refusal that its own request caused (4xx).
    """
    outcome = flat.outcome
    if outcome is None or outcome in ("served", "client_gone"):
        return None
    if outcome == "upstream_error":
        kind = FailureKind(flat.last_failure) if flat.last_failure is not None else FailureKind.INTERNAL
        return None if RULES[kind].blame == "request" else kind.value
    if outcome in ("no_route", "rejected") and flat.status is not None and flat.status < 500:
        return None
    return flat.error_code or outcome
