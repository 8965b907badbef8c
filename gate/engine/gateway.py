"""The use case: a request comes in, a decision is made, the decision is carried out, the end is told.

Whatever happens, a request has exactly one end (`End`).
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from gate.admission.credentials import Admitted, admit
from gate.admission.loop import is_loop
from gate.admission.trust import TraceTrust, trace_trust
from gate.admission.turns import TurnAction, refusal_text
from gate.core.decision import RouteDecision
from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import Outcome
from gate.core.request import RequestFeatures
from gate.engine.decider import Decider
from gate.engine.end import End, uncancel
from gate.engine.entry import Entries, Entry
from gate.engine.exchange import Exchange
from gate.engine.executor import Executor
from gate.engine.explain import refusal
from gate.engine.features import features_of
from gate.engine.headers import first
from gate.engine.health_book import HealthBook
from gate.engine.ports import (
    ClientGone,
    ClientStalled,
    DecisionStore,
    Inbound,
    Responder,
    SharedState,
    Telemetry,
)
from gate.engine.snapshot import Snapshot
from gate.engine.stream import ClientStream
from gate.engine.turn_book import TurnBook
from gate.planner.whatif import NOTHING_SUPPOSED, Supposed
from gate.protocols.codec import Scanned
from gate.protocols.encoding import decode_body
from gate.protocols.registry import codec, codecs


@dataclass(frozen=True, slots=True)
class Identity:
    """worker: index of this process. instance: eight hex digits, the same in all workers of one Gate; in `Via`."""

    worker: int
    instance: str


class Gateway:
    """snapshot: the configuration now in force; replaced whole by `swap`. shared: None where nothing is shared."""

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
        shared: SharedState | None = None,
    ) -> None:
        self.snapshot = snapshot
        self.entries = Entries()
        self._identity = identity
        self._executor = executor
        self._telemetry = telemetry
        self._store = store
        self._clock = clock
        self._random = random
        self._decider = Decider(
            worker=identity.worker,
            health=health,
            ratio=executor.book.rough_ratio_of,
            clock=clock,
            clock_ns=clock_ns,
            random=random,
            shared=shared,
        )
        self._turns = TurnBook(random(32)) if shared is None else TurnBook(shared.secret, tell=shared.passed)

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
        end = End(self._telemetry, self._store, scope, codec(inbound.dialect), inbound, out, request_id, self._clock)
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
            uncancel()
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

    def plan(
        self,
        features: RequestFeatures,
        now_ns: int | None = None,
        suppose: Mapping[str, Supposed] = NOTHING_SUPPOSED,
    ) -> RouteDecision:
        """The decision such a request would get now, see `Decider.hypothetical`. Nothing is sent, counted or stored."""
        return self._decider.hypothetical(features, self.snapshot, now_ns, suppose)

    def warm(self) -> None:
        """Do once what would otherwise make the first requests slow: load the codecs, index the world."""
        for dialect in codecs():
            for intent in self.snapshot.world.intents:
                probe = RequestFeatures(dialect, Operation.CHAT, intent, stream=True, body_bytes=0, token_estimate=0)
                self.plan(probe)

    async def _serve(
        self, inbound: Inbound, out: Responder, snapshot: Snapshot, admitted: Admitted, end: End, entry: Entry
    ) -> None:
        body = await inbound.read_body(snapshot.limits.body_bytes)
        encoding = first(inbound.headers, b"content-encoding")
        if encoding is not None:
            body = decode_body(body, encoding, snapshot.limits.body_bytes)
        scanned = end.codec.scan(body, inbound.operation)
        if inbound.model is not None:
            scanned = replace(scanned, model=inbound.model, stream=inbound.stream)
        client = snapshot.profiles.recognise(inbound.headers)
        plain = features_of(inbound, scanned, admitted, client, len(body), snapshot)
        told = self._telemetry.crash
        features = snapshot.matching.of_body(plain, inbound.headers, body, told)
        repeats = await self._repeats(features, scanned, body, inbound, snapshot)
        made = await self._decider.decide(features, snapshot)
        decision, shadow = made.decision, None
        end.scope.decided(decision, made.started_ns, made.ended_ns)
        candidate = snapshot.shadow
        if candidate is not None:
            seen = candidate.matching.of_body(plain, inbound.headers, body, told)
            shadow = self._decider.beside(made, seen, candidate)
        x = Exchange(
            inbound=inbound,
            out=out,
            scope=end.scope,
            snapshot=snapshot,
            codec=end.codec,
            decision=decision,
            situation=made.situation,
            scanned=scanned,
            body=body,
            request_id=end.request_id,
            clock=self._clock,
            repeats=repeats,
            shadow=shadow,
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
        try:
            await self._executor.run(x)
        finally:
            self._decider.ended(made, x.records)

    async def _repeats(
        self, features: RequestFeatures, scanned: Scanned, body: bytes, inbound: Inbound, snapshot: Snapshot
    ) -> int | None:
        """How often the client sent this very turn before, None where nobody looks. Returns when the turn may go on.
        Raises GateError repeated_turn when it may not."""
        peer = "" if inbound.peer is None else inbound.peer[0]
        verdict = self._turns.see(features, scanned, body, peer, self._clock(), snapshot.guard)
        if verdict is None:
            return None
        if verdict.action is not None:
            self._telemetry.repeated_turn(features.client, verdict.action)
        if verdict.action is TurnAction.REFUSED:
            text, wait_s = refusal_text(verdict), snapshot.guard.retry_after_s
            raise GateError(ErrorCode.REPEATED_TURN, text, retry_after_s=wait_s)
        if verdict.wait_s > 0:
            await asyncio.sleep(verdict.wait_s)
        return verdict.repeats


_LOOP_TEXT = (
    "this request has already passed through this Gate: a provider's address points back at Gate itself. "
    "Correct the provider's base URL (for example GATE_ANTHROPIC_BASE_URL) and start Gate again"
)
_INTERNAL_TEXT = "Gate met an unexpected condition; its log names the place under this request's id"


def _admission(inbound: Inbound, snapshot: Snapshot) -> tuple[Admitted, GateError | None]:
    required = not (inbound.loopback or snapshot.allow_anonymous)
    try:
        return admit(inbound.headers, snapshot.client_keys, required=required, dialect=inbound.dialect), None
    except GateError as error:
        return Admitted(), error
