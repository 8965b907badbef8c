"""All workers' numbers as prometheus-client metric families, and their exposition.

`collect` is the one source: `/metrics` renders its families, the OTLP exporter encodes the same. Both read files only,
so they run in any thread, while workers count on.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import cast

from prometheus_client import Metric as Family
from prometheus_client import utils
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from prometheus_client.samples import Exemplar

from gate.telemetry.metrics.files import StoredExemplar, read_all
from gate.telemetry.metrics.merge import MergedMetric, Point, merge
from gate.telemetry.registry import Registry, load


def collect(directory: Path, registry: Registry | None = None, *, worker: int | None = None) -> list[Family]:
    """The families of all workers together, in the registry's order. worker: only this one's, of its present life."""
    known = load() if registry is None else registry
    files = read_all(directory)
    if worker is not None:
        files = [file for file in files if file.worker == worker and file.alive]
    return [_without_empty(_family(merged, known)) for merged in merge(files, known)]


def render(directory: Path, accept: str) -> tuple[str, bytes]:
    """Content type and exposition: OpenMetrics with exemplars, unless the scraper (or a browser) names plain text or
    HTML and not OpenMetrics."""
    return expose(collect(directory), accept)


def expose(families: list[Family], accept: str) -> tuple[str, bytes]:
    """Content type and exposition of these families, as `render` chooses it."""
    snapshot = _Snapshot(families)
    encoder, content_type = choose_encoder(accept)
    if content_type.startswith(_OPENMETRICS) or "text/plain" in accept or "text/html" in accept:
        return content_type, encoder(snapshot)
    return openmetrics.CONTENT_TYPE_LATEST, _openmetrics(snapshot)


# prometheus-client leaves these without types.
_openmetrics = cast("Callable[[Collector], bytes]", openmetrics.generate_latest)  # pyright: ignore[reportUnknownMemberType]
_go_string = cast("Callable[[float], str]", utils.floatToGoString)  # pyright: ignore[reportUnknownMemberType]

_OPENMETRICS = "application/openmetrics-text"
_UNITS = ("seconds", "bytes", "ratio")


class _Snapshot:
    """Families read already, as the collector prometheus-client asks."""

    def __init__(self, families: list[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def _family(merged: MergedMetric, registry: Registry) -> Family:
    metric, labels = merged.metric, merged.label_names
    name, help_text = metric.prometheus, metric.help
    unit = next((unit for unit in _UNITS if name.endswith("_" + unit)), "")
    match metric.type:
        case "counter":
            counter = CounterMetricFamily(name, help_text, labels=labels)
            for values, point in merged.points.items():
                counter.add_metric(values, point.values[0], exemplar=_exemplar(point.exemplars.get(0)))
            return counter
        case "gauge":
            gauge = GaugeMetricFamily(name, help_text, labels=labels, unit=unit)
            for values, point in merged.points.items():
                gauge.add_metric(values, point.values[0])
            return gauge
        case "info":
            info = InfoMetricFamily(name.removesuffix("_info"), help_text)
            for values in merged.points:
                info.add_metric((), dict(zip(labels, values, strict=True)))
            return info
        case "histogram":
            histogram = HistogramMetricFamily(name, help_text, labels=labels, unit=unit)
            bounds = (*map(_go_string, registry.bounds_of(metric)), "+Inf")
            for values, point in merged.points.items():
                histogram.add_metric(values, _buckets(bounds, point), point.values[-1])
            return histogram


def _without_empty(family: Family) -> Family:
    """An empty label is no label (Prometheus' data model), so that pushed attributes are absent as well."""
    for sample in family.samples:
        labels = sample.labels
        if "" in labels.values():
            for name in [name for name, value in labels.items() if value == ""]:
                del labels[name]
    return family


def _buckets(bounds: tuple[str, ...], point: Point) -> list[tuple[str, float] | tuple[str, float, Exemplar]]:
    """Cumulative, as the format wants them."""
    buckets: list[tuple[str, float] | tuple[str, float, Exemplar]] = []
    total = 0.0
    for slot, bound in enumerate(bounds):
        total += point.values[slot]
        exemplar = _exemplar(point.exemplars.get(slot))
        buckets.append((bound, total) if exemplar is None else (bound, total, exemplar))
    return buckets


def _exemplar(stored: StoredExemplar | None) -> Exemplar | None:
    if stored is None:
        return None
    return Exemplar({"trace_id": stored.trace_id, "span_id": stored.span_id}, stored.value, round(stored.at, 3))
