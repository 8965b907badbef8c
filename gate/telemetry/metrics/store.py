"""One worker's numbers in a memory-mapped file, so that any worker can read all of them and a dead one's stay.

A file `metrics-<worker>-<generation>.mm` is a header, then entries that are only ever appended:

    header  magic 8s | worker u32 | generation u32 | used bytes u64 | created (s since 1970) f64 | rest zero, 64 bytes
    entry   size u32 | meta bytes u32 | meta (JSON: metric, label values, cells, slots) | padding to 8
            cells: f64 each | exemplar slots: see EXEMPLAR

`used` is written after an entry is complete, so a reader never sees half of one. A cell is changed by one aligned store
of 8 bytes. The worker holds an exclusive lock on its file for as long as it lives, however it dies: that is how readers
know. Numbers are in the byte order of the machine; the files do not outlive the Gate that wrote them.
"""

import fcntl
import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

MAGIC = b"GATEMM01"
HEADER = struct.Struct("=8sIIQd")
HEADER_BYTES = 64
ENTRY = struct.Struct("=II")
EXEMPLAR = struct.Struct("=Qdd16s8sQ")
"""Sequence, value, time (s since 1970), trace id, span id, sequence again. Both sequences equal and not 0: a whole
slot; otherwise it is empty or being written."""
SEGMENT = 256 * 1024
"""Files grow by this many bytes; no entry crosses from one segment into the next."""
MAX_BYTES = 64 * 1024 * 1024
_USED = struct.Struct("=Q")
_USED_AT = 16


@dataclass(frozen=True, slots=True)
class Cells:
    """A place in a store. numbers[first], numbers[first + 1], ... are its cells; its exemplar slots are
    raw[slot : slot + EXEMPLAR.size] and so on."""

    numbers: "memoryview[float]"
    first: int
    raw: "memoryview[int]"
    slot: int


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What an entry's cells mean."""

    metric: str
    labels: tuple[str, ...]
    cells: int
    slots: int


class _Segment:
    def __init__(self, area: mmap.mmap, shared: bool) -> None:
        self.raw: memoryview[int] = memoryview(area)
        self.numbers: memoryview[float] = self.raw.cast("d")
        self.shared = shared


class MetricsStore:
    """The numbers of one worker. `allocate` is thread-safe; whoever holds Cells writes them.

    Raises OSError when the directory cannot be written at the start. Later trouble (a full disk) only means that new
    entries are kept in this process's memory, where the other workers do not see them.
    """

    def __init__(self, directory: Path, worker: int, generation: int, *, publish: bool = True) -> None:
        """publish: False keeps the file from readers until `publish()`."""
        self.path = directory / f"metrics-{worker}-{generation}.mm"
        self.worker = worker
        self.generation = generation
        self._lock = threading.Lock()
        # The file appears under its name only when it is locked and has a header: a reader never takes it for a dead
        # worker's.
        self._new = self.path.with_suffix(".new")
        self._file = os.open(self._new, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            _reserve(self._file, 0)
            self._size = SEGMENT
            self._first = self._segment = _Segment(mmap.mmap(self._file, SEGMENT), shared=True)
            HEADER.pack_into(self._first.raw, 0, MAGIC, worker, generation, HEADER_BYTES, time.time())
            if publish:
                self.publish()
        except OSError:
            os.close(self._file)
            raise
        self._at = HEADER_BYTES  # next free byte in the current segment

    def publish(self) -> None:
        """Let readers see the file."""
        self._new.rename(self.path)

    def allocate(self, metric: str, labels: tuple[str, ...], cells: int, slots: int) -> Cells:
        """Room for a new series, all zero. Raises ValueError when it is larger than a segment."""
        meta = msgspec.json.encode(Entry(metric, labels, cells, slots))
        start = _aligned(ENTRY.size + len(meta))
        size = start + 8 * cells + EXEMPLAR.size * slots
        if size > SEGMENT - HEADER_BYTES:
            raise ValueError(f"an entry of {metric} would need {size} bytes")
        with self._lock:
            if self._at + size > SEGMENT:
                self._next_segment()
            segment, at = self._segment, self._at
            segment.raw[at + ENTRY.size : at + ENTRY.size + len(meta)] = meta
            ENTRY.pack_into(segment.raw, at, size, len(meta))
            self._at = at + size
            if segment.shared:
                _USED.pack_into(self._first.raw, _USED_AT, self._size - SEGMENT + self._at)
            return Cells(segment.numbers, (at + start) // 8, segment.raw, at + start + 8 * cells)

    def _next_segment(self) -> None:
        shared = self._segment.shared and self._size + SEGMENT <= MAX_BYTES
        area: mmap.mmap | None = None
        if shared:
            try:
                _reserve(self._file, self._size)
                area = mmap.mmap(self._file, SEGMENT, offset=self._size)
                self._size += SEGMENT
            except OSError:
                area = None
        self._segment = _Segment(mmap.mmap(-1, SEGMENT) if area is None else area, shared=area is not None)
        self._at = 0

    def close(self) -> None:
        """Give up the lock: readers now count this worker as gone. Its counts stay; existing Cells still work."""
        with self._lock:
            if self._file >= 0:
                # Said, not left to the closing: the maps hold the file open as well.
                fcntl.flock(self._file, fcntl.LOCK_UN)
                os.close(self._file)
                self._file = -1
                self._segment.shared = False


def _aligned(size: int) -> int:
    return (size + 7) & ~7


def _reserve(file: int, start: int) -> None:
    """Make a segment's room exist on the disk: writing into a hole of a full one would kill the process (SIGBUS)."""
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(file, start, SEGMENT)
    else:  # macOS
        os.truncate(file, start)
        os.lseek(file, start, os.SEEK_SET)
        os.write(file, bytes(SEGMENT))
