"""What the engine needs of the world, as Protocols. Adapters in ring 3 and entry points in ring 4 implement them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from gate.admission.turns import TurnAction
from gate.core.binding import Binding
from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import Failure
from gate.core.request import ClientProfile
from gate.engine.snapshot import Target
from gate.planner.recording import Recording

Header = tuple[bytes, bytes]
StateOperation = Literal["connect", "publish", "listen", "read", "write"]
TurnHeard = Callable[[bytes, Sequence[float]], None]
"""A turn's digest, and when it was let through: ascending seconds of the worker's monotonic clock."""


@dataclass(frozen=True, slots=True)
class Inbound:
    """A request as it came in, before its body was read.

    path: without query and configured prefix. route: the operation's path template, for span names and metrics.
    headers: raw pairs in order, names in lower case. peer: the client's address. loopback: the listener is bound to
    loopback. received: seconds on the monotonic clock. model: where the path names it, and then `stream` says whether
    a stream is asked for; otherwise both stand in the body.
    """

    method: str
    path: str
    route: str
    query: bytes
    scheme: str
    http_version: str
    headers: Sequence[Header]
    peer: tuple[str, int] | None
    server: tuple[str, int | None] | None
    loopback: bool
    dialect: Dialect
    operation: Operation
    received: float
    received_ns: int
    read_body: Callable[[int], Awaitable[bytes]]
    """Reads the whole body up to so many bytes. Raises GateError body_too_large or body_timeout."""
    model: str | None = None
    stream: bool = False


class ClientGone(Exception):
    """The client's connection is closed; nothing can be sent any more."""


class ClientStalled(Exception):
    """The client did not read for so long that its stream is ended."""


class Responder(Protocol):
    """The way back to one client. Every method may raise ClientGone or ClientStalled."""

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        """A complete answer with its content-length."""
        ...

    async def head(self, status: int, headers: Sequence[Header]) -> None: ...

    async def write(self, data: bytes) -> None: ...

    async def end(self) -> None: ...


class TransportFailure(Exception):
    """An attempt failed on its way: no answer, or its body broke off. Carries the classified failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.kind.value)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class UpstreamCall:
    """One request to an upstream, ready to be sent. Timeouts in seconds; idle_s: between two reads of the body. path:
    with the model's name filled in (`Endpoint.path_for`)."""

    target: Target
    dialect: Dialect
    path: str
    query: bytes
    headers: list[Header]
    body: bytes
    stream: bool
    connect_s: float
    first_byte_s: float
    idle_s: float
    operation: Operation = Operation.CHAT
    method: bytes = b"POST"


class UpstreamAnswer(Protocol):
    """The head of an answer, and its body still to be read."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Sequence[Header]:
        """Raw pairs in order; names as the upstream spelled them."""
        ...

    def chunks(self) -> AsyncIterator[bytes]:
        """The body as it arrives, not decoded. Raises TransportFailure."""
        ...

    async def aclose(self) -> None: ...


class AttemptScope(Protocol):
    """The telemetry of one attempt. The transport attaches it around its one call and nothing else."""

    @property
    def context(self) -> Any:
        """What the telemetry adapter wants to be current during the call; opaque to the engine."""
        ...

    def end(self, record: AttemptRecord) -> None: ...


class Transport(Protocol):
    async def send(self, call: UpstreamCall, scope: AttemptScope) -> UpstreamAnswer:
        """Raises TransportFailure."""
        ...


class RequestScope(Protocol):
    """The telemetry of one request, from arrival to the end of its body."""

    def decided(self, decision: RouteDecision, plan_started_ns: int, plan_ended_ns: int) -> None: ...

    def attempt(
        self, decision: RouteDecision, planned: PlannedAttempt, index: int, relation: Relation, target: Target
    ) -> AttemptScope: ...

    def headers(self, decision: RouteDecision, execution: Execution) -> Sequence[Header]:
        """Gate's own response headers, rendered from what is known at this moment."""
        ...

    def early_headers(self, decision: RouteDecision) -> Sequence[Header]:
        """The only ones a head sent before its content may carry: the decision's id and the trace."""
        ...

    def rejected(self, code: str | None, outcome: Outcome, status: int | None, duration_s: float) -> None:
        """The end of a request that got no decision. code: Gate's own error, status: what was answered, if anything."""
        ...

    def finished(self, decision: RouteDecision, execution: Execution) -> None:
        """The end of a request that got one."""
        ...

    def error_headers(self) -> Sequence[Header]:
        """Headers of an answer without a decision (traceresponse)."""
        ...


class Telemetry(Protocol):
    def begin(self, inbound: Inbound, trusted: bool) -> RequestScope: ...

    def overload(self, reason: str) -> None: ...

    def in_flight(self, change: int) -> None: ...

    def repeated_turn(self, profile: ClientProfile, action: TurnAction) -> None:
        """A turn that its client had sent before was counted, slowed or refused."""
        ...

    def state_up(self, up: bool) -> None:
        """Whether what replicas share can be reached."""
        ...

    def state_error(self, operation: StateOperation) -> None:
        """Something that was asked of the shared state failed."""
        ...

    def crash(self, where: str, error: BaseException) -> None:
        """An exception nobody expected: type and place only, never values."""
        ...


class SharedState(Protocol):
    """What replicas share beside their own books. Nothing here waits for it but `find`, and that only for a moment;
    nothing raises."""

    @property
    def secret(self) -> bytes:
        """A key that all replicas have and nobody else, for fingerprints that are the same everywhere."""
        ...

    async def find(self, session: str) -> Binding | None:
        """Where a session was served last, None where that cannot be told at once."""
        ...

    def stale(self, session: str) -> bool:
        """Whether the session was served elsewhere since this worker served it."""
        ...

    def keep(self, session: str, binding: Binding, for_s: float, *, moved: bool) -> None:
        """The session was served. moved: not where it was served before."""
        ...

    def passed(self, turn: bytes, at: float, for_s: float, heard: TurnHeard) -> None:
        """A turn was let through, at seconds of the worker's monotonic clock, which is of interest for `for_s` seconds.
        `heard` is told later when everybody let it through, if anybody else did."""
        ...


class DecisionStore(Protocol):
    def put(self, recording: Recording) -> None:
        """Keep a request that has ended. Never waits, never raises."""
        ...


class Random(Protocol):
    def __call__(self, count: int) -> bytes: ...
