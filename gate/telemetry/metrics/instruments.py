"""Counters, gauges, histograms and infos made from the registry, writing into a worker's store.

A child (one series) is looked up once per label values and then costs a tenth of a microsecond to change. Updates come
from the event loop's thread, except those of metrics that the registry calls `shared`. Label values are the caller's to
bound (`bounds`); when a metric has all the series it may have, further ones are counted under `other`.
"""

import math
import threading
import time
from bisect import bisect_left
from itertools import count, product
from typing import Generic, TypeVar

from gate.telemetry.metrics.bounds import OTHER
from gate.telemetry.metrics.store import EXEMPLAR, Cells, MetricsStore
from gate.telemetry.registry import Metric, Registry

_pack = EXEMPLAR.pack
_next_sequence = count(1).__next__

OVERFLOWS = "gate.metric_overflows"


class Exemplar:
    """A trace, ready to be written beside the numbers it explains; one per request.

    Raises ValueError when the ids are not 32 and 16 hex digits.
    """

    __slots__ = ("at", "sequence", "span", "trace")

    def __init__(self, trace_id: str, span_id: str, at: float | None = None) -> None:
        self.trace = bytes.fromhex(trace_id)
        self.span = bytes.fromhex(span_id)
        if len(self.trace) != 16 or len(self.span) != 8:
            raise ValueError("an exemplar needs a trace id of 32 and a span id of 16 hex digits")
        self.at = time.time() if at is None else at
        self.sequence = _next_sequence()


class CounterChild:
    """One series of a counter."""

    __slots__ = ("_at", "_numbers", "_raw", "_slot")

    def __init__(self, cells: Cells, metric: Metric, bounds: tuple[float, ...]) -> None:
        self._numbers = cells.numbers
        self._at = cells.first
        self._raw = cells.raw
        self._slot = slice(cells.slot, cells.slot + EXEMPLAR.size) if metric.exemplars else None

    def inc(self, amount: float = 1.0, exemplar: Exemplar | None = None) -> None:
        self._numbers[self._at] += amount
        slot = self._slot
        if exemplar is not None and slot is not None:
            e = exemplar
            self._raw[slot] = _pack(e.sequence, amount, e.at, e.trace, e.span, e.sequence)


class SharedCounterChild(CounterChild):
    """One series of a counter that several threads change."""

    __slots__ = ("_lock",)

    def __init__(self, cells: Cells, metric: Metric, bounds: tuple[float, ...]) -> None:
        super().__init__(cells, metric, bounds)
        self._lock = threading.Lock()

    def inc(self, amount: float = 1.0, exemplar: Exemplar | None = None) -> None:
        with self._lock:
            super().inc(amount, exemplar)


class GaugeChild:
    """One series of a gauge: its value and when it was set (seconds since 1970; only `latest` gauges say)."""

    __slots__ = ("_at", "_lock", "_numbers", "_stamped")

    def __init__(self, cells: Cells, metric: Metric, bounds: tuple[float, ...]) -> None:
        self._numbers = cells.numbers
        self._at = cells.first
        self._stamped = metric.aggregation == "latest"
        self._lock = threading.Lock() if metric.shared else None

    def set(self, value: float) -> None:
        self._numbers[self._at] = value
        if self._stamped:
            self._numbers[self._at + 1] = time.time()

    def inc(self, amount: float = 1.0) -> None:
        if self._lock is None:
            self._numbers[self._at] += amount
            return
        with self._lock:
            self._numbers[self._at] += amount

    def remove(self) -> None:
        """Not shown any more until it is set again."""
        self._numbers[self._at] = math.nan


class HistogramChild:
    """One series of a histogram: one cell per bucket (not cumulative), then the sum; one exemplar slot per bucket."""

    __slots__ = ("_at", "_bounds", "_numbers", "_raw", "_slots", "_sum")

    def __init__(self, cells: Cells, metric: Metric, bounds: tuple[float, ...]) -> None:
        self._numbers = cells.numbers
        self._at = cells.first
        self._bounds = bounds
        self._sum = cells.first + len(bounds) + 1
        self._raw = cells.raw
        size = EXEMPLAR.size
        self._slots = [slice(at, at + size) for at in range(cells.slot, cells.slot + size * (len(bounds) + 1), size)]

    def observe(self, value: float, exemplar: Exemplar | None = None) -> None:
        numbers = self._numbers
        bucket = bisect_left(self._bounds, value)
        numbers[self._at + bucket] += 1.0
        numbers[self._sum] += value
        if exemplar is not None:
            e = exemplar
            self._raw[self._slots[bucket]] = _pack(e.sequence, value, e.at, e.trace, e.span, e.sequence)


