"""What the registry declares: the most series a metric may have on `/metrics`, with any configuration and with one."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from prometheus_client.samples import Sample

from gate.telemetry.metrics.bounds import NONE, OTHER
from gate.telemetry.registry import Metric, Registry


def lines(registry: Registry, metric: Metric) -> int:
    """Series of one combination of label values: of a histogram its buckets, the infinite one, count and sum."""
    return len(registry.bounds_of(metric)) + 3 if metric.type == "histogram" else 1


def declared(registry: Registry, metric: Metric) -> int:
    """The most series of a metric in one worker, whatever is configured: `max_series` and the one for all others."""
    return (metric.max_series + 1) * lines(registry, metric)


def possible(registry: Registry, metric: Metric, names: Mapping[str, Iterable[str]]) -> int:
    """The most series of a metric with a configuration that has these names, by the bounds of its labels; at most
    what is declared."""
    values = math.prod(_values(registry, attribute, names) for attribute in metric.labels.values())
    return min(values * lines(registry, metric), declared(registry, metric))


def _values(registry: Registry, attribute: str, names: Mapping[str, Iterable[str]]) -> int:
    """How many values a label may have, with those for absent and for unknown ones."""
    bound = registry.bound(attribute)
    if bound.seen is not None:
        return bound.seen + 2
    listed = bound.closed if bound.closed is not None else (*names[bound.config or ""], *bound.also)
    return len({*listed, NONE, OTHER})


def series(samples: Iterable[Sample]) -> Counter[str]:
    """How many series each name of an exposition has."""
    return Counter(sample.name for sample in samples)


def of_metric(metric: Metric, counted: Mapping[str, int]) -> int:
    """The series of one metric among them."""
    ends = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
    return sum(counted.get(metric.prometheus + end, 0) for end in ends)
