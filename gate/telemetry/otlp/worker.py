"""The bounded queue of encoded records and the thread that sends them in batches; spans and log records use it.

Records come encoded: the encoder is quick, a span as bytes takes a tenth of its memory, and bytes give the garbage
collector nothing to walk through. So the queue is bounded in bytes as well as in records, and when it is full a record
is refused before the work of encoding it.
"""

from gate.telemetry.otlp.sending import Sender
from gate.telemetry.otlp.settings import Batching
from gate.telemetry.otlp.stats import Drop
from gate.telemetry.otlp.thread import REQUEST_BYTES, ExportThread
from gate.telemetry.otlp.wire import Record, envelope

QUEUE_BYTES = 8 * 1024 * 1024
"""Queued records together, at most."""
BATCH_BYTES = REQUEST_BYTES
"""A batch is cut here, and sooner once the collector has found one too large."""
_DEFAULT = Batching()


class BatchWorker(ExportThread):
    """Takes records from any thread, without waiting; sends them from its own."""

    def __init__(
        self,
        name: str,
        sender: Sender,
        batching: Batching = _DEFAULT,
        *,
        timeout_s: float = 10.0,
        queue_bytes: int = QUEUE_BYTES,
    ) -> None:
        self._batching = batching
        self._queue_bytes = queue_bytes
        super().__init__(name, sender, timeout_s=timeout_s, budget_s=batching.budget_s)

    def _begin(self) -> None:
        super()._begin()
        self._queue: list[Record] = []
        self._waiting_bytes = 0
        self._in_flight = 0
        self._to_flush = 0

    def has_room(self) -> bool:
        """Whether a record would be taken just now; when not, `refuse` it instead of encoding it."""
        return (
            len(self._queue) < self._batching.queue
            and self._waiting_bytes < self._queue_bytes
            and self._deadline is None
            and not self._abandoned
        )

    def put(self, record: Record) -> bool:
        """Queue one record; False when it was dropped (and counted) instead. Never waits for the collector."""
        size = len(record[1])
        with self._changed:
            self._tally.received += 1
            queued = len(self._queue)
            if self._deadline is not None or self._abandoned:
                self._tally.dropped[Drop.SHUTDOWN] += 1
                return False
            if queued >= self._batching.queue or self._waiting_bytes + size > self._queue_bytes:
                self._tally.dropped[Drop.QUEUE_FULL] += 1
                return False
            self._queue.append(record)
            self._waiting_bytes += size
            if self._thread is None:
                self._start()
            if queued + 1 == self._batching.batch or self._waiting_bytes - size < self._largest <= self._waiting_bytes:
                self._changed.notify_all()
            return True

    def refuse(self, reason: Drop = Drop.QUEUE_FULL) -> None:
        """Count a record that was not even encoded."""
        with self._changed:
            self._tally.received += 1
            ending = self._deadline is not None or self._abandoned
            self._tally.dropped[Drop.SHUTDOWN if ending else reason] += 1

    def _run(self) -> None:
        while True:
            batch = self._take()
            if batch is None:
                return
            if batch:
                self._deliver(batch, lambda records: (envelope(records), len(records)))
                with self._changed:
                    self._in_flight = 0
                    self._changed.notify_all()

    def _take(self) -> list[Record] | None:
        """The next batch, after the delay at most (then it may be empty); None when all is done."""
        with self._changed:
            self._changed.wait_for(self._due, self._batching.delay_s)
            if self._abandoned or (self._deadline is not None and not self._queue):
                return None
            count = size = 0
            for _, encoded in self._queue[: self._batching.batch]:
                size += len(encoded)
                if count and size > self._largest:
                    size -= len(encoded)
                    break
                count += 1
            batch = self._queue[:count]
            del self._queue[:count]
            self._waiting_bytes -= size
            self._in_flight = count
            self._to_flush = max(0, self._to_flush - count)
            return batch

    def _due(self) -> bool:
        return (
            len(self._queue) >= self._batching.batch
            or self._waiting_bytes >= self._largest
            or self._deadline is not None
            or self._abandoned
            or self._to_flush > 0
        )

    def _ask(self) -> None:
        # What is queued now; records that come later do not hold the flush up.
        self._to_flush = len(self._queue)

    def _settled(self) -> bool:
        return self._abandoned or (not self._to_flush and not self._in_flight)

    def _forget(self) -> None:
        self._queue = []
        self._waiting_bytes = 0
