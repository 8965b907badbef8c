"""Metrics over OTLP: every so often all families are collected, encoded and sent, and once more at the end."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

from gate.telemetry.otlp.sending import Sender
from gate.telemetry.otlp.thread import ExportThread, log

Family = TypeVar("Family")


class MetricPusher(ExportThread, Generic[Family]):
    """Its own thread collects, encodes and sends. Counts data points.

    collect: must be safe in any thread. encode: to the request's body and the number of its data points. pieces: takes
    a family apart that is too large for one request; one piece where that cannot be.
    """

    def __init__(
        self,
        sender: Sender,
        collect: Callable[[], Iterable[Family]],
        encode: Callable[[Iterable[Family]], tuple[bytes, int]],
        *,
        pieces: Callable[[Family], Sequence[Family]] | None = None,
        interval_s: float = 60.0,
        budget_s: float = 30.0,
        timeout_s: float = 10.0,
    ) -> None:
        self._collect = collect
        self._encode = encode
        self._pieces = pieces
        self._interval_s = interval_s
        super().__init__("metrics", sender, timeout_s=timeout_s, budget_s=budget_s)

    def _begin(self) -> None:
        super()._begin()
        self._pushes = 0
        self._wanted = 0
        self._answered = 0

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._due, self._interval_s)
                if self._abandoned:
                    return
                last = self._deadline is not None
                self._pushes += 1
            self._push()
            with self._changed:
                self._answered = self._pushes
                self._changed.notify_all()
            if last:
                return

    def _due(self) -> bool:
        return self._deadline is not None or self._abandoned or self._wanted > self._pushes

    def _ask(self) -> None:
        # The push that is under way may have collected before what the caller wants sent.
        self._wanted = self._pushes + 1

    def _push(self) -> None:
        try:
            families = list(self._collect())
            whole = self._encode(families)
        except Exception as error:  # one bad reading must not be the last one
            log.error("metrics: cannot be collected (%s)", type(error).__qualname__)
            return
        with self._changed:
            if self._abandoned:
                return
            self._tally.received += whole[1]

        def encode(some: Sequence[Family]) -> tuple[bytes, int]:
            return whole if some is families else self._encode(some)

        self._deliver(families, encode, self._pieces)

    def _settled(self) -> bool:
        return self._abandoned or self._answered >= self._wanted

    def _forget(self) -> None:
        pass
