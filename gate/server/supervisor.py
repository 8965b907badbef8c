"""The parent process: binds the sockets, keeps the workers alive and passes signals on to them.

SIGTERM and SIGINT stop all workers, which drain; a second one ends everything at once. SIGHUP reloads all workers. The
workers are forked, so that imports are done and paid for once; the parent has one thread and no event loop.
"""

import gc
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from gate.server import sockets, worker
from gate.server.application import BoundAddress, Builder, ServerSettings, WorkerContext
from gate.server.balance import LoadBoard
from gate.server.restart import Backoff
from gate.server.signals import SignalInbox

LOG = logging.getLogger("gate.server")

STOPS = frozenset({signal.SIGTERM, signal.SIGINT})
HEARD = STOPS | {signal.SIGHUP, signal.SIGCHLD}
PATIENCE_S = 1.0
"""Beyond `worker.longest_stop_s`."""
LONGEST_DIRECTORY = 80
"""Bytes. A Unix socket's path may have 108, on macOS 104."""

OnBound = Callable[[tuple[BoundAddress, ...]], None]


def serve(settings: ServerSettings, build: Builder, *, on_bound: OnBound | None = None) -> int:
    """Serves until a signal stops it. On the main thread of a process that has no other thread.

    on_bound: called once, in the parent, as soon as all workers answer; with port 0 it tells the real one. Returns the
    exit code: 0 after a proper stop; 1 when an address cannot be had or a worker did not stop properly; the code of
    StartFailed (else 1) when a first worker cannot start; 128 + the signal's number after a second signal.
    """
    try:
        bound = sockets.bind(settings.listeners, settings.backlog)
    except sockets.BindFailed as error:
        LOG.error("%s", error, extra={"event": "bind_failed"})
        return 1
    runtime_dir = _runtime_dir()
    inbox = SignalInbox(HEARD)
    try:
        return _Supervisor(settings, build, bound, runtime_dir, inbox, on_bound).run()
    finally:
        inbox.close()
        sockets.close(bound)
        shutil.rmtree(runtime_dir, ignore_errors=True)


def _runtime_dir() -> Path:
    """A new directory that only this user can enter, with a path short enough for Unix sockets in it."""
    usual = tempfile.gettempdir()
    inside = usual if len(os.fsencode(usual)) <= LONGEST_DIRECTORY else "/tmp"
    return Path(tempfile.mkdtemp(prefix="gate-", dir=inside))


@dataclass(slots=True)
class _Slot:
    """A worker's place. pid: None while it is empty; restart_at: when it is filled again, on the monotonic clock."""

    index: int
    generation: int = 0
    pid: int | None = None
    ready: bool = False
    started: float = 0.0
    restart_at: float | None = None
    backoff: Backoff = field(default_factory=Backoff)


