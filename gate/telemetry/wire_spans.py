"""The tracer of the wire requests' spans, which the httpx instrumentation makes.

It is the SDK's, but for exceptions: they are told by the span's `error.type` and status, not by an event as well, since
that would carry a stack trace with file names and the deprecated `exception.escaped`.
"""

from typing import Any

from opentelemetry.trace import Span, Tracer, TracerProvider


class WireSpans(TracerProvider):
    """Hands out the tracers of another provider, each without exception events."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider

    def get_tracer(self, *args: Any, **options: Any) -> Tracer:
        return _Quiet(self._provider.get_tracer(*args, **options))


class _Quiet(Tracer):
    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def start_span(self, *args: Any, **options: Any) -> Span:
        return self._tracer.start_span(*args, **{**options, "record_exception": False})

    def start_as_current_span(self, *args: Any, **options: Any) -> Any:
        return self._tracer.start_as_current_span(*args, **{**options, "record_exception": False})
