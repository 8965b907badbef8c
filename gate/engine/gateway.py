"""The use case: a request comes in, a decision is made, the decision is carried out, the end is told.

Whatever happens, a request has exactly one end: one root span, one line in the log, one count in the metrics.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from gate.admission.credentials import Admitted, admit
from gate.admission.loop import is_loop
from gate.admission.trust import TraceTrust, trace_trust
from gate.core.decision import RouteDecision
from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import Outcome
from gate.core.ids import decision_id
from gate.core.request import RequestFeatures
from gate.engine.entry import Entries, Entry
from gate.engine.exchange import Exchange
from gate.engine.executor import Executor
from gate.engine.explain import refusal
from gate.engine.features import features_of
from gate.engine.headers import first, to_client
from gate.engine.health_book import HealthBook
from gate.engine.ports import (
    ClientGone,
    ClientStalled,
    DecisionStore,
    Header,
    Inbound,
    RequestScope,
    Responder,
    Telemetry,
)
from gate.engine.snapshot import Snapshot
from gate.engine.stream import ClientStream
from gate.planner.plan import plan
from gate.protocols.codec import Codec
from gate.protocols.encoding import decode_body
from gate.protocols.registry import codec, codecs


@dataclass(frozen=True, slots=True)
class Identity:
    """worker: index of this process. instance: eight hex digits, the same in all workers of one Gate; in `Via`."""

    worker: int
    instance: str


class Gateway:
    """snapshot: the configuration now in force; replaced whole by `swap`."""

    def __init__(
        self,
        snapshot: Snapshot,
        *,
        identity: Identity,
        executor: Executor,
        health: HealthBook,
        telemetry: Telemetry,
        store: DecisionStore,
        clock: Callable[[], float],
        clock_ns: Callable[[], int],
        random: Callable[[int], bytes],
    ) -> None:
        self.snapshot = snapshot
        self.entries = Entries()
        self._identity = identity
        self._executor = executor
        self._health = health
        self._telemetry = telemetry
        self._store = store
        self._clock = clock
        self._clock_ns = clock_ns
        self._random = random

    def swap(self, snapshot: Snapshot) -> None:
        """From now on new requests are planned with this configuration; running ones keep theirs."""
        self.snapshot = snapshot

    async def handle(self, inbound: Inbound, out: Responder) -> None:
        """Serve one model request to its end. Never raises, except CancelledError from a stop of the process."""
        snapshot = self.snapshot
        admitted, refused = _admission(inbound, snapshot)
        trust = trace_trust(loopback=inbound.loopback, client_key=admitted.client_key)
        scope = self._telemetry.begin(inbound, trusted=trust is TraceTrust.CONTINUE)
        entry = self.entries.enter()
        self._telemetry.in_flight(1)
        request_id = b"req_gate_" + self._random(12).hex().encode()
        end = _End(self._telemetry, self._store, scope, codec(inbound.dialect), inbound, out, request_id, self._clock)
        try:
            if refused is not None:
                raise refused
            if inbound.method != "POST":
                raise GateError(ErrorCode.METHOD_NOT_ALLOWED, f"{inbound.route} takes POST, not {inbound.method[:16]}")
            if is_loop(inbound.headers, self._identity.instance):
                raise GateError(ErrorCode.LOOP, _LOOP_TEXT)
            await self.entries.admit(entry, snapshot.limits)
            await self._serve(inbound, out, snapshot, admitted, end, entry)
        except GateError as error:
            if error.code in (ErrorCode.OVERLOADED, ErrorCode.DRAINING):
                self._telemetry.overload(error.code.value)
            await end.refuse(error)
        except ClientGone:
            end.client_gone()
        except ClientStalled:
            end.client_stalled()
        except asyncio.CancelledError:
            _uncancel()
            if entry.draining:
                await end.drained()
            else:
                end.client_gone()
        except Exception as error:  # nothing may leave without an answer, a span and a count; never its values
            self._telemetry.crash("gateway", error)
            await end.refuse(GateError(ErrorCode.INTERNAL, _INTERNAL_TEXT), Outcome.INTERNAL_ERROR)
        finally:
            self.entries.leave(entry)
            self._telemetry.in_flight(-1)
            end.close()

    def plan(self, features: RequestFeatures) -> RouteDecision:
        """The decision a request with these features would get now. Nothing is sent, counted or stored."""
        snapshot = self.snapshot
        world = snapshot.world
        if snapshot.simulated is not None and not features.own_credential:
            world = snapshot.simulated
        seed = int.from_bytes(self._random(4))
        now = self._clock()
        new_id = decision_id(self._identity.worker, self._random(10))
        ratio = self._executor.book.rough_ratio_of
        return plan(features, world, self._health.snapshot(), now, self._clock_ns(), seed, new_id, ratio)

    def warm(self) -> None:
        """Do once what would otherwise make the first requests slow: load the codecs, index the world."""
        for dialect in codecs():
            for intent in self.snapshot.world.intents:
                probe = RequestFeatures(dialect, Operation.CHAT, intent, stream=True, body_bytes=0, token_estimate=0)
                self.plan(probe)

    async def _serve(
        self, inbound: Inbound, out: Responder, snapshot: Snapshot, admitted: Admitted, end: "_End", entry: Entry
    ) -> None:
        body = await inbound.read_body(snapshot.limits.body_bytes)
        encoding = first(inbound.headers, b"content-encoding")
        if encoding is not None:
            body = decode_body(body, encoding, snapshot.limits.body_bytes)
        scanned = end.codec.scan(body, inbound.operation)
        if inbound.model is not None:
            scanned = replace(scanned, model=inbound.model, stream=inbound.stream)
        client = snapshot.profiles.recognise(inbound.headers)
        features = features_of(inbound, scanned, admitted, client, len(body), snapshot)
        started = self._clock_ns()
        decision = self.plan(features)
        end.scope.decided(decision, started, self._clock_ns())
        x = Exchange(
            inbound=inbound,
            out=out,
            scope=end.scope,
            snapshot=snapshot,
            codec=end.codec,
            decision=decision,
            scanned=scanned,
            body=body,
            request_id=end.request_id,
            clock=self._clock,
        )
        end.exchange = entry.exchange = x
        if not decision.attempts:
            x.outcome = Outcome.NO_ROUTE
            raise refusal(decision)
        if scanned.stream:
            x.stream = ClientStream(
                out, snapshot.stream, end.codec.ping, lambda: end.scope.early_headers(decision), x.now
            )
            x.stream.start()
        await self._executor.run(x)


_LOOP_TEXT = (
    "this request has already passed through this Gate: a provider's address points back at Gate itself. "
    "Correct the provider's base URL (for example GATE_ANTHROPIC_BASE_URL) and start Gate again"
)
_INTERNAL_TEXT = "Gate met an unexpected condition; its log names the place under this request's id"
_DRAINED_TEXT = "Gate is being stopped; please send the request again"


def _admission(inbound: Inbound, snapshot: Snapshot) -> tuple[Admitted, GateError | None]:
    required = not (inbound.loopback or snapshot.allow_anonymous)
    try:
        return admit(inbound.headers, snapshot.client_keys, required=required, dialect=inbound.dialect), None
    except GateError as error:
        return Admitted(), error


def _uncancel() -> None:
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


class _End:
    """The one end of a request: answers what is still to be answered and tells telemetry, once."""

    def __init__(
        self,
        telemetry: Telemetry,
        store: DecisionStore,
        scope: RequestScope,
        codec_: Codec,
        inbound: Inbound,
        out: Responder,
        request_id: bytes,
        clock: Callable[[], float],
    ) -> None:
        self.scope = scope
        self.codec = codec_
        self.request_id = request_id
        self.exchange: Exchange | None = None
        self._telemetry = telemetry
        self._store = store
        self._inbound = inbound
        self._out = out
        self._clock = clock
        self._outcome: Outcome | None = None
        self._status: int | None = None
        self._code: str | None = None

    async def refuse(self, error: GateError, outcome: Outcome = Outcome.REJECTED) -> None:
        """Answer an error of Gate's own, as a plain answer or, where the head is out, in the stream."""
        x = self.exchange
        self._outcome = x.outcome if x is not None and x.outcome is Outcome.NO_ROUTE else outcome
        self._code = error.code.value
        try:
            if x is not None and x.stream is not None and x.head_is_out:
                await x.stream.fail(x.error_event(error))
                return
            status, made, body = self.codec.error_response(error, self.request_id.decode())
            self._status = status
            own = self.scope.error_headers() if x is None else self.scope.headers(x.decision, x.execution())
            if error.code is ErrorCode.METHOD_NOT_ALLOWED:
                own = [*own, (b"allow", b"POST")]
            headers = to_client(made, decoded=False, dialect=self._inbound.dialect, made_up_id=self.request_id, own=own)
            await self._answer(status, headers, body)
        except (ClientGone, ClientStalled, asyncio.CancelledError):
            self._outcome = Outcome.CLIENT_GONE
            _uncancel()

    async def _answer(self, status: int, headers: list[Header], body: bytes) -> None:
        if self.exchange is not None:
            await self.exchange.answer(status, headers, body)
        else:
            await self._out.whole(status, headers, body)

    async def drained(self) -> None:
        """Gate stops: end what is open with an error the client understands."""
        x = self.exchange
        if x is not None and x.outcome is Outcome.SERVED:
            return
        error = GateError(ErrorCode.DRAINING, _DRAINED_TEXT, retry_after_s=1)
        if x is not None:
            x.outcome = Outcome.DRAINED
        await self.refuse(error, Outcome.DRAINED)

    def client_gone(self) -> None:
        if self.exchange is None or self.exchange.outcome is not Outcome.SERVED:
            self._outcome = Outcome.CLIENT_GONE

    def client_stalled(self) -> None:
        self._outcome = Outcome.CLIENT_GONE
        self._code = "client_stalled"

    def close(self) -> None:
        x = self.exchange
        duration = self._clock() - self._inbound.received
        if x is None:
            self.scope.rejected(self._code, self._outcome or Outcome.REJECTED, self._status, duration)
            return
        if x.stream is not None:
            x.stream.stop()
        x.outcome = self._outcome or x.outcome or Outcome.INTERNAL_ERROR
        x.error_code = x.error_code or self._code
        execution = x.execution(duration_s=duration)
        self._store.put(x.decision, execution)
        self.scope.finished(x.decision, execution)
