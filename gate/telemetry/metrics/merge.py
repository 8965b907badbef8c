"""The sum of all workers' files, as plain values.

Counters and histograms add up over all files, those of dead workers included. Gauges are those of running workers, put
together as the registry says. Of a bucket's exemplars the newest wins. Metrics the registry does not know are left out.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from gate.telemetry.metrics.files import Series, StoredExemplar, WorkerFile
from gate.telemetry.registry import Metric, Registry

Labels = tuple[str, ...]


@dataclass(slots=True)
class Point:
    """One merged series. values: one for counters and gauges; for histograms the buckets (not cumulative) and the sum.
    exemplars: by slot."""

    values: list[float]
    exemplars: dict[int, StoredExemplar] = field(default_factory=dict[int, StoredExemplar])


@dataclass(frozen=True, slots=True)
class MergedMetric:
    """One metric of all workers. `label_names` has `worker` at its end for a per-worker gauge."""

    name: str
    metric: Metric
    label_names: Labels
    points: dict[Labels, Point]


def merge(files: Iterable[WorkerFile], registry: Registry) -> list[MergedMetric]:
    """All metrics that have a series, in the registry's order, their series sorted by label values."""
    merged: dict[str, dict[Labels, Point]] = {}
    stamps: dict[tuple[str, Labels], float] = {}
    for file in files:
        for series in file.series:
            metric = registry.metrics.get(series.metric)
            if metric is None or len(series.labels) != len(metric.labels):
                continue
            points = merged.setdefault(series.metric, {})
            if metric.type in ("gauge", "info"):
                if file.alive and not math.isnan(series.values[0]):
                    _gauge(points, stamps, series, metric, file.worker)
            else:
                _add(points, series)
    return [
        MergedMetric(name, metric, _label_names(metric), dict(sorted(merged[name].items())))
        for name, metric in registry.metrics.items()
        if merged.get(name)
    ]


def _label_names(metric: Metric) -> Labels:
    names = tuple(metric.labels)
    return (*names, "worker") if metric.aggregation == "per-worker" else names


def _add(points: dict[Labels, Point], series: Series) -> None:
    point = points.get(series.labels)
    if point is None:
        points[series.labels] = Point(list(series.values), dict(series.exemplars))
        return
    for index, value in enumerate(series.values):
        point.values[index] += value
    for slot, exemplar in series.exemplars:
        known = point.exemplars.get(slot)
        if known is None or known.at < exemplar.at:
            point.exemplars[slot] = exemplar


def _gauge(
    points: dict[Labels, Point],
    stamps: dict[tuple[str, Labels], float],
    series: Series,
    metric: Metric,
    worker: int,
) -> None:
    value, stamp = series.values[0], series.values[-1]
    labels = (*series.labels, str(worker)) if metric.aggregation == "per-worker" else series.labels
    point = points.get(labels)
    if point is None:
        points[labels] = Point([value])
        stamps[series.metric, labels] = stamp
        return
    if metric.type == "info":
        point.values[0] = 1.0
        return
    match metric.aggregation:
        case "sum":
            point.values[0] += value
        case "max":
            point.values[0] = max(point.values[0], value)
        case "latest":
            if stamp >= stamps[series.metric, labels]:
                point.values[0], stamps[series.metric, labels] = value, stamp
        case "per-worker":  # two generations of one worker alive at once: the younger file comes later
            point.values[0] = value
