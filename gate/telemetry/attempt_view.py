"""One upstream call as flat values: the part of a view that attempt spans and the metrics of attempts are made of.

Pure, like `gate.telemetry.view`. Unknown is None, never 0.
"""

import msgspec

from gate.core.decision import RouteDecision
from gate.core.execution import AttemptRecord
from gate.core.failure import FailureKind
from gate.core.money import PICO_PER_USD
from gate.core.request import RequestFeatures
from gate.core.usage import NOT_REPORTED

NAME_LIMIT = 256
"""Characters kept of a name that a client or an upstream chose."""

LOSSES_SHOWN = 32
"""Losses of one attempt that are shown one by one."""

_CANCELLED = frozenset({FailureKind.CLIENT_GONE, FailureKind.CLIENT_STALLED, FailureKind.DRAINING, FailureKind.OUTRUN})


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
    hedge: bool = False
    cache_loss_usd: float | None = None
    estimate_error: float | None = None
    started_s: float
    duration_s: float


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
        downgrade_reason=reason_of(record),
        stream=request.stream,
        max_tokens=request.max_tokens,
        conversation_id=cut(request.conversation_id),
        server_address=server_address,
        server_port=server_port if server_address is not None else None,
        own_credential=record.own_credential,
        status=record.status,
        error_type=None if failure is None or failure.kind in _CANCELLED else failure.kind.value,
        cancelled_by=failure.kind.value if failure is not None and failure.kind in _CANCELLED else None,
        error_detail=None if failure is None else failure.detail[:NAME_LIMIT] or None,
        retry_after_s=None if failure is None else failure.retry_after_s,
        response_id=cut(record.response_id),
        response_model=cut(record.response_model),
        upstream_request_id=cut(record.upstream_request_id),
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
        hedge=record.hedge,
        cache_loss_usd=usd(record.cache_loss_pico),
        estimate_error=record.estimate_error,
        started_s=record.started_s,
        duration_s=record.ended_s - record.started_s,
    )


def billable(record: AttemptRecord) -> bool:
    """Whether an attempt may have cost something: it served, reported usage, or broke off after content had come."""
    return record.failure is None or record.usage != NOT_REPORTED or record.time_to_first_chunk_s is not None


def cut(text: str | None) -> str | None:
    """A name somebody else chose, at most `NAME_LIMIT` characters of it."""
    return None if text is None else text[:NAME_LIMIT]


def reason_of(record: AttemptRecord | None) -> str | None:
    """The downgrade reason of an attempt, in its own word."""
    return None if record is None or record.downgrade_reason is None else record.downgrade_reason.value


def usd(pico: int | None) -> float | None:
    """Pico-USD as USD; unknown stays unknown."""
    return None if pico is None else pico / PICO_PER_USD