Child = TypeVar("Child", CounterChild, GaugeChild, HistogramChild)


class Family(Generic[Child]):
    """One metric: its children by label values, in the registry's order of labels."""

    def __init__(self, name: str, metric: Metric, registry: Registry, store: MetricsStore, make: type[Child]) -> None:
        self.name = name
        self.metric = metric
        self._store = store
        self._make = make
        self._bounds = registry.bounds_of(metric) if metric.type == "histogram" else ()
        self._children: dict[tuple[str, ...], Child] = {}
        self._lock = threading.Lock()
        self.overflows: Family[CounterChild] | None = None

    def labels(self, *values: str) -> Child:
        """The child with these label values. Raises ValueError when their number is wrong."""
        child = self._children.get(values)
        return self._new(values) if child is None else child

    def _new(self, values: tuple[str, ...]) -> Child:
        metric = self.metric
        if len(values) != len(metric.labels):
            raise ValueError(f"{self.name} has {len(metric.labels)} labels, not {len(values)}")
        with self._lock:
            child = self._children.get(values)
            if child is not None:
                return child
            full = len(self._children) >= metric.max_series
            if full:
                values = (OTHER,) * len(values)
                child = self._children.get(values)
            if child is None:
                child = self._children[values] = self._allocate(values)
        if full and self.overflows is not None:
            self.overflows.labels(self.name).inc()
        return child

    def _allocate(self, values: tuple[str, ...]) -> Child:
        metric = self.metric
        match metric.type:
            case "histogram":
                buckets = len(self._bounds) + 1
                cells, slots = buckets + 1, buckets
            case "gauge":
                cells, slots = 2, 0
            case "counter" | "info":
                cells, slots = 1, int(metric.exemplars)
        return self._make(self._store.allocate(self.name, values, cells, slots), metric, self._bounds)

    def remove_all(self) -> None:
        """For gauges and infos: show none of the series any more, until it is set again."""
        for child in self._children.values():
            if isinstance(child, GaugeChild):
                child.remove()


class Instruments:
    """Every metric of the registry, by its OpenTelemetry name."""

    def __init__(self, registry: Registry, store: MetricsStore) -> None:
        self.registry = registry
        self.store = store
        self._counters: dict[str, Family[CounterChild]] = {}
        self._gauges: dict[str, Family[GaugeChild]] = {}
        self._histograms: dict[str, Family[HistogramChild]] = {}
        for name, metric in registry.metrics.items():
            match metric.type:
                case "counter":
                    make = SharedCounterChild if metric.shared else CounterChild
                    self._counters[name] = Family(name, metric, registry, store, make)
                case "gauge" | "info":
                    self._gauges[name] = Family(name, metric, registry, store, GaugeChild)
                case "histogram":
                    self._histograms[name] = Family(name, metric, registry, store, HistogramChild)
        overflows = self._counters[OVERFLOWS]
        for family in (*self._counters.values(), *self._gauges.values(), *self._histograms.values()):
            if family is not overflows:
                family.overflows = overflows
            self._prepare(family)
        self._gauges["gate.worker.started"].labels().set(time.time())

    def _prepare(self, family: "Family[CounterChild] | Family[GaugeChild] | Family[HistogramChild]") -> None:
        """Series whose labels are a short closed list are there from the start, so that their first change is seen."""
        lists = [self.registry.bound(attribute).closed or () for attribute in family.metric.labels.values()]
        if family.metric.type != "info" and 0 < math.prod(map(len, lists)) <= 16:
            for values in product(*lists):
                family.labels(*values)

    def counter(self, name: str) -> Family[CounterChild]:
        """Raises KeyError when the registry has no counter of that name."""
        return self._counters[name]

    def gauge(self, name: str) -> Family[GaugeChild]:
        """A gauge or an info. Raises KeyError when the registry has none of that name."""
        return self._gauges[name]

    def histogram(self, name: str) -> Family[HistogramChild]:
        """Raises KeyError when the registry has no histogram of that name."""
        return self._histograms[name]
