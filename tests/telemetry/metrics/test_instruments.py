"""Instruments come from the registry and count exactly, whatever the labels do."""

import threading
from pathlib import Path

import pytest

from gate.telemetry.metrics.files import Series, read_file
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load


@pytest.fixture
def made(tmp_path: Path) -> Instruments:
    return Instruments(load(), MetricsStore(tmp_path, 0, 0))


def series_of(made: Instruments, name: str) -> list[Series]:
    file = read_file(made.store.path)
    assert file is not None
    return [series for series in file.series if series.metric == name]


def test_every_metric_of_the_registry_has_an_instrument(made: Instruments) -> None:
    for name, metric in load().metrics.items():
        find = {"counter": made.counter, "gauge": made.gauge, "info": made.gauge, "histogram": made.histogram}[
            metric.type
        ]
        assert find(name).metric == metric
    with pytest.raises(KeyError):
        made.counter("gate.overhead")


def test_a_histogram_puts_a_value_on_a_bound_into_the_lower_bucket(made: Instruments) -> None:
    child = made.histogram("gate.overhead").labels()
    bounds = load().bounds_of(load().metrics["gate.overhead"])
    for value in (0.0, bounds[0], bounds[0] * 1.01, bounds[-1], bounds[-1] + 1, 1e9):
        child.observe(value)
    (series,) = series_of(made, "gate.overhead")
    buckets = series.values[:-1]
    assert len(buckets) == len(bounds) + 1
    assert (buckets[0], buckets[1], buckets[-2], buckets[-1]) == (2.0, 1.0, 1.0, 2.0)


def test_the_same_labels_are_the_same_child(made: Instruments) -> None:
    family = made.counter("gate.errors")
    assert family.labels("a") is family.labels("a")
    assert family.labels("a") is not family.labels("b")
    with pytest.raises(ValueError, match="1 labels"):
        family.labels("a", "b")


def test_series_beyond_the_limit_become_other_and_are_counted(made: Instruments) -> None:
    limit = load().metrics["gate.errors"].max_series
    family = made.counter("gate.errors")
    for number in range(limit + 50):
        family.labels(f"code-{number}").inc()
    shown = {series.labels[0]: series.values[0] for series in series_of(made, "gate.errors")}
    assert len(shown) == limit + 1
    assert shown["other"] == 50
    assert sum(shown.values()) == limit + 50
    (overflow,) = series_of(made, "gate.metric_overflows")
    assert (overflow.labels, overflow.values[0]) == (("gate.errors",), 50)


def test_short_closed_lists_are_there_from_the_start(made: Instruments) -> None:
    assert {series.labels for series in series_of(made, "gate.overload_rejections")} == {("overloaded",), ("draining",)}
    assert {series.labels for series in series_of(made, "gate.in_flight_requests")} == {()}
    assert series_of(made, "gate.requests") == []


def test_shared_counters_lose_nothing_between_threads(made: Instruments) -> None:
    dropped = made.counter("gate.telemetry.dropped").labels("traces", "queue_full")
    threads = [threading.Thread(target=lambda: [dropped.inc() for _ in range(20_000)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    values = {series.labels: series.values[0] for series in series_of(made, "gate.telemetry.dropped")}
    assert values["traces", "queue_full"] == 80_000


def test_an_exemplar_stays_beside_its_number(made: Instruments) -> None:
    exemplar = Exemplar("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", at=123.5)
    made.counter("gate.attempts").labels("p", "r", "none").inc(2.0, exemplar)
    (series,) = series_of(made, "gate.attempts")
    ((_, stored),) = series.exemplars
    assert (stored.trace_id, stored.span_id) == ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
    assert (stored.value, stored.at) == (2.0, 123.5)


@pytest.mark.parametrize(("trace", "span"), [("ab", "b7ad6b7169203331"), ("0" * 32, "00"), ("x" * 32, "0" * 16)])
def test_an_exemplar_needs_whole_ids(trace: str, span: str) -> None:
    with pytest.raises(ValueError):
        Exemplar(trace, span)
