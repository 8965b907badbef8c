"""What the processes need of the application, and what they tell it. Values and Protocols, no behaviour."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

Role = Literal["public", "admin"]
Loop = Literal["auto", "uvloop", "asyncio"]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listener:
    """An address to listen on. host: a name or an address; a name with several addresses gets a socket for each.

    port: 0 lets the system choose.
    """

    host: str
    port: int
    role: Role


@dataclass(frozen=True, slots=True)
class BoundAddress:
    """Where a listener really is. host: a numeric address."""

    host: str
    port: int
    role: Role

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """How the processes serve; times in seconds. Raises ValueError for settings that cannot be served.

    drain_timeout_s: how long requests may run on after a stop was asked for. flush_timeout_s: everything after that,
    from the ending of what still runs to the last span sent. keep_alive_s: how long an idle connection stays open;
    longer than a client's pool keeps it, so that the server does not close one that is just being used.
    backlog: connections the system holds until a worker takes them. max_header_bytes: of one request, about; 431
    beyond. max_connection_requests: requests on one connection before it is closed, which lets clients move to other
    workers. loop: `auto` is uvloop where it can be imported.
    """

    listeners: tuple[Listener, ...]
    workers: int = 1
    drain_timeout_s: float = 30.0
    flush_timeout_s: float = 5.0
    keep_alive_s: float = 75.0
    backlog: int = 2048
    max_header_bytes: int = 65_536
    max_connection_requests: int = 100_000
    loop: Loop = "auto"

    def __post_init__(self) -> None:
        if not self.listeners:
            raise ValueError("there is no listener: nothing could be served")
        if self.workers < 1:
            raise ValueError(f"workers is {self.workers}: at least 1 is needed")
        if min(self.drain_timeout_s, self.flush_timeout_s) < 0 or self.keep_alive_s <= 0:
            raise ValueError(
                "drain_timeout_s and flush_timeout_s cannot be negative, and keep_alive_s must be positive"
            )


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """Who a worker is.

    index: its slot, 0 to workers - 1. generation: 0 at first, one more for each restart of the slot. runtime_dir: a
    directory for this user only that all workers share, there from before the first worker until after the last.
    addresses: where all workers listen. started_at: seconds since 1970 UTC when the server started, the same for all.
    """

    index: int
    generation: int
    workers: int
    runtime_dir: Path
    addresses: tuple[BoundAddress, ...]
    started_at: float


class StartFailed(Exception):
    """A worker cannot start and a restart would not help. The text says why and what to do; it is logged as it is.

    exit_code: what the server exits with when this ends it.
    """

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class Application(Protocol):
    """One worker's application. Its methods are called on the event loop, in the order given here.

    After a stop during the start only `shutdown` follows `startup`.
    """

    async def startup(self) -> None:
        """Ready to serve when it returns. Raises StartFailed, or whatever it cannot handle; cancelled when a stop comes
        in between and it does not return soon."""
        ...

    def asgi(self, role: Role) -> AsgiApp:
        """What answers the listeners of this role; asked once for each role."""
        ...

    def reload(self) -> None:
        """Take the configuration anew (SIGHUP). May come any number of times between startup and shutdown."""
        ...

    def begin_drain(self) -> None:
        """A stop was asked for: not ready any more. Requests still arrive and get the application's own refusal."""
        ...

    def active(self) -> int:
        """Requests that still run, streams among them; asked some fifty times a second while draining."""
        ...

    async def end_streams(self) -> None:
        """The time to drain is over: end every request that runs in a way its client understands."""
        ...

    async def shutdown(self) -> None:
        """Flush and close. Cancelled at the latest when `flush_timeout_s` is over; must not block the event loop."""
        ...


Builder = Callable[[WorkerContext], Application]
"""Makes the application of one worker, in the worker's process, on its event loop. It also makes the replacement of a
dead worker, from the memory the supervisor had at the start: what may have changed since then (files) it must read
itself. Raises StartFailed."""
