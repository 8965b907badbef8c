"""Spans out of OTLP JSON, the form in which both Jaeger's query API (v3) and the Collector's file exporter give them.

Values only; nothing here does input or output. Times are nanoseconds since the epoch, ids lower-case hexadecimal.
The JSON mapping: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened inside a span."""

    name: str
    time_ns: int
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Link:
    """A span of another trace, or another place in this one, that a span points to."""

    trace_id: str
    span_id: str
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """One span as it arrived. `parent_id` is None for a span without parent; `kind` and `status` are words."""

    trace_id: str
    span_id: str
    parent_id: str | None
    name: str
    kind: str
    status: str
    status_message: str
    start_ns: int
    end_ns: int
    attributes: Mapping[str, Any]
    events: tuple[Event, ...] = ()
    links: tuple[Link, ...] = ()
    trace_state: str = ""
    scope: str = ""
    resource: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __getitem__(self, attribute: str) -> Any:
        return self.attributes[attribute]


@dataclass(frozen=True, slots=True)
class Trace:
    """All spans of one trace that were found, in the order in which they started."""

    spans: tuple[Span, ...]

    @property
    def root(self) -> Span:
        """The one span whose parent is not in the trace. Raises ValueError unless there is exactly one."""
        (root,) = self.roots()
        return root

    def roots(self) -> list[Span]:
        """The spans whose parent is not in the trace, for example because it is the client's."""
        known = {span.span_id for span in self.spans}
        return [span for span in self.spans if span.parent_id not in known]

    def children(self, parent: Span) -> list[Span]:
        """The direct children of a span, in the order in which they started."""
        return [span for span in self.spans if span.parent_id == parent.span_id]

    def named(self, name: str) -> list[Span]:
        """The spans of that name."""
        return [span for span in self.spans if span.name == name]

    def one(self, name: str) -> Span:
        """The span of that name. Raises ValueError unless there is exactly one."""
        (span,) = self.named(name)
        return span

    def outline(self, line: Callable[[Span], str] = lambda span: f"{span.name} {span.kind} {span.status}") -> str:
        """The tree as text, two blanks per level, children in start order: what a test compares."""
        rows: list[str] = []

        def walk(span: Span, level: int) -> None:
            rows.append("  " * level + line(span))
            for child in self.children(span):
                walk(child, level + 1)

        for root in self.roots():
            walk(root, 0)
        return "\n".join(rows)


def parse_spans(document: Mapping[str, Any]) -> Iterator[Span]:
    """The spans of one OTLP `TracesData` object. Raises KeyError or ValueError when it is not one."""
    for resource_spans in document.get("resourceSpans", ()):
        resource = _attributes(resource_spans.get("resource", {}))
        for scope_spans in resource_spans.get("scopeSpans", ()):
            scope = scope_spans.get("scope", {}).get("name", "")
            for span in scope_spans.get("spans", ()):
                yield _span(span, scope, resource)


def parse_lines(lines: Iterable[str]) -> Iterator[Span]:
    """The spans in a file with one `TracesData` object per line; a last line still being written is left out."""
    for line in lines:
        if line.endswith("\n"):
            yield from parse_spans(json.loads(line))


def as_trace(spans: Iterable[Span]) -> Trace:
    """Spans of one trace, sorted by start (ties by span id); a span that was delivered twice is kept once."""
    unique = {span.span_id: span for span in spans}
    return Trace(tuple(sorted(unique.values(), key=lambda span: (span.start_ns, span.span_id))))


def _span(raw: Mapping[str, Any], scope: str, resource: Mapping[str, Any]) -> Span:
    status = raw.get("status", {})
    return Span(
        trace_id=raw["traceId"].lower(),
        span_id=raw["spanId"].lower(),
        parent_id=raw.get("parentSpanId", "").lower() or None,
        name=raw.get("name", ""),
        kind=_word(raw.get("kind", 0), "SPAN_KIND_", KINDS),
        status=_word(status.get("code", 0), "STATUS_CODE_", STATUSES),
        status_message=status.get("message", ""),
        start_ns=int(raw["startTimeUnixNano"]),
        end_ns=int(raw["endTimeUnixNano"]),
        attributes=_attributes(raw),
        events=tuple(
            Event(event.get("name", ""), int(event.get("timeUnixNano", 0)), _attributes(event))
            for event in raw.get("events", ())
        ),
        links=tuple(
            Link(link["traceId"].lower(), link["spanId"].lower(), _attributes(link)) for link in raw.get("links", ())
        ),
        trace_state=raw.get("traceState", ""),
        scope=scope,
        resource=resource,
    )


def _word(value: int | str, prefix: str, words: tuple[str, ...]) -> str:
    # Numbers are what the mapping asks for; names are what some writers give.
    return words[value] if isinstance(value, int) else value.removeprefix(prefix)


def _attributes(holder: Mapping[str, Any]) -> dict[str, Any]:
    return {pair["key"]: _value(pair.get("value", {})) for pair in holder.get("attributes", ())}


def _value(value: Mapping[str, Any]) -> Any:
    for name, content in value.items():
        match name:
            case "intValue":
                return int(content)
            case "doubleValue":
                return float(content)
            case "arrayValue":
                return [_value(item) for item in content.get("values", ())]
            case "kvlistValue":
                return {pair["key"]: _value(pair.get("value", {})) for pair in content.get("values", ())}
            case _:
                return content
    return None
