"""Traces as commands use them, and how they are read: OTLP JSON (Jaeger's API v3, Tempo) and Jaeger's own JSON.

Times are nanoseconds since 1970, ids lower-case hexadecimal. Formats, as read on their pages:
- OTLP JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
- Tempo, v1 `{"batches": [...]}` and v2 `{"trace": {"resourceSpans": [...]}}`: https://grafana.com/docs/tempo/latest/api_docs/
  Tempo writes ids as base64, as protobuf's own JSON mapping has bytes; by their length they cannot be confused.
- Jaeger: https://www.jaegertracing.io/docs/2.13/architecture/apis/; a `GET /api/traces/ID` of the web page's form is
  documented as internal and is only read where v3 is missing.
"""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
Attributes = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened inside a span."""

    name: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Link:
    """A span elsewhere that a span points to."""

    trace_id: str
    span_id: str
    attributes: Attributes


@dataclass(frozen=True, slots=True)
class Span:
    """kind and status are words of KINDS and STATUSES; parent_id is None for a span without parent."""

    span_id: str
    parent_id: str | None
    name: str
    kind: str
    status: str
    status_message: str
    start_ns: int
    end_ns: int
    service: str
    attributes: Attributes
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def seconds(self) -> float:
        return max(0, self.end_ns - self.start_ns) / 1e9


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace as far as it has arrived: spans in the order in which they started, each once."""

    trace_id: str
    spans: tuple[Span, ...]

    @property
    def start_ns(self) -> int:
        return min(span.start_ns for span in self.spans)

    @property
    def seconds(self) -> float:
        return (max(span.end_ns for span in self.spans) - self.start_ns) / 1e9

    def roots(self) -> list[Span]:
        """Spans whose parent is not here: there is none, it was never sent, or it has not arrived yet."""
        here = {span.span_id for span in self.spans}
        return [span for span in self.spans if span.parent_id not in here]

    def children(self, parent: Span) -> list[Span]:
        return [span for span in self.spans if span.parent_id == parent.span_id]

    def under(self, top: Span) -> Iterator[Span]:
        """The span and everything below it."""
        yield top
        for child in self.children(top):
            yield from self.under(child)

    def above(self, span: Span) -> list[Span]:
        """Its ancestors, the nearest first."""
        by_id = {one.span_id: one for one in self.spans}
        found: list[Span] = []
        while span.parent_id in by_id and len(found) < len(self.spans):
            span = by_id[span.parent_id]
            found.append(span)
        return found

    def only(self, kept: Sequence[Span]) -> "Trace":
        ids = {span.span_id for span in kept}
        return Trace(self.trace_id, tuple(span for span in self.spans if span.span_id in ids))


def trace_of(trace_id: str, spans: Iterator[Span]) -> Trace | None:
    """None when there are no spans."""
    unique = {span.span_id: span for span in spans}
    ordered = sorted(unique.values(), key=lambda span: (span.start_ns, span.span_id))
    return Trace(trace_id, tuple(ordered)) if ordered else None


def from_otlp(document: Mapping[str, Any]) -> Iterator[Span]:
    """The spans of `TracesData`, under its own name or an older one of Tempo's. Raises KeyError, ValueError, TypeError
    and AttributeError when it is something else."""
    for resource_spans in _list(document.get("resourceSpans") or document.get("batches")):
        resource = _otlp_attributes(_dict(resource_spans.get("resource")))
        for scope_spans in _list(resource_spans.get("scopeSpans")):
            for span in _list(scope_spans.get("spans")):
                yield _otlp_span(span, str(resource.get("service.name", "unknown")))


