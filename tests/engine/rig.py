"""A whole engine on a clock that only moves when everybody waits, between a client and upstreams that are counted.

Everything the engine reaches the world through is here in its plainest form: upstreams that play what they are told,
a client that notes what it is sent, a telemetry that counts. Nothing takes time, however long it waits.
"""

import asyncio
import selectors
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from gate.config.compile import compile_config
from gate.config.schema import Config
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution
from gate.engine.executor import Executor
from gate.engine.gateway import Gateway, Identity
from gate.engine.health_book import HealthBook
from gate.engine.ports import ClientGone, Header, Inbound, UpstreamCall
from gate.engine.snapshot import Snapshot

T = TypeVar("T")
Part = bytes | float | Exception
"""Of an upstream's body: bytes, seconds of silence, or how it breaks off."""


class Stuck(Exception):
    """Everybody waits, and nothing will ever come."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer as soon as nothing else is to be done."""

    def __init__(self) -> None:
        self.at = 1_000.0
        super().__init__(_Selector(self))

    def time(self) -> float:
        return self.at


class _Selector(selectors.DefaultSelector):
    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout is None:
            raise Stuck
        if not found and timeout:
            self._loop.at += timeout
        return found


def run(scenario: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs on a virtual clock. Raises Stuck."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(scenario())


@dataclass(slots=True)
class Reply:
    """What an upstream does with one request. fails: it never gets as far as a head. wait_s: until the head."""

    status: int = 200
    headers: Sequence[Header] = ((b"content-type", b"application/json"),)
    parts: Sequence[Part] = ()
    wait_s: float = 0.0
    fails: Exception | None = None


Pause = Callable[[str, float], Awaitable[None]]


async def plain_pause(who: str, seconds: float) -> None:
    """Every wait of the upstreams and the client goes through such a function. who: `upstream`, `client` or `body`."""
    del who
    await asyncio.sleep(seconds)


@dataclass(slots=True)
class Upstreams:
    """All providers. open: answers whose connection is in use. calls: the provider of each request, in order."""

    replies: Mapping[str, list[Reply]]
    pause: Pause = plain_pause
    open: set["_Answer"] = field(default_factory=set["_Answer"])
    calls: list[str] = field(default_factory=list[str])

    def transport(self, target: Any) -> "_Transport":
        return _Transport(self, target.base_url.rpartition("/")[2])


@dataclass(slots=True)
class _Transport:
    upstreams: Upstreams
    provider: str

    async def send(self, call: UpstreamCall, scope: Any) -> "_Answer":
        del call, scope
        upstreams = self.upstreams
        upstreams.calls.append(self.provider)
        replies = upstreams.replies[self.provider]
        answer = _Answer(upstreams, replies.pop(0) if len(replies) > 1 else replies[0])
        upstreams.open.add(answer)
        try:
            await upstreams.pause("upstream", answer.reply.wait_s)
            if answer.reply.fails is not None:
                raise answer.reply.fails
        except BaseException:
            upstreams.open.discard(answer)
            raise
        return answer


@dataclass(slots=True, eq=False)
class _Answer:
    upstreams: Upstreams
    reply: Reply

    @property
    def status(self) -> int:
        return self.reply.status

    @property
    def headers(self) -> Sequence[Header]:
        return self.reply.headers

    async def chunks(self) -> AsyncIterator[bytes]:
        for part in self.reply.parts:
            if isinstance(part, Exception):
                raise part
            await self.upstreams.pause("upstream", 0.0 if isinstance(part, bytes) else part)
            if isinstance(part, bytes):
                yield part

    async def aclose(self) -> None:
        self.upstreams.open.discard(self)
        await self.upstreams.pause("closing", 0.0)


@dataclass(slots=True)
class Client:
    """heads: status and headers of each response begun. ended: how often one was ended. gone: it cannot be written."""

    pause: Pause = plain_pause
    heads: list[tuple[int, dict[bytes, bytes]]] = field(default_factory=list[tuple[int, dict[bytes, bytes]]])
    body: bytes = b""
    ended: int = 0
    gone: bool = False

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        self._there()
        self.heads.append((status, dict(headers)))
        self.body += body
        self.ended += 1
        await self.pause("client", 0.0)

    async def head(self, status: int, headers: Sequence[Header]) -> None:
        self._there()
        self.heads.append((status, dict(headers)))
        await self.pause("client", 0.0)

    async def write(self, data: bytes) -> None:
        self._there()
        self.body += data
        await self.pause("client", 0.0)

    async def end(self) -> None:
        self._there()
        self.ended += 1
        await self.pause("client", 0.0)

    def _there(self) -> None:
        """As with a socket: what was written is on its way, however long it is waited for."""
        if self.gone:
            raise ClientGone


@dataclass(slots=True)
class Scope:
    """One request's telemetry, and its attempts'. open: attempts that were begun and not ended."""

    open: int = 0
    attempts: list[AttemptRecord] = field(default_factory=list[AttemptRecord])
    shown: list[Execution] = field(default_factory=list[Execution])
    ends: list[Execution | str | None] = field(default_factory=list[Execution | str | None])

    context: Any = None

    def decided(self, decision: Any, plan_started_ns: int, plan_ended_ns: int) -> None: ...

    def attempt(self, decision: Any, planned: Any, index: int, relation: Any, target: Any) -> "Scope":
        self.open += 1
        return self

    def end(self, record: AttemptRecord) -> None:
        self.open -= 1
        self.attempts.append(record)

    def headers(self, decision: Any, execution: Execution) -> Sequence[Header]:
        self.shown.append(execution)
        return []

    def early_headers(self, decision: Any) -> Sequence[Header]:
        return []

    def error_headers(self) -> Sequence[Header]:
        return []

    def rejected(self, code: str | None, outcome: Any, status: int | None, duration_s: float) -> None:
        self.ends.append(code)

    def finished(self, decision: Any, execution: Execution) -> None:
        self.ends.append(execution)


@dataclass(slots=True)
class Counts:
    """A worker's telemetry. in_flight: requests, as told."""

    scopes: list[Scope] = field(default_factory=list[Scope])
    in_flight_now: int = 0
    crashes: list[BaseException] = field(default_factory=list[BaseException])
    repeated: list[str] = field(default_factory=list[str])

    def begin(self, inbound: Inbound, trusted: bool) -> Scope:
        self.scopes.append(Scope())
        return self.scopes[-1]

    def in_flight(self, change: int) -> None:
        self.in_flight_now += change

    def overload(self, reason: str) -> None: ...

    def repeated_turn(self, profile: str, action: str) -> None:
        self.repeated.append(action)

    def state_up(self, up: bool) -> None: ...

    def state_error(self, operation: str) -> None: ...

    def crash(self, where: str, error: BaseException) -> None:
        self.crashes.append(error)


@dataclass(slots=True)
class _Kept:
    """A store of decisions. kept: how many it was given."""

    kept: int = 0

    def put(self, recording: Any) -> None:
        self.kept += 1

    def get(self, decision_id: str) -> Any: ...

    def latest(self, count: int) -> Sequence[Any]:
        return []


@dataclass(slots=True)
class Replicas:
    """Replicas that know nothing of any session."""

    pause: Pause = plain_pause
    secret: bytes = b"shared"

    async def find(self, session: str) -> None:
        await self.pause("replicas", 0.0)

    def stale(self, session: str) -> bool:
        return False

    def keep(self, session: str, binding: Any, for_s: float, *, moved: bool) -> None: ...

    def passed(self, turn: bytes, at: float, for_s: float, heard: Any) -> None: ...


def snapshot(**sections: Any) -> Snapshot:
    """Two providers of one dialect, `one` before `two`, whose routes share a lane that every model name leads to."""
    dialects = ["anthropic_messages", "openai_chat"]
    provider = {"kind": "compatible", "key": "${KEY}", "dialects": dialects}
    names = ("one", "two")
    config: dict[str, Any] = {
        "providers": {name: {**provider, "base_url": f"http://127.0.0.1:9/{name}"} for name in names},
        "lanes": {"fast": {"cluster": "fast-workhorse", "strategy": "priority"}},
        "routes": [
            {"provider": name, "model": "m", "lane": "fast", "priority": at, "price": {"input": 1, "output": 2}}
            for at, name in enumerate(names)
        ],
        "models": {"*": "lane:fast"},
    }
    return compile_config(Config.model_validate(config | sections), {"KEY": "k-0123456789-0123456789"})


class Rig:
    """The engine. Make it inside the loop. replies: by provider; the last one is played for all further requests.
    shared: there are replicas."""

    def __init__(
        self, made: Snapshot, replies: Mapping[str, list[Reply]], pause: Pause = plain_pause, *, shared: bool = False
    ) -> None:
        loop = asyncio.get_running_loop()
        self.pause = pause
        self.upstreams = Upstreams(replies, pause)
        self.clients: list[Client] = []
        self.telemetry = Counts()
        self.health = HealthBook()
        self.store = _Kept()
        self.gateway = Gateway(
            made,
            identity=Identity(0, "0123abcd"),
            executor=Executor(self.upstreams.transport, self.health, b"1.1 gate-0123abcd", loop.time),
            health=self.health,
            telemetry=self.telemetry,
            store=self.store,
            clock=loop.time,
            clock_ns=lambda: int(loop.time() * 1e9),
            random=Random(7).randbytes,
            shared=Replicas(pause) if shared else None,
        )

    async def ask(
        self,
        body: bytes,
        *,
        dialect: Dialect = Dialect.ANTHROPIC_MESSAGES,
        operation: Operation = Operation.CHAT,
        headers: Sequence[Header] = (),
        method: str = "POST",
    ) -> Client:
        """One request, to its end."""
        client = Client(self.pause)
        self.clients.append(client)

        async def read_body(most: int) -> bytes:
            await self.pause("body", 0.0)
            return body

        await self.gateway.handle(
            Inbound(
                method=method,
                path="/v1/messages",
                route="/v1/messages",
                query=b"",
                scheme="http",
                http_version="1.1",
                headers=headers,
                peer=("127.0.0.1", 5),
                server=("127.0.0.1", 4000),
                loopback=True,
                dialect=dialect,
                operation=operation,
                received=asyncio.get_running_loop().time(),
                received_ns=0,
                read_body=read_body,
            ),
            client,
        )
        return client

    @property
    def records(self) -> tuple[AttemptRecord, ...]:
        """Of the only request."""
        (scope,) = self.telemetry.scopes
        (end,) = scope.ends
        assert isinstance(end, Execution)
        return end.attempts

    def check(self, tasks: Iterable["asyncio.Task[Any]"] | None = None) -> None:
        """What holds when every request has ended. tasks: all that were begun, where that is known."""
        assert not self.upstreams.open, "an upstream connection leaked"
        assert self.telemetry.in_flight_now == 0
        assert len(self.gateway.entries) == 0
        assert all(scope.open == 0 for scope in self.telemetry.scopes), "an attempt's span is still open"
        assert all(len(scope.ends) == 1 for scope in self.telemetry.scopes), "a request has one end"
        routes = self.health.snapshot().routes
        assert all(health.in_flight == 0 for health in routes.values()), "an in-flight count was left behind"
        others = asyncio.all_tasks() - {asyncio.current_task()} if tasks is None else {*tasks}
        others = {task for task in others if not task.done()}
        assert not others, f"still running: {others}"


@contextmanager
def no_lost_errors() -> Generator[None]:
    """Fails when the loop was told of an error nobody took note of."""
    lost: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: lost.append(context))
    yield
    assert not lost, lost
