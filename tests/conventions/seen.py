"""OTLP messages as plain values: what the checker looks at, and what seeded mistakes change."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

Attributes = dict[str, Any]
GATE = "gate"
"""Name of the instrumentation scope of Gate's own spans and metrics."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Who recorded it."""

    name: str
    schema_url: str
    resource: Attributes


@dataclass(frozen=True, slots=True)
class SeenSpan:
    """kind in small letters. events: names with attributes. links: attributes of each."""

    name: str
    kind: str
    error: bool
    attributes: Attributes
    scope: Scope
    events: tuple[tuple[str, Attributes], ...] = ()
    links: tuple[Attributes, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenPoint:
    """bounds: of a histogram."""

    attributes: Attributes
    bounds: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenMetric:
    """instrument: histogram, counter (monotonic), updown (a sum that is not) or gauge."""

    name: str
    instrument: str
    unit: str
    scope: Scope
    points: tuple[SeenPoint, ...] = field(default=())


def spans_of(bodies: Iterable[bytes]) -> list[SeenSpan]:
    """The spans of some `ExportTraceServiceRequest`s."""
    return [
        _span(span, Scope(scope.scope.name, scope.schema_url, _plain(resource.resource.attributes)))
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]


def metrics_of(bodies: Iterable[bytes]) -> list[SeenMetric]:
    """The metrics of some `ExportMetricsServiceRequest`s, each as often as it was sent."""
    return [
        _metric(metric, Scope(scope.scope.name, scope.schema_url, _plain(resource.resource.attributes)))
        for body in bodies
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
    ]


def _span(span: Span, scope: Scope) -> SeenSpan:
    return SeenSpan(
        name=span.name,
        kind=Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
        error=span.status.code == Status.STATUS_CODE_ERROR,
        attributes=_plain(span.attributes),
        scope=scope,
        events=tuple((event.name, _plain(event.attributes)) for event in span.events),
        links=tuple(_plain(link.attributes) for link in span.links),
    )


def _metric(metric: Any, scope: Scope) -> SeenMetric:
    which = metric.WhichOneof("data")
    data = getattr(metric, which)
    instrument = which if which != "sum" else "counter" if data.is_monotonic else "updown"
    points = tuple(
        SeenPoint(_plain(point.attributes), tuple(point.explicit_bounds) if which == "histogram" else ())
        for point in data.data_points
    )
    return SeenMetric(metric.name, instrument, metric.unit, scope, points)


def _plain(attributes: Iterable[Any]) -> Attributes:
    return {pair.key: _value(pair.value) for pair in attributes}


def _value(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which == "array_value":
        return tuple(_value(item) for item in value.array_value.values)
    return None if which is None else getattr(value, which)
