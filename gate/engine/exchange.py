"""One request on its way through the engine: what was decided, what has happened so far, and the way back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.errors import GateError
from gate.core.execution import AttemptRecord, Execution, Outcome, TokenCount
from gate.core.failure import DowngradeReason, Failure
from gate.core.money import UNKNOWN_COST, Cost
from gate.engine.passage import Passage
from gate.engine.ports import Header, Inbound, RequestScope, Responder
from gate.engine.snapshot import Snapshot
from gate.engine.stream import ClientStream
from gate.engine.upstream_error import UpstreamError
from gate.protocols.canonical.request import Request
from gate.protocols.codec import Answer, Codec, Scanned, StreamTap
from gate.protocols.registry import translator


@dataclass(slots=True)
class Draft:
    """An attempt while it runs; becomes an `AttemptRecord` when it ended. passage: None until the request was put into
    the upstream's terms. done: the answer is whole. cut: its stream ended without an end."""

    planned: PlannedAttempt
    relation: Relation
    downgrade_reason: DowngradeReason | None
    index: int
    started: float
    passage: Passage | None = None
    status: int | None = None
    upstream_request_id: str | None = None
    answer: Answer = field(default_factory=Answer)
    cost: Cost = UNKNOWN_COST
    first_chunk: float | None = None
    chunks: int | None = None
    decoded: bool = False
    estimate_error: float | None = None
    failure: Failure | None = None
    error: UpstreamError | None = None
    done: bool = False
    cut: bool = False

    @property
    def way(self) -> Passage:
        """The passage, once there is one."""
        assert self.passage is not None
        return self.passage

    def record(self, now: float) -> AttemptRecord:
        passage = self.passage
        return AttemptRecord(
            index=self.index,
            route=self.planned.route,
            provider=self.planned.provider,
            model=self.planned.model,
            lane=self.planned.lane,
            relation=self.relation,
            started_s=self.started,
            ended_s=now,
            failure=self.failure,
            downgrade_reason=self.downgrade_reason,
            status=self.status,
            upstream_request_id=self.upstream_request_id,
            response_model=self.answer.response_model,
            response_id=self.answer.response_id,
            usage=self.answer.usage,
            cost=self.cost,
            # A stream whose end never came has the finish reason `error` (semantic conventions).
            finish_reasons=("error",) if self.cut else self.answer.finish_reasons,
            time_to_first_chunk_s=self.first_chunk,
            chunks=self.chunks,
            own_credential=self.planned.own_credential,
            decoded=self.decoded,
            dialect=passage.dialect if passage is not None and passage.translated else None,
            losses=() if passage is None else passage.losses,
            estimate_error=self.estimate_error,
        )


@dataclass(slots=True)
class Exchange:
    """Times in `records` and `Execution` are seconds since the request arrived (`inbound.received`)."""

    inbound: Inbound
    out: Responder
    scope: RequestScope
    snapshot: Snapshot
    codec: Codec
    decision: RouteDecision
    scanned: Scanned
    body: bytes
    request_id: bytes
    clock: Callable[[], float]
    stream: ClientStream | None = None
    tap: StreamTap | None = None
    records: list[AttemptRecord] = field(default_factory=list[AttemptRecord])
    errors: list[UpstreamError | None] = field(default_factory=list[UpstreamError | None])
    status: int | None = None
    error_code: str | None = None
    outcome: Outcome | None = None
    head_sent: float | None = None
    response_bytes: int = 0
    draining: bool = False
    token_count: TokenCount | None = None
    canonical: Request | None = None

    def request(self) -> Request:
        """The client's request in canonical form, decoded once. Raises GateError."""
        if self.canonical is None:
            scanned = self.scanned
            decode = translator(self.codec.dialect).decode_request
            self.canonical = decode(self.body, model=scanned.model, stream=scanned.stream)
        return self.canonical

    def now(self) -> float:
        """Seconds since the request arrived."""
        return self.clock() - self.inbound.received

    @property
    def client_stream(self) -> ClientStream:
        """The stream of a streaming request; only asked for on those."""
        assert self.stream is not None
        return self.stream

    @property
    def committed(self) -> bool:
        return self.head_sent is not None if self.stream is None else self.stream.committed_at is not None

    @property
    def head_is_out(self) -> bool:
        return self.head_sent is not None or (self.stream is not None and self.stream.head_sent_at is not None)

    def error_event(self, error: GateError) -> bytes:
        """The dialect's in-band error, continuing the stream the client has seen so far."""
        return (self.tap or self.codec.tap(self.scanned)).error_event(error)

    async def answer(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        """A whole answer, good or bad, to a client whose head is still held."""
        if self.stream is not None:
            self.stream.stop()
        self.status = status
        self.head_sent = self.now()
        self.response_bytes = len(body)
        await self.out.whole(status, headers, body)

    def execution(self, *, duration_s: float | None = None, serving: AttemptRecord | None = None) -> Execution:
        """What has happened so far. duration_s: the end of it. serving: the attempt that is about to answer."""
        stream = self.stream
        records = self.records if serving is None else [*self.records, serving]
        early = None if stream is None else stream.head_sent_at
        return Execution(
            attempts=tuple(records),
            outcome=self.outcome,
            status=self.status,
            error_code=self.error_code,
            head_sent_s=self.head_sent if early is None else early,
            committed_s=self.head_sent if stream is None else stream.committed_at,
            duration_s=duration_s,
            upstream_s=sum((record.ended_s - record.started_s for record in records), 0.0),
            token_count=self.token_count,
            response_bytes=self.response_bytes + (0 if stream is None else stream.bytes_out),
        )
