"""Keeps decisions in a file, in a thread of its own.

Promises: `put` only appends to a bounded queue; a full queue drops what comes and counts it. Whatever is wrong with the
disk (broken, locked, full, gone) is counted and told once, harms no request, and is over when it is over. A Gate that
may not write where it would by default keeps its decisions in memory only, and says so in one line.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Literal

from gate.engine.snapshot import StoreSettings
from gate.planner.recording import Encoder, Recording
from gate.store import sqlite_file
from gate.store.sqlite_file import Bounds, NewerFile

log = logging.getLogger("gate.store")

QUEUE = 2_000
"""Recordings that wait; what comes then is dropped."""
EVERY_S = 0.25
BATCH = 200
TIDY_S = 60.0
RETRY_S = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Between attempts to open a file that could not be written."""
DAY_NS = 86_400 * 10**9

Result = Literal["written", "dropped", "failed"]


class SqliteStore:
    """One worker's writer. stored, size: told what became of recordings and how many the file holds; called from the
    writer's thread. speaks: whether it says aloud that there is no file (one worker's word is enough)."""

    def __init__(
        self,
        settings: StoreSettings,
        *,
        stored: Callable[[Result, int], None],
        size: Callable[[int], None],
        speaks: bool = True,
        clock_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._settings = settings
        self._stored = stored
        self._size = size
        self._speaks = speaks
        self._clock_ns = clock_ns
        self._queue: SimpleQueue[Recording] = SimpleQueue()
        self._dropped = 0
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        # The thread's own:
        self._encoder = Encoder()
        self._file: sqlite3.Connection | None = None
        self._opened: tuple[Path, int] | None = None
        self._kept = 0
        self._told_dropped = 0
        self._failures = 0
        self._lost = 0
        self._retry_at = 0.0
        self._tidy_at = 0.0
        self._nowhere: Path | None = None

    def start(self) -> None:
        """In the process that is to have the thread."""
        if self._settings.path is None and self._settings.by_default:
            self._say_memory_only("there is no home directory")
        self._thread = threading.Thread(target=self._run, name="gate-store", daemon=True)
        self._thread.start()

    def put(self, recording: Recording) -> None:
        """Never waits, never raises."""
        path = self._settings.path
        if path is None or path == self._nowhere:
            return
        if self._queue.qsize() >= QUEUE:
            self._dropped += 1
        else:
            self._queue.put(recording)

    def find(self, decision_id: str) -> Recording | None:
        """Reads the file: not for the event loop. What cannot be read is not there, and logged."""
        path = self._settings.path
        if path is None:
            return None
        try:
            return sqlite_file.find(path, decision_id)
        except (sqlite3.Error, OSError, NewerFile, ValueError) as error:
            log.warning("a stored decision cannot be read: %s", _said(error, path))
            return None

    def configure(self, settings: StoreSettings) -> None:
        """A reload. Another path counts from the next batch on."""
        self._settings = settings

    def close(self, within_s: float) -> bool:
        """Write what is queued and end, within a bound. Whether all was settled. Blocks the caller."""
        self._ending.set()
        thread = self._thread
        if thread is not None:
            thread.join(within_s)
            if thread.is_alive():
                log.warning("%d decisions were not kept: the file did not take them in time", self._queue.qsize())
                return False
        return True

    # -- the thread

    def _run(self) -> None:
        while not self._ending.wait(EVERY_S):
            self._turn()
        self._retry_at = 0.0
        self._turn()
        self._shut()

    def _turn(self) -> None:
        """One round: everything that is queued, and tidying when it is time. Never raises."""
        try:
            self._tell_dropped()
            while self._ready():
                batch = self._batch()
                if batch:
                    self._write(batch)
                if len(batch) < BATCH:
                    break
            if self._file is not None and time.monotonic() >= self._tidy_at:
                self._tidy()
        except Exception as error:  # a defect of ours must end neither quietly nor the thread
            self._failed(error, 0)

    def _batch(self) -> list[Recording]:
        batch: list[Recording] = []
        with suppress(Empty):
            while len(batch) < BATCH:
                batch.append(self._queue.get_nowait())
        return batch

    def _ready(self) -> bool:
        """Whether there is a file to write into; opens it when it is time to."""
        path = self._settings.path
        if path is None or path == self._nowhere:
            self._batch()
            self._shut()
            return False
        if self._file is not None and self._opened != (path, _inode(path)):
            # Moved, removed, or another one was configured: SQLite would write on into the old one.
            self._shut()
        if self._file is not None:
            return True
        if time.monotonic() < self._retry_at:
            return False
        try:
            self._file = sqlite_file.writable(path)
            self._opened = (path, _inode(path))
            self._kept = sqlite_file.count(self._file)
            self._size(self._kept)
        except (sqlite3.Error, OSError, NewerFile) as error:
            if isinstance(error, OSError) and self._settings.by_default and not self._failures:
                self._give_up(path, error)
            else:
                self._failed(error, 0)
            return False
        return True

    def _write(self, batch: list[Recording]) -> None:
        file = self._file
        assert file is not None
        try:
            rows = [sqlite_file.row(one, self._encoder.encode(one)) for one in batch]
            sqlite_file.insert(file, rows)
        except Exception as error:
            self._failed(error, len(batch))
            return
        self._stored("written", len(batch))
        self._kept += len(batch)
        self._size(self._kept)
        if self._failures:
            log.info("decisions are kept in %s again; %d were not", self._settings.path, self._lost)
            self._failures = self._lost = 0

    def _tidy(self) -> None:
        self._tidy_at = time.monotonic() + TIDY_S
        settings, file = self._settings, self._file
        assert file is not None
        oldest = self._clock_ns() - int(settings.keep_days * DAY_NS)
        try:
            sqlite_file.tidy(file, Bounds(oldest, settings.keep_decisions, settings.max_bytes))
            self._kept = sqlite_file.count(file)
        except sqlite3.Error as error:
            self._failed(error, 0)
            return
        self._size(self._kept)

    def _failed(self, error: Exception, lost: int) -> None:
        """One line when it begins, and from then on a number. The queue goes on filling until it drops."""
        self._shut()
        if lost:
            self._stored("failed", lost)
        self._lost += lost
        if not self._failures:
            log.warning("decisions are not kept on disk: %s", _said(error, self._settings.path))
        self._retry_at = time.monotonic() + RETRY_S[min(self._failures, len(RETRY_S) - 1)]
        self._failures += 1

    def _give_up(self, path: Path, error: OSError) -> None:
        self._nowhere = path
        self._say_memory_only(_said(error, path))
        self._batch()

    def _say_memory_only(self, why: str) -> None:
        log.log(
            logging.WARNING if self._speaks else logging.DEBUG,
            "decisions are kept in memory only, the latest of each worker: %s. Name a place with store.path "
            "(GATE_STORE_PATH), or say store.kind: memory",
            why,
        )

    def _tell_dropped(self) -> None:
        dropped = self._dropped
        if dropped > self._told_dropped:
            self._stored("dropped", dropped - self._told_dropped)
            self._told_dropped = dropped

    def _shut(self) -> None:
        file, self._file, self._opened = self._file, None, None
        if file is not None:
            with suppress(sqlite3.Error):
                file.close()


def _inode(path: Path) -> int:
    """0 where there is none."""
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _said(error: Exception, path: Path | None) -> str:
    if isinstance(error, NewerFile):
        return str(error)
    if isinstance(error, OSError):
        return f"{path}: {error.strerror or type(error).__name__}"
    if isinstance(error, sqlite3.Error):
        return f"{path}: {error}"
    return f"{path}: {type(error).__name__}"
