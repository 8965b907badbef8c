"""One worker's numbers in a memory-mapped file, so that any worker can read all of them and a dead one's stay.

A file `metrics-<worker>-<generation>.mm` is a header, then entries that are only ever appended:

    header  magic 8s | worker u32 | generation u32 | used bytes u64 | created (s since 1970) f64 | rest zero, 64 bytes
    entry   size u32 | meta length u32 | meta (JSON: metric, label values, cells, slots) | padding to 8
            cells: f64 each | slots: 48 bytes each (see EXEMPLAR)

`used` is written after an entry is complete, so a reader never sees half of one. A cell is changed by one aligned store
of 8 bytes. The worker holds an exclusive lock on its file for as long as it lives, however it dies: that is how readers
know. All numbers are in the byte order of the machine; the files do not outlive the Gate that wrote them.

Updates are made by one thread (the event loop's) without a lock; creating entries is locked.
"""

import fcntl
import json
import mmap
import os
import struct
import threading
import time
from dataclasses import dataclass
from pathlib import Path

MAGIC = b"GATEMM02"
HEADER = struct.Struct("=8sIIQd")
HEADER_BYTES = 64
ENTRY = struct.Struct("=II")
EXEMPLAR = struct.Struct("=Qdd16sQ")
"""Sequence, value, time (s since 1970), trace id, sequence again. Equal sequences that are not 0 mean a whole slot."""
SPAN_IDS = struct.Struct("=8s")
SLOT_BYTES = EXEMPLAR.size + SPAN_IDS.size
SEGMENT = 256 * 1024
"""Files grow by this; an entry lies within one segment."""
MAX_BYTES = 64 * 1024 * 1024
_USED_AT = 16


@dataclass(frozen=True, slots=True)
class Cells:
    """A place in the store. numbers[first], numbers[first + 1], ... are the cells; raw[slot:slot + SLOT_BYTES] is the
    first exemplar slot, the others follow."""

    numbers: "memoryview[float]"
    first: int
    raw: memoryview
    slot: int
