"""One request on its way through the engine: what was decided, what has happened so far, and the way back."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from gate.core.allowance import Allowance
from gate.core.binding import Binding
from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.errors import GateError
from gate.core.execution import AttemptRecord, Execution, Outcome, TokenCount
from gate.core.failure import DowngradeReason, Failure, FailureKind
from gate.core.money import UNKNOWN_COST, Cost
from gate.core.shadow import ShadowPlan
from gate.engine.passage import Passage
from gate.engine.ports import Header, Inbound, RequestScope, Responder
from gate.engine.session_book import cache_loss_of
from gate.engine.snapshot import Snapshot
from gate.engine.stream import ClientStream
from gate.engine.upstream_error import UpstreamError
from gate.planner.recording import Situation
from gate.protocols.canonical.request import Request
from gate.protocols.codec import Answer, Codec, Scanned, StreamTap
from gate.protocols.registry import translator


@dataclass(slots=True)
class Draft:
    """An attempt while it runs; becomes an `AttemptRecord` when it ended. passage: None until the request was put into
    the upstream's terms. done: the answer is whole. cut: its stream ended without an end. hedge, task: see
    `gate.engine.hedge`; task is None where there is no race. until_content: ends the attempt when the request's time is
    over before anything could be told to the client. answered: told when there is something for the client."""

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
    allowances: tuple[Allowance, ...] = ()
    failure: Failure | None = None
    error: UpstreamError | None = None
    done: bool = False
    cut: bool = False
    binding: Binding | None = None
    hedge: bool = False
    task: "asyncio.Task[None] | None" = None
    until_content: asyncio.Timeout | None = None
    answered: Callable[[], None] | None = None

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
            cache_loss_pico=None if self.failure else cache_loss_of(self.planned, self.binding, self.answer.usage),
            allowances=self.allowances,
            hedge=self.hedge,
        )


@dataclass(slots=True)
class Exchange:
    """Times in `records` and `Execution` are seconds since the request arrived (`inbound.received`). records, errors:
    of attempts that ended, in the order they began. under_way: the others."""

    inbound: Inbound
    out: Responder
    scope: RequestScope
    snapshot: Snapshot
    codec: Codec
    decision: RouteDecision
    situation: Situation
    scanned: Scanned
    body: bytes
    request_id: bytes
    clock: Callable[[], float]
    stream: ClientStream | None = None
    tap: StreamTap | None = None
    records: list[AttemptRecord] = field(default_factory=list[AttemptRecord])
    errors: list[UpstreamError | None] = field(default_factory=list[UpstreamError | None])
    under_way: list[Draft] = field(default_factory=list[Draft])
    status: int | None = None
    error_code: str | None = None
    outcome: Outcome | None = None
    head_sent: float | None = None
    response_bytes: int = 0
    draining: bool = False
    token_count: TokenCount | None = None
    canonical: Request | None = None
    shadow: ShadowPlan | None = None
    repeats: int | None = None

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

    def epoch_s(self) -> float:
        """Seconds since 1970: the wall clock at the arrival, moved on by the clock that nobody sets."""
        return self.inbound.received_ns / 1e9 + self.now()

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

    def claim(self, draft: Draft) -> None:
        """This attempt has something for the client: it alone goes on, and no deadline is over it any more."""
        if draft.until_content is not None:
            draft.until_content.reschedule(None)
        if draft.answered is not None:
            draft.answered()
        for other in self.under_way:
            if other is not draft and other.task is not None:
                other.failure = _OUTRUN
                other.task.cancel()

    def ended(self, draft: Draft, record: AttemptRecord) -> None:
        """An attempt is over."""
        self.under_way.remove(draft)
        at = sum(earlier.index < record.index for earlier in self.records)
        self.records.insert(at, record)
        self.errors.insert(at, draft.error)

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
        records = self.records if serving is None else self._with(serving)
        early = None if stream is None else stream.head_sent_at
        return Execution(
            attempts=tuple(records),
            outcome=self.outcome,
            status=self.status,
            error_code=self.error_code,
            head_sent_s=self.head_sent if early is None else early,
            committed_s=self.head_sent if stream is None else stream.committed_at,
            duration_s=duration_s,
            upstream_s=_covered(records),
            token_count=self.token_count,
            response_bytes=self.response_bytes + (0 if stream is None else stream.bytes_out),
            repeats=self.repeats,
            shadow=self.shadow,
        )

    def _with(self, serving: AttemptRecord) -> list[AttemptRecord]:
        """All records, and the one that was outrun, whose end is only a moment away."""
        outrun = [draft.record(serving.ended_s) for draft in self.under_way if draft.index != serving.index]
        return sorted([*self.records, *outrun, serving], key=lambda record: record.index)


_OUTRUN = Failure(FailureKind.OUTRUN, "another attempt answered first")


def _covered(records: Iterable[AttemptRecord]) -> float:
    """Seconds during which at least one of these, in the order they began, was under way."""
    covered = until = 0.0
    for record in records:
        begin = max(record.started_s, until)
        if record.ended_s > begin:
            covered += record.ended_s - begin
            until = record.ended_s
    return covered
