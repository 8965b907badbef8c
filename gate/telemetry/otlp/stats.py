"""What became of records: after a shutdown `received == sent + sum of drops`, exactly."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType


class Drop(StrEnum):
    """Why records were lost.

    queue_full: they came faster than the collector took them. export_failed: it could not be reached or did not answer
    well in the time for a batch. rejected: it answered that it does not take them. shutdown: the process had to end.
    """

    QUEUE_FULL = "queue_full"
    EXPORT_FAILED = "export_failed"
    REJECTED = "rejected"
    SHUTDOWN = "shutdown"


@dataclass(frozen=True, slots=True)
class ExportStats:
    """One moment of one worker. Counts of spans, log records or metric data points since its start (or the fork).

    queued: received and neither sent nor dropped yet.
    """

    received: int = 0
    sent: int = 0
    dropped: Mapping[Drop, int] = field(default_factory=lambda: MappingProxyType(dict.fromkeys(Drop, 0)))

    @property
    def queued(self) -> int:
        return self.received - self.sent - sum(self.dropped.values())


class Tally:
    """The counts while they grow. Its owner holds a lock."""

    __slots__ = ("dropped", "received", "sent")

    def __init__(self) -> None:
        self.received = 0
        self.sent = 0
        self.dropped = dict.fromkeys(Drop, 0)

    def settle(self, count: int, rejected: int) -> None:
        """A batch was taken but for `rejected` of its records."""
        refused = min(max(rejected, 0), count)
        self.sent += count - refused
        self.dropped[Drop.REJECTED] += refused

    def snapshot(self) -> ExportStats:
        return ExportStats(self.received, self.sent, MappingProxyType(dict(self.dropped)))