def _otlp_span(raw: Mapping[str, Any], service: str) -> Span:
    status = _dict(raw.get("status"))
    return Span(
        span_id=_id(raw["spanId"], 8),
        parent_id=_id(raw.get("parentSpanId") or "", 8) or None,
        name=str(raw.get("name", "")),
        kind=_word(raw.get("kind", 0), "SPAN_KIND_", KINDS),
        status=_word(status.get("code", 0), "STATUS_CODE_", STATUSES),
        status_message=str(status.get("message", "")),
        start_ns=int(raw["startTimeUnixNano"]),
        end_ns=int(raw.get("endTimeUnixNano") or raw["startTimeUnixNano"]),
        service=service,
        attributes=_otlp_attributes(raw),
        events=tuple(Event(str(one.get("name", "")), _otlp_attributes(one)) for one in _list(raw.get("events"))),
        links=tuple(
            Link(_id(one["traceId"], 16), _id(one["spanId"], 8), _otlp_attributes(one))
            for one in raw.get("links") or ()
        ),
    )


def _dict(value: Any) -> dict[str, Any]:
    """What is left out is empty."""
    return value or {}


def _list(value: Any) -> list[Any]:
    """What is left out is empty."""
    return value or []


def _id(text: str, size: int) -> str:
    """Hexadecimal as OTLP has it, or base64 of as many bytes."""
    if not text or len(text) == 2 * size:
        return text.lower()
    try:
        return base64.b64decode(text, validate=True).hex()
    except binascii.Error:
        return text.lower()


def _word(value: int | str, prefix: str, words: Sequence[str]) -> str:
    # Numbers are what OTLP asks for; names are what protobuf's own JSON mapping writes.
    if isinstance(value, str) and not value.isdigit():
        return value.removeprefix(prefix).lower()
    number = int(value)
    return words[number] if number < len(words) else words[0]


def _otlp_attributes(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {pair["key"]: _otlp_value(_dict(pair.get("value"))) for pair in _list(holder.get("attributes"))}


def _otlp_value(value: Mapping[str, Any]) -> Any:
    for name, content in value.items():
        match name:
            case "intValue":
                return int(content)
            case "doubleValue":
                return float(content)
            case "arrayValue":
                return [_otlp_value(item) for item in _list(content.get("values"))]
            case "kvlistValue":
                return {pair["key"]: _otlp_value(_dict(pair.get("value"))) for pair in _list(content.get("values"))}
            case _:
                return content
    return None


def from_jaeger(document: Mapping[str, Any]) -> Iterator[Span]:
    """The spans of `{"data": [{"spans": ..., "processes": ...}]}`. Raises as `from_otlp` does."""
    for trace in _list(document.get("data")):
        services = {name: str(one.get("serviceName", "unknown")) for name, one in _dict(trace.get("processes")).items()}
        for span in trace["spans"]:
            yield _jaeger_span(span, services)


def _jaeger_span(raw: Mapping[str, Any], services: Mapping[str, str]) -> Span:
    tags: dict[str, Any] = {tag["key"]: tag.get("value") for tag in _list(raw.get("tags"))}
    references = _list(raw.get("references"))
    parents = [one for one in references if one["refType"] == "CHILD_OF" and one["traceID"] == raw["traceID"]]
    status = str(tags.pop("otel.status_code", "error" if tags.get("error") else "unset")).lower()
    start = int(raw["startTime"]) * 1_000
    return Span(
        span_id=str(raw["spanID"]).lower(),
        parent_id=str(parents[0]["spanID"]).lower() if parents else None,
        name=str(raw.get("operationName", "")),
        kind=str(tags.pop("span.kind", "internal")).lower(),
        status=status,
        status_message=str(tags.pop("otel.status_description", "")),
        start_ns=start,
        end_ns=start + int(raw["duration"]) * 1_000,
        service=services.get(raw.get("processID", ""), "unknown"),
        attributes=tags,
        events=tuple(_jaeger_event(one) for one in _list(raw.get("logs"))),
        links=tuple(Link(str(one["traceID"]), str(one["spanID"]), {}) for one in references if one not in parents),
    )


def _jaeger_event(raw: Mapping[str, Any]) -> Event:
    fields: dict[str, Any] = {one["key"]: one.get("value") for one in _list(raw.get("fields"))}
    return Event(str(fields.pop("event", "")), fields)
