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
from gate.core.shadow import Agreement
from gate.core.usage import NOT_REPORTED
from gate.telemetry.attempt_view import NAME_LIMIT, AttemptView, billable, cut, reason_of, usd

Scalar = str | int | float | bool | None
_FAILED = frozenset(
    {
        Outcome.UPSTREAM_ERROR,
        Outcome.NO_ROUTE,
        Outcome.INTERRUPTED,
        Outcome.DRAINED,
        Outcome.INTERNAL_ERROR,
    }
)


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

    features, uses, matched: what the request has (`FLAGS`), uses, and which conditions on its texts and headers hold.
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
    features: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    input_estimate: int
    max_tokens: int | None = None
    matched: tuple[str, ...] = ()
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
    seed: int
    losses: tuple[str, ...] = ()
    rule: str | None = None
    strategy: str | None = None
    stickiness: str | None = None
    cache_loss_usd: float | None = None
    repeats: int | None = None
    shadow: str | None = None
    shadow_route: str | None = None
    hedges: int | None = None
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


def view(decision: RouteDecision, execution: Execution, settings: ViewSettings = DEFAULTS) -> DecisionView:
    """The flat form of what was decided and what has happened so far."""
    request, resolution, records = decision.request, decision.resolution, execution.attempts
    planned = decision.attempts
    serving = serving_of(records)
    usage = NOT_REPORTED if serving is None else serving.usage
    cost = total_cost(records)
    failures = (record.failure for record in reversed(records))
    failure = next((failure for failure in failures if failure and failure.kind is not FailureKind.OUTRUN), None)
    reasons = _keep_reasons(execution, serving, cost, settings)
    session, shadow = request.session, execution.shadow
    return DecisionView(
        decision_id=decision.id,
        operation=request.operation.value,
        dialect=request.dialect.value,
        stream=request.stream,
        requested_model=request.model[:NAME_LIMIT],
        intent=resolution.intent[:NAME_LIMIT],
        resolved_by=resolution.by.value,
        mapping=cut(resolution.mapping),
        client_profile=request.client.value,
        client_version=cut(request.client_version),
        client_key=request.client_key,
        session_id=cut(session.id),
        agent_id=cut(session.agent),
        parent_agent_id=cut(session.parent_agent),
        features=features_in(request),
        uses=tuple(sorted([use.value for use in request.uses])) if request.uses else (),
        input_estimate=request.token_estimate,
        max_tokens=request.max_tokens,
        matched=tuple(sorted(request.matched)) if request.matched else (),
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
        downgrade_reason=reason_of(serving),
        premium_escalation=None if serving is None else _escalated(decision, serving, settings),
        config_version=decision.config_version,
        health_epoch=decision.health_epoch,
        seed=decision.seed,
        losses=() if serving is None or not serving.losses else _losses(serving),
        rule=decision.rule,
        strategy=None if decision.strategy is None else decision.strategy.value,
        stickiness=None if decision.stickiness is None else decision.stickiness.value,
        cache_loss_usd=None if serving is None else usd(serving.cache_loss_pico),
        repeats=execution.repeats,
        shadow=None if shadow is None else shadow.agreement.value,
        shadow_route=None if shadow is None or shadow.agreement is Agreement.SAME else shadow.route,
        hedges=_hedges(records),
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


FLAGS = ("tools", "images", "thinking", "json_schema", "web_search", "own_credential")
"""Members of `RequestFeatures` that `features` names where they hold."""


def features_in(request: RequestFeatures) -> tuple[str, ...]:
    return tuple([name for name in FLAGS if getattr(request, name)])


def as_dict(flat: DecisionView | AttemptView) -> dict[str, Any]:
    """Field -> value, ready for JSON, nulls included: what the explain API and the command line show."""
    return msgspec.structs.asdict(flat)


def serving_of(records: tuple[AttemptRecord, ...]) -> AttemptRecord | None:
    """The attempt whose answer the client gets: the one that did not fail, or failed after its content had begun. Only
    a hedge that was outrun stands behind it. None when nothing was served."""
    for record in reversed(records):
        if record.failure is None or record.time_to_first_chunk_s is not None:
            return record
    return None


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


def _losses(record: AttemptRecord) -> tuple[str, ...]:
    """Feature and action, each pair once."""
    return tuple(dict.fromkeys(f"{loss.feature}:{loss.action}" for loss in record.losses))


def _hedges(records: tuple[AttemptRecord, ...]) -> int | None:
    """Attempts beside others; None where there was none, as nobody asks for them."""
    return sum(record.hedge for record in records) or None if len(records) > 1 else None


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
