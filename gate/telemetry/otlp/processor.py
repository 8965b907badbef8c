"""The span processor: encodes what is sampled when it ends, and hands it to the worker."""

from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor

from gate.telemetry.otlp.spans import SpanEncoder
from gate.telemetry.otlp.stats import Drop
from gate.telemetry.otlp.worker import BatchWorker


class ExportSpanProcessor(SpanProcessor):
    """Never raises and never waits. `force_flush` and `shutdown` block the caller, within their bounds."""

    def __init__(self, worker: BatchWorker, shutdown_s: float = 5.0) -> None:
        self.worker = worker
        self._encoder = SpanEncoder()
        self._shutdown_s = shutdown_s

    def on_end(self, span: ReadableSpan) -> None:
        context = span.get_span_context()
        if context is None or not context.trace_flags & 1:
            return
        if not self.worker.has_room():
            self.worker.refuse()
            return
        try:
            record = self._encoder.encode(span)
        except Exception:  # a span that cannot be written down must not fail the request it tells of
            self.worker.refuse(Drop.EXPORT_FAILED)
            return
        self.worker.put(record)

    def shutdown(self) -> None:
        """For a provider that is shut down by itself; see `shutdown_all` for all signals together."""
        self.worker.shutdown(self._shutdown_s)

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self.worker.flush(timeout_millis / 1000)
