"""Finished spans as OTLP, fast: every span of every request passes here, on the thread that serves the requests.

Equal, once parsed, to what opentelemetry-exporter-otlp-proto-common makes of the same spans, but for two things that it
leaves out and trace.proto asks for: the low eight bits of `flags` (the W3C trace flags) and a link's `trace_state`.
"""

from collections.abc import Iterable, Mapping, Sequence
from struct import Struct
from typing import Any, cast

from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.trace import Link, SpanContext, SpanKind, StatusCode, TraceState

from gate.telemetry.otlp.wire import (
    AttributeEncoder,
    Origins,
    Record,
    Unchanging,
    envelope,
    message_field,
    text_field,
    utf8,
    varint,
)

# A span's fields 7 and 8 are its times: tag, eight bytes, tag, eight bytes. An event's field 1 is its time.
_TIMES = Struct("<BQBQ").pack
_TIME = Struct("<BQ").pack
_IDS = Struct(">BBQQBBQ").pack
_SPAN_FLAGS = Struct("<HI").pack
_SPAN_FLAGS_TAG = 0x0185  # bytes 0x85 0x01: field 16, four bytes
_LINK_FLAGS = Struct("<BI").pack
_HAS_IS_REMOTE = 0x100
_IS_REMOTE = 0x200
_LOW64 = (1 << 64) - 1
_KINDS = [b"0" + bytes((kind,)) for kind in range(1, 6)]  # tag 0x30; INTERNAL is 0 in the API and 1 on the wire
_KIND_OF = {kind: _KINDS[kind.value] for kind in SpanKind}
_STATUS_OF = {StatusCode.UNSET: b"", StatusCode.OK: b"\x18\x01", StatusCode.ERROR: b"\x18\x02"}
_EMPTY_STATUS = b"\x7a\x00"
_NOTHING: Mapping[str, Any] = {}


class SpanEncoder:
    """Not for several threads at once: its caches are plain dicts, though a lost entry would be all that happens."""

    __slots__ = ("_event_attributes", "_link_attributes", "_names", "_origins", "_span_attributes")

    def __init__(self) -> None:
        self._span_attributes = AttributeEncoder(9)
        self._event_attributes = AttributeEncoder(3)
        self._link_attributes = AttributeEncoder(4)
        self._origins = Origins()
        self._names: dict[str, bytes] = {}

    def encode(self, span: ReadableSpan) -> Record:
        """One span. Needs its context; times that are missing stay out."""
        context = cast("SpanContext", span.get_span_context())
        parent = span.parent
        trace_id = context.trace_id
        fields = [_IDS(0x0A, 16, trace_id >> 64, trace_id & _LOW64, 0x12, 8, context.span_id)]
        flags = (context.trace_flags & 0xFF) | _HAS_IS_REMOTE
        if parent is not None:
            fields.append(b'"\x08' + parent.span_id.to_bytes(8, "big"))
            if parent.is_remote:
                flags |= _IS_REMOTE
        state = context.trace_state
        if state:
            fields.append(text_field(b"\x1a", _state_header(state)))
        fields.append(self._name(span.name))
        fields.append(_KIND_OF[span.kind])
        fields.append(_TIMES(0x39, span.start_time or 0, 0x41, span.end_time or 0))
        self._span_attributes.append_to(fields, _plain(span.attributes))
        if span.dropped_attributes:
            fields.append(b"\x50" + varint(span.dropped_attributes))
        events = span.events
        if events:
            self._events(fields, events)
        if span.dropped_events:
            fields.append(b"\x60" + varint(span.dropped_events))
        links = span.links
        if links:
            self._links(fields, links)
        if span.dropped_links:
            fields.append(b"\x70" + varint(span.dropped_links))
        status = span.status
        if status.status_code is StatusCode.UNSET and not status.description:
            fields.append(_EMPTY_STATUS)
        else:
            message = text_field(b"\x12", status.description or "") + _STATUS_OF[status.status_code]
            fields.append(message_field(b"\x7a", message))
        fields.append(_SPAN_FLAGS(_SPAN_FLAGS_TAG, flags))
        body = b"".join(fields)
        # Cast: a scope always has been a scope object, the annotation allows for the old, deprecated one.
        return self._origins.of(span.resource, span.instrumentation_scope), b"\x12" + varint(len(body)) + body

    def _name(self, name: str) -> bytes:
        known = self._names.get(name)
        if known is None:
            known = text_field(b"*", name)
            if len(self._names) < 256 and len(known) <= 128:
                self._names[name] = known
        return known

    def _events(self, fields: list[bytes], events: Sequence[Event]) -> None:
        for event in events:
            name = utf8(event.name)
            inner = [_TIME(0x09, event.timestamp), b"\x12" + varint(len(name)) + name]
            attributes = event.attributes
            if type(attributes) is Unchanging:
                inner.append(self._event_attributes.unchanging(attributes))
            else:
                self._event_attributes.append_to(inner, _plain(attributes))
            if event.dropped_attributes:
                inner.append(b" " + varint(event.dropped_attributes))
            body = b"".join(inner)
            fields.append(b"\x5a" + varint(len(body)) + body)

    def _links(self, fields: list[bytes], links: Sequence[Link]) -> None:
        for link in links:
            context = link.context
            trace_id = context.trace_id
            inner = [_IDS(0x0A, 16, trace_id >> 64, trace_id & _LOW64, 0x12, 8, context.span_id)]
            if context.trace_state:
                inner.append(text_field(b"\x1a", _state_header(context.trace_state)))
            self._link_attributes.append_to(inner, _plain(link.attributes))
            if link.dropped_attributes:
                inner.append(b"(" + varint(link.dropped_attributes))
            flags = (context.trace_flags & 0xFF) | _HAS_IS_REMOTE | (_IS_REMOTE if context.is_remote else 0)
            inner.append(_LINK_FLAGS(0x35, flags))
            body = b"".join(inner)
            fields.append(b"\x6a" + varint(len(body)) + body)


def encode_spans(spans: Iterable[ReadableSpan], encoder: SpanEncoder | None = None) -> bytes:
    """A whole `ExportTraceServiceRequest`."""
    used = SpanEncoder() if encoder is None else encoder
    return envelope([used.encode(span) for span in spans])


def _state_header(state: TraceState) -> str:
    return ",".join([f"{key}={value}" for key, value in state.items()])


def _plain(attributes: object) -> Mapping[str, Any]:
    """A plain dict, whose items come at the speed of C. The SDK's own mapping hands out each value by a Python call,
    its `copy()` (also through the read-only proxy around it) is a dict's."""
    if not attributes:
        return _NOTHING
    copy = getattr(attributes, "copy", None)
    return dict(cast("Mapping[str, Any]", attributes)) if copy is None else copy()
