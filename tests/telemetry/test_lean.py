"""A lean span is what the SDK's own would have been: same ids, flags, sampling, and the same bytes on the wire."""

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ALWAYS_ON, ParentBased, Sampler
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from gate.telemetry.lean import LeanTracer
from gate.telemetry.otlp.spans import encode_spans


class Counted(IdGenerator):
    def __init__(self) -> None:
        self._ids = itertools.count(1)

    def generate_trace_id(self) -> int:
        return next(self._ids)

    def generate_span_id(self) -> int:
        return next(self._ids)

    def is_trace_id_random(self) -> bool:
        return True


class Kept(SpanProcessor):
    def __init__(self) -> None:
        self.spans: list[ReadableSpan] = []

    def on_end(self, span: ReadableSpan) -> None:
        self.spans.append(span)


def tracers(sampler: Sampler) -> tuple[LeanTracer, Kept, object, Kept]:
    """A lean tracer and the SDK's, alike in everything."""
    lean_kept, own_kept = Kept(), Kept()
    lean_provider = TracerProvider(sampler=sampler, id_generator=Counted(), shutdown_on_exit=False)
    own = TracerProvider(
        sampler=sampler, id_generator=Counted(), shutdown_on_exit=False, resource=lean_provider.resource
    )
    own.add_span_processor(own_kept)
    scope = InstrumentationScope("gate", "1", "https://schema")
    return (
        LeanTracer(lean_provider, scope, lean_kept),
        lean_kept,
        own.get_tracer("gate", "1", "https://schema"),
        own_kept,
    )


VALUES = st.one_of(
    st.text(max_size=20), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False)
) | st.lists(st.text(max_size=5), max_size=3).map(tuple)
ATTRIBUTES = st.dictionaries(st.text("abc.", min_size=1, max_size=8), VALUES, max_size=5)
IDS = st.integers(1, 2**128 - 1), st.integers(1, 2**64 - 1)
PARENTS = st.none() | st.builds(SpanContext, *IDS, st.just(True), st.integers(0, 3).map(TraceFlags))
SAMPLERS = st.sampled_from([ALWAYS_ON, ALWAYS_OFF, ParentBased(ALWAYS_ON)])


@given(ATTRIBUTES, ATTRIBUTES, ATTRIBUTES, PARENTS, st.sampled_from(SpanKind), SAMPLERS)
def test_the_same_bytes_as_the_sdks(
    first: dict[str, Any],
    later: dict[str, Any],
    event: dict[str, Any],
    parent: SpanContext | None,
    kind: SpanKind,
    sampler: Sampler,
) -> None:
    later = {f"later.{name}": value for name, value in later.items()}
    lean, lean_kept, own, own_kept = tracers(sampler)
    base = Context() if parent is None else set_span_in_context(NonRecordingSpan(parent), Context())
    link = Link(SpanContext(7, 8, True), {"kind": "x"})
    for tracer in (lean, own):
        span = tracer.start_span("name", base, kind, first, [link], start_time=5)  # type: ignore[union-attr]
        child = tracer.start_span("child", set_span_in_context(span, base))  # type: ignore[union-attr]
        assert child.get_span_context().trace_id == span.get_span_context().trace_id
        if span.is_recording():
            span.set_attributes(later)
            span.add_event("told", event, 6)
            span.set_status(Status(StatusCode.ERROR, "why"))
        span.end(9)
    assert encode_spans(lean_kept.spans) == encode_spans(own_kept.spans)


def test_it_ends_once() -> None:
    lean, kept, _, _ = tracers(ALWAYS_ON)
    span = lean.start_span("once")
    span.end(5)
    span.end(6)
    assert [one.end_time for one in kept.spans] == [5]
    assert not span.is_recording()


def test_an_exception_is_its_type_only() -> None:
    lean, kept, _, _ = tracers(ALWAYS_ON)
    span = lean.start_span("failing")
    span.record_exception(ValueError("a prompt"))
    span.end()
    assert [dict(event.attributes or {}) for event in kept.spans[0].events] == [{"exception.type": "ValueError"}]
