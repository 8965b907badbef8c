"""The life of an exporting thread: it starts late, retries within bounds, and ends in time, counting what is left.

Promises: nothing here blocks the thread that records; a shutdown is over at its deadline whatever the collector does;
in a forked child a worker is new and empty (the records belong to the parent, which sends them).
Which answers may be tried again, and how: https://opentelemetry.io/docs/specs/otlp/#failures
"""

import logging
import os
import random
import threading
import weakref
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from time import monotonic
from typing import TypeVar

from gate.telemetry.otlp.sending import Result, Sender, Verdict
from gate.telemetry.otlp.stats import Drop, ExportStats, Tally

log = logging.getLogger("gate.telemetry.otlp")
"""Its records are never exported themselves, or a failing collector would be told about itself."""

REQUEST_BYTES = 2 * 1024 * 1024
"""A request aims to be no larger: collectors take 4 MiB over gRPC unless told otherwise."""
WHOLE_BYTES = 64 * 1024
"""A request that is refused is not divided below this: no receiver's limit is smaller, so it was refused for itself."""

Part = TypeVar("Part")

BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Between attempts, the last one again and again; each is varied by a fifth."""


class ExportThread(ABC):
    """One daemon thread, one sender. Counting, retrying and ending; what is sent is its subclasses' matter."""

    def __init__(self, name: str, sender: Sender, *, timeout_s: float, budget_s: float) -> None:
        """name: of the signal, for logs. timeout_s: one attempt. budget_s: all attempts at one batch."""
        self.name = name
        self._sender = sender
        self._timeout_s = timeout_s
        self._budget_s = budget_s
        self._begin()
        method = weakref.WeakMethod(self._after_fork)

        def in_child() -> None:
            found = method()
            if found is not None:
                found()

        os.register_at_fork(after_in_child=in_child)

    def _begin(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._tally = Tally()
        self._thread: threading.Thread | None = None
        self._deadline: float | None = None
        self._abandoned = False
        self._failing = False
        self._largest = REQUEST_BYTES

    def _after_fork(self) -> None:
        self._sender.reset()
        self._begin()

    @property
    def stats(self) -> ExportStats:
        with self._changed:
            return self._tally.snapshot()

    def start(self) -> None:
        """Start the thread, in the process that is to have it. Otherwise it starts when there is something to do."""
        with self._changed:
            self._start()

    def _start(self) -> None:
        if self._thread is None and self._deadline is None:
            self._thread = threading.Thread(target=self._guarded, name=f"gate-otlp-{self.name}", daemon=True)
            self._thread.start()

    def flush(self, timeout_s: float) -> bool:
        """Send what is there now; whether all was settled in time. Blocks the caller."""
        with self._changed:
            if self._thread is None or self._abandoned:
                return self._tally.snapshot().queued == 0
            self._ask()
            self._changed.notify_all()
            return self._changed.wait_for(self._settled, timeout_s)

    def begin_shutdown(self, deadline: float) -> None:
        """Take no more records and send the last ones. deadline: of `time.monotonic`. Returns at once; the first call
        counts."""
        with self._changed:
            if self._deadline is None:
                self._deadline = deadline
            self._changed.notify_all()

    def end_shutdown(self) -> bool:
        """Wait until the deadline at most, then give up and count what is left. Whether nothing was lost by ending."""
        deadline = self._deadline
        if deadline is None:
            raise RuntimeError("begin_shutdown comes first")
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(max(0.0, deadline - monotonic()))
        with self._changed:
            first = not self._abandoned
            self._abandoned = True
            self._tally.dropped[Drop.SHUTDOWN] += self._tally.snapshot().queued
            lost = self._tally.dropped[Drop.SHUTDOWN]
            self._forget()
            self._changed.notify_all()
        if first:
            self._sender.abort()
            if lost:
                log.warning("%s: %d records were not sent before the end", self.name, lost)
        return lost == 0

    def shutdown(self, timeout_s: float = 5.0) -> bool:
        """Both halves. Harmless the second time."""
        self.begin_shutdown(monotonic() + timeout_s)
        return self.end_shutdown()

    @abstractmethod
    def _run(self) -> None:
        """The thread's work; ends when `_deadline` is set and nothing is left, or when `_abandoned`."""

    @abstractmethod
    def _ask(self) -> None:
        """A flush begins. Called with the lock."""

    @abstractmethod
    def _settled(self) -> bool:
        """Whether a flush is done. Called with the lock."""

    @abstractmethod
    def _forget(self) -> None:
        """Let go of what is queued: it was counted. Called with the lock."""

    def _guarded(self) -> None:
        try:
            self._run()
        except Exception as error:  # a defect of ours must end neither quietly nor the process
            log.error("%s: the exporting thread died of %s", self.name, type(error).__qualname__)
            with self._changed:
                self._abandoned = True
                self._tally.dropped[Drop.EXPORT_FAILED] += self._tally.snapshot().queued
                self._forget()
                self._changed.notify_all()

    def _deliver(
        self,
        parts: Sequence[Part],
        encode: Callable[[Sequence[Part]], tuple[bytes, int]],
        pieces_of: Callable[[Part], Sequence[Part]] | None = None,
    ) -> None:
        """Send parts as one request, in halves where the collector finds that too large, and count what became of them.

        encode: some of the parts to a request's body and the number of its records. pieces_of: takes a part apart that
        is too large alone; one piece where that cannot be.
        """
        body, count = encode(parts)
        if not count:
            return
        result = self._attempts(body)
        if result.too_large and len(body) > WHOLE_BYTES:
            pieces = pieces_of(parts[0]) if len(parts) == 1 and pieces_of is not None else parts
            if len(pieces) > 1:
                self._shrink(len(body), result)
                middle = len(pieces) // 2
                self._deliver(pieces[:middle], encode, pieces_of)
                self._deliver(pieces[middle:], encode, pieces_of)
                return
        with self._changed:
            if self._abandoned:
                return  # counted already
            if result.verdict is Verdict.SENT:
                self._tally.settle(count, result.rejected)
            elif result.verdict is Verdict.REFUSED:
                self._tally.dropped[Drop.REJECTED] += count
            else:
                self._tally.dropped[Drop.EXPORT_FAILED if self._deadline is None else Drop.SHUTDOWN] += count
        self._report(result, count)

    def _shrink(self, refused: int, result: Result) -> None:
        """Remember that a request of so many bytes was too large, so that the next ones are not."""
        smaller = max(WHOLE_BYTES, refused // 2)
        if smaller < self._largest:
            self._largest = smaller
            log.info("%s: %s does not take %d bytes at once (%s)", self.name, self._sender.address, refused, result.why)

    def _attempts(self, body: bytes) -> Result:
        end = monotonic() + self._budget_s
        number = 0
        result = Result(Verdict.FAILED, "timeout")
        while True:
            left = self._left(end)
            if left <= 0 or self._abandoned:
                return result
            result = self._attempt(body, min(left, self._timeout_s))
            if result.verdict is not Verdict.RETRY:
                return result
            if result.unreachable and self._deadline is not None:
                return result
            pause = BACKOFF_S[min(number, len(BACKOFF_S) - 1)] * random.uniform(0.8, 1.2)
            if result.retry_after_s is not None:
                pause = max(pause, result.retry_after_s)
            if pause >= self._left(end):
                return result
            number += 1
            self._pause(pause)

    def _attempt(self, body: bytes, timeout_s: float) -> Result:
        try:
            return self._sender.send(body, timeout_s)
        except Exception as error:  # a sender's defect, or its end while it was at work: this batch, not all to come
            return Result(Verdict.FAILED, type(error).__qualname__)

    def _pause(self, seconds: float) -> None:
        """Between attempts. A shutdown that begins meanwhile ends it: one more attempt at once, then usual pauses."""
        with self._changed:
            closing = self._deadline is not None
            self._changed.wait_for(lambda: self._abandoned or (self._deadline is not None and not closing), seconds)

    def _left(self, end: float) -> float:
        deadline = self._deadline
        return (end if deadline is None else min(end, deadline)) - monotonic()

    def _report(self, result: Result, count: int) -> None:
        """One line when it begins to fail, one when it works again."""
        if result.verdict is Verdict.SENT:
            if result.rejected:
                log.warning("%s: %s did not take %d of %d", self.name, self._sender.address, result.rejected, count)
            if self._failing:
                self._failing = False
                log.info("%s: %s takes them again", self.name, self._sender.address)
        elif not self._failing:
            self._failing = True
            log.warning("%s: export to %s fails (%s)", self.name, self._sender.address, result.why)
