"""Reads the files of all workers, also while they are written.

Promises: every entry that was complete when its file was read is there, with values no older than that moment; an
exemplar is whole or absent; no count is lost or counted twice while dead workers' files are folded into one
(`fold.py`); a file that is gone, foreign or damaged is skipped, never an exception.
"""

import fcntl
import mmap
import os
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gate.telemetry.metrics.store import (
    ENTRY,
    EXEMPLAR,
    HEADER,
    HEADER_BYTES,
    MAGIC,
    SEGMENT,
    Entry,
)

_NAME = re.compile(r"metrics-(\d{1,9})-(\d{1,9})\.mm")
_TRIES = 5
COVERS = ""
"""Metric name of the entry of a folded file whose labels are the names of the files it stands for."""
FOLDED = 999_999_999
"""Worker index of a folded file."""
_ENTRY_META = msgspec.json.Decoder(Entry)


@dataclass(frozen=True, slots=True)
class StoredExemplar:
    """A value and the trace it came from. at: seconds since 1970."""

    value: float
    at: float
    trace_id: str
    span_id: str


@dataclass(frozen=True, slots=True)
class Series:
    """One series of one worker. exemplars: (slot, exemplar) of the slots that have one."""

    metric: str
    labels: tuple[str, ...]
    values: tuple[float, ...]
    exemplars: tuple[tuple[int, StoredExemplar], ...]


@dataclass(frozen=True, slots=True)
class WorkerFile:
    """What one worker has counted. created: seconds since 1970. covers: names of the files whose counts are in it."""

    name: str
    worker: int
    generation: int
    alive: bool
    created: float
    series: tuple[Series, ...]
    covers: frozenset[str] = frozenset()


def read_all(directory: Path) -> list[WorkerFile]:
    """All workers' files, by worker and generation. An empty or missing directory is an empty list."""
    found: list[WorkerFile] = []
    names = _names(directory)
    for _ in range(_TRIES):
        read = [read_file(directory / name) for name in names]
        found = [file for file in read if file is not None]
        again = _names(directory)
        if again == names:
            break
        names = again  # a worker came, or files were folded meanwhile: what was read may not belong together
    covered = frozenset[str]().union(*(file.covers for file in found))
    kept = [file for file in found if file.name not in covered]
    return sorted(kept, key=lambda file: (file.worker, file.generation))


def _names(directory: Path) -> frozenset[str]:
    try:
        return frozenset(path.name for path in directory.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return frozenset()


def read_file(path: Path) -> WorkerFile | None:
    """One worker's file; None when it is gone or is not one."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        alive = _is_locked(handle)
        # Mapped, not read: a cell is then fetched by one aligned load, never half old and half new.
        area = mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):
        return None
    finally:
        os.close(handle)
    with area, memoryview(area) as data:
        if len(data) < SEGMENT or len(data) % SEGMENT:
            return None
        # The header first: all entries it counts are complete.
        magic, worker, generation, used, created = HEADER.unpack_from(data)
        if magic != MAGIC or not HEADER_BYTES <= used <= len(data):
            return None
        with data.cast("d") as numbers:
            series = tuple(_series(data, numbers, used))
    covers = frozenset(label for one in series if one.metric == COVERS for label in one.labels)
    counted = tuple(one for one in series if one.metric != COVERS)
    return WorkerFile(path.name, worker, generation, alive, created, counted, covers)


def _is_locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def _series(data: "memoryview[int]", numbers: "memoryview[float]", used: int) -> Iterator[Series]:
    at = HEADER_BYTES
    while at + ENTRY.size <= used:
        size, meta = ENTRY.unpack_from(data, at)
        if size == 0:  # the rest of a segment that the next entry did not fit into
            at = (at // SEGMENT + 1) * SEGMENT
            continue
        try:
            entry = _ENTRY_META.decode(data[at + ENTRY.size : at + ENTRY.size + meta])
        except msgspec.MsgspecError:
            return
        first = at + ((ENTRY.size + meta + 7) & ~7)
        slots = first + 8 * entry.cells
        if slots + EXEMPLAR.size * entry.slots > used:
            return
        values = tuple(numbers[first // 8 : slots // 8])
        yield Series(entry.metric, entry.labels, values, tuple(_exemplars(data, slots, entry.slots)))
        at += size


def _exemplars(data: "memoryview[int]", start: int, slots: int) -> Iterator[tuple[int, StoredExemplar]]:
    for slot in range(slots):
        at = start + slot * EXEMPLAR.size
        for _ in range(3):  # caught while it was written: once more
            before, value, seconds, trace, span, after = EXEMPLAR.unpack_from(data, at)
            if before == after:
                break
        else:
            continue
        if before:
            yield slot, StoredExemplar(value, seconds, trace.hex(), span.hex())


def remove_all(directory: Path) -> None:
    """Delete every worker's file, at the start or the end of a Gate."""
    for path in directory.glob("metrics-*.mm"):
        with suppress(OSError):
            path.unlink()
