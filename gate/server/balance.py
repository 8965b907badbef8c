"""Spreads connections over workers that accept from the same socket.

Left alone, the worker that woke first takes a whole burst while the others are still waking, and keeps its streams for
minutes. So a worker with more open connections than another one lets a new one wait for a moment, and takes it only if
nobody else has: a stuck worker costs a connection GIVE_WAY_S, never its answer.
"""

import mmap

GIVE_WAY_S = 0.002
ABSENT = 0xFFFF_FFFF


class LoadBoard:
    """The number of open connections of each worker, in memory that forked processes share. Each worker writes its own
    number; the supervisor writes ABSENT for the dead."""

    def __init__(self, workers: int) -> None:
        self._counts = memoryview(mmap.mmap(-1, 4 * workers)).cast("I")
        for index in range(workers):
            self.leave(index)

    def say(self, index: int, connections: int) -> None:
        self._counts[index] = connections

    def leave(self, index: int) -> None:
        """This worker takes no connections (any more)."""
        self._counts[index] = ABSENT

    def gives_way(self, index: int) -> bool:
        """Whether another worker has fewer connections."""
        return self._counts[index] > min(self._counts)
