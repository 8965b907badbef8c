"""What the engine needs of the world, as Protocols. Adapters in ring 3 and entry points in ring 4 implement them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import Failure
from gate.engine.snapshot import Target

Header = tuple[bytes, bytes]


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

    def crash(self, where: str, error: BaseException) -> None:
        """An exception nobody expected: type and place only, never values."""
        ...


class DecisionStore(Protocol):
    def put(self, decision: RouteDecision, execution: Execution) -> None: ...

    def get(self, decision_id: str) -> tuple[RouteDecision, Execution] | None: ...

    def latest(self, count: int) -> Sequence[tuple[RouteDecision, Execution]]: ...


class Random(Protocol):
    def __call__(self, count: int) -> bytes: ...
