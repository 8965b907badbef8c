"""Keeps the files of dead workers from becoming many: their counts move into one file that names those it replaces.

A reader that sees the new file ignores the files it names, so every count is there exactly once at any moment.
"""

from array import array
from contextlib import suppress
from pathlib import Path

from gate.telemetry.metrics.files import COVERS, FOLDED, read_all
from gate.telemetry.metrics.merge import merge
from gate.telemetry.metrics.store import EXEMPLAR, MetricsStore
from gate.telemetry.registry import Registry


def fold_dead(directory: Path, registry: Registry, *, keep: int = 4) -> int:
    """When more than `keep` files are of dead workers: move their counts into one. Returns how many files went.

    Only the supervisor calls this, so that there is one at a time. Raises OSError when the directory is not writable.
    """
    dead = [file for file in read_all(directory) if not file.alive]
    if len(dead) <= keep:
        return 0
    generation = 1 + max((file.generation for file in dead if file.worker == FOLDED), default=0)
    store = MetricsStore(directory, FOLDED, generation, publish=False)
    store.allocate(COVERS, tuple(file.name for file in dead), 0, 0)
    for merged in merge(dead, registry):  # counters and histograms: a dead worker's gauges mean nothing
        histogram = merged.metric.type == "histogram"
        for labels, point in merged.points.items():
            values = len(point.values)
            cells = store.allocate(
                merged.name, labels, values, values - 1 if histogram else int(merged.metric.exemplars)
            )
            cells.numbers[cells.first : cells.first + values] = memoryview(array("d", point.values))
            for slot, kept in point.exemplars.items():
                ids = bytes.fromhex(kept.trace_id), bytes.fromhex(kept.span_id)
                EXEMPLAR.pack_into(cells.raw, cells.slot + slot * EXEMPLAR.size, 1, kept.value, kept.at, *ids, 1)
    store.publish()
    store.close()
    for file in dead:
        with suppress(OSError):
            (directory / file.name).unlink()
    return len(dead)
