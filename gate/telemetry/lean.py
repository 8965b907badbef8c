"""Spans without the SDK's checking of every attribute.

The SDK's span copies each attribute through a validation that costs more than all else a small request does in Gate
(docs/adr/0005-lean-spans.md). What Gate puts on its own spans comes out of typed views, so there is nothing to find.
The same holds for those of the httpx instrumentation, whose few attributes are strings and numbers. Sampling, ids,
processors and the exported form stay the SDK's: a `LeanTracer` is made from a `TracerProvider`, and its spans are
`ReadableSpan`s.
"""

from collections.abc import Mapping, Sequence
from time import time_ns
from types import TracebackType
from typing import Any, cast

from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import Event, ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    Tracer,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace import TracerProvider as ApiTracerProvider

Attributes = Mapping[str, Any]
_FLAGS = [TraceFlags(value) for value in range(4)]
_UNSET = Status(StatusCode.UNSET)


class LeanSpan(ReadableSpan, Span):
    """One recording span. Attribute values must be what OpenTelemetry allows; nobody checks them."""

    def __init__(
        self,
        name: str,
        context: SpanContext,
        parent: SpanContext | None,
        kind: SpanKind,
        attributes: Attributes | None,
        links: Sequence[Link],
        start_time: int,
        resource: Resource,
        scope: InstrumentationScope,
        processor: SpanProcessor,
    ) -> None:
        self._name = name
        self._own = self._context = context
        self._parent = parent
        self._kind = kind
        self._values: dict[str, Any] = dict(attributes) if attributes else {}
        self._attributes = cast("Any", self._values)
        self._told: list[Event] = []
        self._events = self._told
        self._linked = list(links)
        self._links = self._linked
        self._start_time = start_time
        self._end_time = None
        self._status = _UNSET
        self._resource = resource
        self._instrumentation_scope = scope
        self._instrumentation_info = None
        self._processor = processor

    @property
    def dropped_attributes(self) -> int:
        return 0

    @property
    def dropped_events(self) -> int:
        return 0

    @property
    def dropped_links(self) -> int:
        return 0

    def get_span_context(self) -> SpanContext:
        return self._own

    def is_recording(self) -> bool:
        return self._end_time is None

    def set_attribute(self, key: str, value: Any) -> None:
        self._values[key] = value

    def set_attributes(self, attributes: Attributes) -> None:
        self._values.update(attributes)

    def add_event(self, name: str, attributes: Attributes | None = None, timestamp: int | None = None) -> None:
        self._told.append(Event(name, attributes, timestamp))

    def add_link(self, context: SpanContext, attributes: Attributes | None = None) -> None:
        self._linked.append(Link(context, attributes))

    def update_name(self, name: str) -> None:
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        self._status = status if isinstance(status, Status) else Status(status, description)

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes | None = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Only its type: what an exception says may hold a body."""
        self.add_event("exception", {"exception.type": type(exception).__qualname__}, timestamp)

    def end(self, end_time: int | None = None) -> None:
        if self._end_time is None:
            self._end_time = time_ns() if end_time is None else end_time
            self._processor.on_end(self)


class _Current:
    """A span that is the current one within a `with`, and ends with it."""

    __slots__ = ("_context", "_span", "_token")

    def __init__(self, span: Span, context: Context | None) -> None:
        self._span = span
        self._context = context

    def __enter__(self) -> Span:
        self._token = attach(set_span_in_context(self._span, self._context))
        return self._span

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        detach(self._token)
        if isinstance(error, Exception) and self._span.is_recording():
            # No event besides: it would carry a stack trace with file names.
            self._span.set_status(Status(StatusCode.ERROR, type(error).__qualname__))
        self._span.end()


class LeanTracer(Tracer):
    """A tracer whose spans are lean."""

    def __init__(self, provider: TracerProvider, scope: InstrumentationScope, processor: SpanProcessor) -> None:
        self._sampler: Sampler = provider.sampler
        self._ids = provider.id_generator
        self._resource = provider.resource
        self._scope = scope
        self._processor = processor

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> Span:
        """As the SDK's tracer does: the parent is the context's current span, the sampler decides. The last two are for
        spans used as context managers, which these are not."""
        current = get_current_span(context).get_span_context()
        parent = current if current.is_valid else None
        if parent is not None:
            trace_id, random = parent.trace_id, parent.trace_flags & TraceFlags.RANDOM_TRACE_ID
        else:
            trace_id = self._ids.generate_trace_id()
            random = TraceFlags.RANDOM_TRACE_ID if self._ids.is_trace_id_random() else 0
        result = self._sampler.should_sample(context, trace_id, name, kind, attributes, links)
        flags = _FLAGS[(1 if result.decision.is_sampled() else 0) | random]
        own = SpanContext(trace_id, self._ids.generate_span_id(), False, flags, result.trace_state)
        if not result.decision.is_recording():
            return NonRecordingSpan(own)
        started = time_ns() if start_time is None else start_time
        return LeanSpan(
            name, own, parent, kind, attributes, links or (), started, self._resource, self._scope, self._processor
        )

    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes | None = None,
        links: Sequence[Link] | None = (),
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Any:
        """A context manager. The last three are always so: it is for one user, the httpx instrumentation."""
        return _Current(self.start_span(name, context, kind, attributes, links, start_time), context)


class LeanProvider(ApiTracerProvider):
    """Hands out lean tracers."""

    def __init__(self, provider: TracerProvider, processor: SpanProcessor) -> None:
        self._provider = provider
        self._processor = processor

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes | None = None,
    ) -> LeanTracer:
        scope = InstrumentationScope(instrumenting_module_name, instrumenting_library_version, schema_url, attributes)
        return LeanTracer(self._provider, scope, self._processor)