class _Supervisor:
    def __init__(
        self,
        settings: ServerSettings,
        build: Builder,
        bound: Sequence[sockets.BoundSocket],
        runtime_dir: Path,
        inbox: SignalInbox,
        on_bound: OnBound | None,
    ) -> None:
        self._settings = settings
        self._build = build
        self._bound = bound
        self._addresses = tuple(one.address for one in bound)
        self._runtime_dir = runtime_dir
        self._inbox = inbox
        self._on_bound = on_bound
        self._started_at = time.time()
        self._slots = [_Slot(index) for index in range(settings.workers)]
        self._board = LoadBoard(settings.workers)
        # Workers write here when they are ready, and see the other pipe end when the supervisor has gone.
        self._reports, self._report = os.pipe()
        self._lifeline, self._life = os.pipe()
        os.set_blocking(self._reports, False)
        self._stopping = False
        self._stop_signals = 0
        self._kill_at: float | None = None
        self._exit_code = 0

    def run(self) -> int:
        gc.freeze()  # what is imported stays shared: no collection in a worker writes to these pages
        try:
            for slot in self._slots:
                if not self._stopping:
                    self._fork(slot)
            while not self._stopping or self._living():
                for number in self._inbox.wait(self._next_due(), self._reports):
                    self._on_signal(number)
                self._note_ready()
                self._reap()
                self._restart_due()
                if self._kill_at is not None and time.monotonic() >= self._kill_at:
                    LOG.error("workers did not stop in time and are killed", extra={"event": "server_impatient"})
                    self._kill_all(1)
            LOG.info("stopped", extra={"event": "server_stopped", "exit_code": self._exit_code})
            return self._exit_code
        finally:
            for descriptor in (self._reports, self._report, self._lifeline, self._life):
                os.close(descriptor)

    def _living(self) -> list[_Slot]:
        return [slot for slot in self._slots if slot.pid is not None]

    # Starting workers.

    def _fork(self, slot: _Slot) -> None:
        if threading.active_count() > 1:
            names = sorted(thread.name for thread in threading.enumerate())
            LOG.warning("forking with threads: %s", ", ".join(names), extra={"event": "fork_with_threads"})
        _flush_output()
        slot.restart_at = None
        slot.ready = False
        slot.started = time.monotonic()
        with self._inbox.held():
            try:
                pid = os.fork()
            except OSError as error:
                LOG.error("cannot fork a worker: %s", error.strerror, extra=self._fields(slot, "fork_failed"))
                self._lost(slot, 1)
                return
            if pid == 0:
                self._child(slot)
        slot.pid = pid
        LOG.debug("worker started", extra=self._fields(slot, "worker_started"))

    def _child(self, slot: _Slot) -> None:
        """The worker's whole life. Nothing of the parent's stack may run in it, so it ends right here."""
        code = 1
        try:
            self._inbox.leave_to_child()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.close(self._reports)
            os.close(self._life)
            context = WorkerContext(
                slot.index, slot.generation, len(self._slots), self._runtime_dir, self._addresses, self._started_at
            )
            code = worker.run(
                worker.WorkerSetup(
                    settings=self._settings,
                    board=self._board,
                    build=self._build,
                    context=context,
                    sockets=self._bound,
                    lifeline=self._lifeline,
                    ready=lambda: self._report_ready(slot),
                    held=HEARD,
                )
            )
            _flush_output()
        finally:
            os._exit(code)

    def _report_ready(self, slot: _Slot) -> None:
        """In the worker. So short a write to a pipe is one piece, also with several writers."""
        os.write(self._report, f"{slot.index} {slot.generation}\n".encode())

    def _note_ready(self) -> None:
        try:
            reports = os.read(self._reports, 65_536).decode()
        except BlockingIOError:
            return
        for report in reports.splitlines():
            index, generation = map(int, report.split())
            slot = self._slots[index]
            if slot.generation == generation:
                slot.ready = True
                LOG.info("worker ready", extra=self._fields(slot, "worker_ready"))
        if self._on_bound is not None and not self._stopping and all(slot.ready for slot in self._slots):
            announce, self._on_bound = self._on_bound, None
            announce(self._addresses)

    # Dying workers.

    def _reap(self) -> None:
        for slot in self._living():
            assert slot.pid is not None
            pid, status = os.waitpid(slot.pid, os.WNOHANG)
            if pid:
                self._lost(slot, os.waitstatus_to_exitcode(status))

    def _lost(self, slot: _Slot, code: int) -> None:
        """A worker has ended; code: its exit code, negative for the signal that killed it."""
        fields = self._fields(slot, "worker_ended") | {"exit_code": code}
        slot.pid = None
        self._board.leave(slot.index)
        if self._stopping:
            LOG.log(logging.ERROR if code else logging.INFO, "worker ended (%s)", _spelled(code), extra=fields)
            if code and not self._exit_code:
                self._exit_code = 1
        elif slot.generation == 0 and not slot.ready:
            LOG.error("a worker could not start (%s): the server stops", _spelled(code), extra=fields)
            self._exit_code = code if code > 0 else 1
            self._stop()
        else:
            slot.backoff, delay_s = slot.backoff.after_death(time.monotonic() - slot.started)
            slot.generation += 1
            slot.restart_at = time.monotonic() + delay_s
            fields["restart_in_s"] = delay_s
            level = logging.ERROR if code else logging.WARNING  # 0: somebody stopped this one worker by hand
            LOG.log(level, "worker ended (%s); the next starts in %.2f s", _spelled(code), delay_s, extra=fields)

    def _restart_due(self) -> None:
        for slot in self._slots:
            if not self._stopping and slot.restart_at is not None and slot.restart_at <= time.monotonic():
                self._fork(slot)

    def _next_due(self) -> float | None:
        """Seconds until something is to be done without a signal."""
        due = [slot.restart_at for slot in self._slots if slot.restart_at is not None and not self._stopping]
        if self._kill_at is not None:
            due.append(self._kill_at)
        return max(0.0, min(due) - time.monotonic()) if due else None

    # Signals.

    def _on_signal(self, number: signal.Signals) -> None:
        if number in STOPS:
            self._stop_signals += 1
            if self._stop_signals > 1:
                LOG.warning("a second %s: everything ends now", number.name, extra={"event": "server_killed"})
                self._kill_all(128 + number)
            elif not self._stopping:
                LOG.info("%s: draining", number.name, extra={"event": "server_draining"})
                self._stop()
        elif number == signal.SIGHUP and not self._stopping:
            LOG.info("SIGHUP: reloading", extra={"event": "server_reloading"})
            self._send_all(signal.SIGHUP)

    def _stop(self) -> None:
        self._stopping = True
        self._kill_at = time.monotonic() + worker.longest_stop_s(self._settings) + PATIENCE_S
        self._send_all(signal.SIGTERM)

    def _send_all(self, number: signal.Signals) -> None:
        for slot in self._living():
            assert slot.pid is not None
            with suppress(ProcessLookupError):
                os.kill(slot.pid, number)

    def _kill_all(self, exit_code: int) -> None:
        self._exit_code = exit_code
        self._kill_at = None
        self._send_all(signal.SIGKILL)
        for slot in self._living():
            assert slot.pid is not None
            os.waitpid(slot.pid, 0)
            slot.pid = None

    def _fields(self, slot: _Slot, event: str) -> dict[str, object]:
        return {"event": event, "worker": slot.index, "generation": slot.generation, "pid": slot.pid}


def _flush_output() -> None:
    """Buffered text is in both processes after a fork; written before it, it appears once."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()


def _spelled(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"
