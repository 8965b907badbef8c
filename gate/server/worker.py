"""One worker: starts the application, serves, reloads, and stops without cutting an answer.

A stop has four steps. 1. The application refuses new requests itself, while the worker still accepts connections, so
that every client and every health check gets an answer, which says `connection: close`. 2. What runs may run on, until
all is done or `drain_timeout_s` is over. 3. No connection is accepted any more, the application ends what still runs,
and END_GRACE_S is left for its bytes to be read. 4. The application flushes. Steps 3 and 4 together are bounded by
`flush_timeout_s`.
"""

import asyncio
import gc
import importlib
import logging
import os
import shutil
import signal
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any

from gate.server.application import Application, Builder, Loop, Role, ServerSettings, StartFailed, WorkerContext
from gate.server.balance import LoadBoard
from gate.server.connections import Connections
from gate.server.sockets import BoundSocket
from gate.server.trouble import describe

LOG = logging.getLogger("gate.server")

END_GRACE_S = 2.0
"""For the clients to read the end of their streams. One that does not read is not waited for any longer."""
SHORTEST_FLUSH_S = 1.0
FLUSH_LEEWAY_S = 0.2
"""The application bounds its flush itself and then knows what was lost; the worker is a little more patient."""
CLOSE_S = 0.25
"""At least, for answers on their way."""
STUCK_S = 2.0
"""Beyond all bounds of a stop: then the worker is stuck and the system ends it."""
DRAIN_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """All a worker gets from the supervisor. lifeline: a file descriptor at its end when the supervisor has gone.
    ready: to be called once requests are answered. held: signals that wait until the worker can handle them."""

    settings: ServerSettings
    board: LoadBoard
    build: Builder
    context: WorkerContext
    sockets: Sequence[BoundSocket]
    lifeline: int
    ready: Callable[[], None]
    held: frozenset[signal.Signals]


def run(setup: WorkerSetup) -> int:
    """Serves until it is told to stop and returns the exit code: 0 after a proper stop. In a process of its own.

    The loop is not closed: that would wait for threads and cancel what was bounded before. The process ends instead.
    """
    try:
        loop = new_loop(setup.settings.loop)
        loop.set_exception_handler(_unexpected)
        return loop.run_until_complete(_Worker(setup).run())
    except BaseException as error:
        LOG.error("a worker failed: %s", describe(error), extra={"event": "worker_failed"})
        return 1


def longest_stop_s(settings: ServerSettings) -> float:
    """Seconds from the signal after which a worker has ended, whatever it does."""
    at_least = END_GRACE_S + 3 * CLOSE_S + SHORTEST_FLUSH_S  # also with a flush_timeout_s of nothing
    return settings.drain_timeout_s + max(settings.flush_timeout_s, at_least) + STUCK_S


def new_loop(kind: Loop) -> asyncio.AbstractEventLoop:
    """Raises StartFailed when uvloop is demanded and missing."""
    if kind != "asyncio":
        try:
            return importlib.import_module("uvloop").new_event_loop()
        except ImportError:
            if kind == "uvloop":
                raise StartFailed("uvloop is demanded but not installed: install it or use the loop asyncio") from None
    return asyncio.new_event_loop()


