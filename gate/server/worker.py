"""One worker: starts the application, serves, reloads, and stops without cutting an answer.

A stop has four steps. 1. The application refuses new requests itself, while the worker still accepts connections: until
the end every client and every health check gets an answer, which says `connection: close`. 2. What runs may run on until
`drain_timeout_s`. 3. No connection is accepted any more, the application ends what still runs, and END_GRACE_S is left
for its bytes to be read. 4. The application flushes. Steps 3 and 4 together are bounded by `flush_timeout_s`.
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
from gate.server.connections import Connections
from gate.server.sockets import BoundSocket
from gate.server.trouble import describe

LOG = logging.getLogger("gate.server")

END_GRACE_S = 2.0
"""For the clients to read the end of their streams. One that does not read is not waited for any longer."""
SHORTEST_FLUSH_S = 1.0
FLUSH_LEEWAY_S = 0.2
"""The application bounds its flush itself and then knows what was lost; the worker is a little more patient."""
STUCK_S = 3.0
"""Beyond all bounds of a stop: then the worker is stuck and the system ends it."""
DRAIN_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class WorkerSetup:
    """All a worker gets from the supervisor. lifeline: a file descriptor at its end when the supervisor has gone.
    ready: to be called once requests are answered. held: signals that wait until the worker can handle them."""

    settings: ServerSettings
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
        self._loop = asyncio.get_event_loop_policy
        self._stop = asyncio.Event()
        self._orphaned = False
        self._app: Application | None = None
        self._reload_wanted = False