def tune_gc() -> None:
    """Takes the garbage collector out of the way of requests. Called once, after the start.

    What exists now lives as long as the process: frozen, no collection looks at it again, and a full one no longer
    stops the loop for the tens of milliseconds that walking all modules takes. What requests make dies by reference
    count nearly always, so the young generation may grow 30 times larger than by default before it is looked through.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


class _Worker:
    def __init__(self, setup: WorkerSetup) -> None:
        self._setup = setup
        self._settings = setup.settings
        self._stop = asyncio.Event()
        self._orphaned = False
        self._app: Application | None = None
        self._reload_early = False
        self._drained_at = 0.0

    async def run(self) -> int:
        self._listen_to_supervisor()
        connections: Connections | None = None
        try:
            app = self._setup.build(self._setup.context)
            if await self._startup(app):
                connections = self._open(app)
        except BaseException as error:
            return self._cannot_start(error)
        if connections is not None:
            self._setup.ready()
            await self._stop.wait()
        try:
            if connections is not None:
                await self._drain(app, connections)
        finally:
            await self._flush(app)
        if self._orphaned:
            shutil.rmtree(self._setup.context.runtime_dir, ignore_errors=True)  # the supervisor cannot do it any more
        return 0

    # What the supervisor says.

    def _listen_to_supervisor(self) -> None:
        loop = asyncio.get_running_loop()
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the supervisor says what it means
        loop.add_signal_handler(signal.SIGTERM, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload)
        loop.add_reader(self._setup.lifeline, self._supervisor_gone)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, self._setup.held)

    def _supervisor_gone(self) -> None:
        """Nobody would pass signals on or restart anything any more, and the port must be free for the next server."""
        asyncio.get_running_loop().remove_reader(self._setup.lifeline)
        LOG.error("the supervisor has gone: this worker stops", extra=self._fields("worker_orphaned"))
        self._orphaned = True
        self._stop.set()

    def _reload(self) -> None:
        if self._app is None:
            self._reload_early = True
            return
        try:
            self._app.reload()
        except Exception as error:
            LOG.error("the reload failed: %s", describe(error), extra=self._fields("reload_failed"))

    # The start.

    async def _startup(self, app: Application) -> bool:
        """Whether the application is ready; false when a stop came first. Raises what the application raises."""
        starting = asyncio.ensure_future(app.startup())
        stopping = asyncio.ensure_future(self._stop.wait())
        await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not self._stop.is_set():
            starting.result()
            return True
        self._bound_the_rest()
        self._drained_at = time.monotonic()
        _, unfinished = await asyncio.wait({starting}, timeout=END_GRACE_S)
        for task in unfinished:
            task.cancel()
        await asyncio.wait({starting}, timeout=SHORTEST_FLUSH_S)
        return False

    def _open(self, app: Application) -> Connections:
        roles: set[Role] = {one.address.role for one in self._setup.sockets}
        apps = {role: app.asgi(role) for role in sorted(roles)}
        self._app = app
        if self._reload_early:
            self._reload()
        tune_gc()
        connections = Connections(self._settings, self._setup.board, self._setup.context.index)
        for one in self._setup.sockets:
            connections.listen(one.socket, apps[one.address.role])
        return connections

    def _cannot_start(self, error: BaseException) -> int:
        LOG.error("cannot start: %s", describe(error), extra=self._fields("worker_cannot_start"))
        return (error.exit_code if isinstance(error, StartFailed) else 0) or 1

    # The stop.

    async def _drain(self, app: Application, connections: Connections) -> None:
        drain_s = 0.0 if self._orphaned else self._settings.drain_timeout_s
        self._bound_the_rest()
        app.begin_drain()
        connections.last_answers()
        limit = time.monotonic() + drain_s
        while app.active() and time.monotonic() < limit and not self._orphaned:  # noqa: ASYNC110 - a number, not an event
            await asyncio.sleep(DRAIN_POLL_S)
        self._drained_at = time.monotonic()
        await connections.close_idle()
        unfinished = app.active()
        if unfinished:
            await self._within(END_GRACE_S, app.end_streams(), "the ending of streams")
        cut = await connections.close(max(CLOSE_S, self._drained_at + END_GRACE_S - time.monotonic()))
        fields = self._fields("worker_drained") | {"unfinished": unfinished, "cut": cut}
        level = logging.WARNING if cut else logging.INFO
        LOG.log(level, "drained; %d ended early, %d cut", unfinished, cut, extra=fields)

    async def _flush(self, app: Application) -> None:
        left_s = self._drained_at + self._settings.flush_timeout_s - time.monotonic()
        await self._within(max(SHORTEST_FLUSH_S, left_s) + FLUSH_LEEWAY_S, app.shutdown(), "the flush")

    async def _within(self, timeout_s: float, work: Coroutine[Any, Any, None], what: str) -> None:
        """Does the work for so long at most, and goes on whatever becomes of it: also work that ignores its
        cancellation is not waited for."""
        task = asyncio.ensure_future(work)
        done, _ = await asyncio.wait({task}, timeout=timeout_s)
        if not done:
            task.cancel()
            LOG.warning("%s took more than %.1f s", what, timeout_s, extra=self._fields("worker_impatient"))
        elif not task.cancelled() and (error := task.exception()) is not None:
            LOG.error("%s failed: %s", what, describe(error), extra=self._fields("worker_stop_failed"))

    def _bound_the_rest(self) -> None:
        """The system itself ends this process when it is stuck, also when nobody is there any more to see it."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, longest_stop_s(self._settings))

    def _fields(self, event: str) -> dict[str, Any]:
        context = self._setup.context
        return {"event": event, "worker": context.index, "generation": context.generation, "pid": os.getpid()}


def _unexpected(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What asyncio would print with all its values."""
    error = context.get("exception")
    what = describe(error) if isinstance(error, BaseException) else str(context.get("message"))
    LOG.error("unexpected on the event loop: %s", what, extra={"event": "loop_trouble"})
