"""Families of prometheus-client as OTLP, read back with the published messages."""

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import AGGREGATION_TEMPORALITY_CUMULATIVE, Metric
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, Summary
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily

from gate.telemetry.otlp.metrics import MetricEncoder, encode_metrics, pieces
from tests.telemetry.otlp.samples import RESOURCE, pairs

TRACE, SPAN = "0123456789abcdef0123456789abcdef", "fedcba9876543210"
START, NOW = 1_000_000_000, 2_000_000_000


def read(body: bytes) -> dict[str, Metric]:
    request = ExportMetricsServiceRequest.FromString(body)
    assert list(request.resource_metrics[0].resource.attributes) == pairs(RESOURCE.attributes)
    return {metric.name: metric for metric in request.resource_metrics[0].scope_metrics[0].metrics}


def registry() -> CollectorRegistry:
    held = CollectorRegistry()
    counter = Counter("gate_attempts", "Upstream calls.", ["provider", "lane"], registry=held)
    counter.labels("anthropic", "a/b").inc(3, exemplar={"trace_id": TRACE, "span_id": SPAN})
    counter.labels("openai", "ü").inc()
    Gauge("gate_in_flight", "Now.", registry=held).set(2.5)
    Info("gate_build", "What runs.", registry=held).info({"version": "1"})
    wait = Histogram("gate_wait", "Waiting.", ["x"], unit="seconds", buckets=(0.1, 1, 10), registry=held)
    for value in (0.05, 0.5, 0.7, 99):
        wait.labels("y").observe(value, {"trace_id": TRACE, "span_id": SPAN} if value == 0.7 else None)
    Summary("ignored", "Gate has none.", registry=held).observe(1)
    return held


def test_every_type_keeps_its_numbers_names_units_and_help() -> None:
    metrics = read(encode_metrics(registry().collect(), RESOURCE, start_ns=START, now_ns=NOW))
    assert set(metrics) == {"gate_attempts", "gate_in_flight", "gate_build", "gate_wait_seconds"}
    attempts = metrics["gate_attempts"]
    assert attempts.description == "Upstream calls." and attempts.sum.is_monotonic
    assert attempts.sum.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    values = {tuple(a.value.string_value for a in point.attributes): point for point in attempts.sum.data_points}
    assert {key: point.as_double for key, point in values.items()} == {("anthropic", "a/b"): 3, ("openai", "ü"): 1}
    assert [attribute.key for attribute in attempts.sum.data_points[0].attributes] == ["provider", "lane"]
    exemplar = values[("anthropic", "a/b")].exemplars[0]
    assert (exemplar.trace_id.hex(), exemplar.span_id.hex(), exemplar.as_double) == (TRACE, SPAN, 3)
    assert exemplar.time_unix_nano > 10**18 and not exemplar.filtered_attributes
    assert metrics["gate_in_flight"].gauge.data_points[0].as_double == 2.5
    assert metrics["gate_in_flight"].gauge.data_points[0].time_unix_nano == NOW
    assert metrics["gate_build"].gauge.data_points[0].attributes[0].value.string_value == "1"


def test_a_histogram_counts_between_bounds_and_keeps_its_exemplar() -> None:
    metric = read(encode_metrics(registry().collect(), RESOURCE, start_ns=START, now_ns=NOW))["gate_wait_seconds"]
    assert metric.unit == "s" and metric.histogram.aggregation_temporality == AGGREGATION_TEMPORALITY_CUMULATIVE
    (point,) = metric.histogram.data_points
    assert list(point.explicit_bounds) == [0.1, 1, 10] and list(point.bucket_counts) == [1, 2, 0, 1]
    assert point.count == 4 and abs(point.sum - 100.25) < 1e-9
    assert [attribute.key for attribute in point.attributes] == ["x"]
    assert [(e.trace_id.hex(), e.as_double) for e in point.exemplars] == [(TRACE, 0.7)]


def test_a_family_that_says_when_it_began_is_believed() -> None:
    held = CollectorRegistry()
    Counter("a", "A.", registry=held).inc()
    family = next(iter(held.collect()))
    began = next(sample.value for sample in family.samples if sample.name == "a_created")
    point = read(encode_metrics([family], RESOURCE, start_ns=START, now_ns=NOW))["a"].sum.data_points[0]
    assert point.start_time_unix_nano == round(began * 1e9)
    family.samples = [sample for sample in family.samples if sample.name != "a_created"]
    point = read(encode_metrics([family], RESOURCE, start_ns=START, now_ns=NOW))["a"].sum.data_points[0]
    assert point.start_time_unix_nano == START


def test_names_labels_and_units_are_mapped() -> None:
    body = encode_metrics(
        registry().collect(),
        RESOURCE,
        start_ns=START,
        now_ns=NOW,
        name=lambda family: family.replace("_", ".", 1),
        label=lambda family, label: f"{family.split('_')[0]}.{label}",
        unit=lambda family: "{attempt}" if family.name == "gate_attempts" else "",
    )
    metrics = read(body)
    assert metrics["gate.attempts"].unit == "{attempt}"
    assert metrics["gate.attempts"].sum.data_points[0].attributes[0].key == "gate.provider"


def test_a_reading_in_between_two_counts_is_still_a_histogram() -> None:
    family = HistogramMetricFamily("h", "H.")
    family.add_metric([], buckets=[("1.0", 5), ("2.0", 4), ("+Inf", 6)], sum_value=7)
    point = read(encode_metrics([family], RESOURCE, start_ns=START, now_ns=NOW))["h"].histogram.data_points[0]
    assert list(point.bucket_counts) == [5, 0, 1] and point.count == 6


def test_points_are_counted_and_nothing_is_nothing() -> None:
    encoder = MetricEncoder(RESOURCE, start_ns=START)
    assert encoder.encode(registry().collect(), NOW)[1] == 5
    assert encoder.encode([], NOW) == (b"", 0)


def test_an_exemplar_that_is_no_trace_keeps_its_labels() -> None:
    held = CollectorRegistry()
    Counter("a", "A.", registry=held).inc(1, exemplar={"trace_id": "no", "other": "x"})
    point = read(encode_metrics(held.collect(), RESOURCE, start_ns=START, now_ns=NOW))["a"].sum.data_points[0]
    (exemplar,) = point.exemplars
    assert exemplar.trace_id == b"" and [a.key for a in exemplar.filtered_attributes] == ["other"]


def test_a_large_gauge_comes_apart_and_says_the_same() -> None:
    family = GaugeMetricFamily("gate_ready", "Ready.", labels=["route"])
    for number in range(5):
        family.add_metric([f"r{number}"], float(number))
    found = pieces(family)
    assert [len(piece.samples) for piece in found] == [2, 3]
    assert [sample for piece in found for sample in piece.samples] == family.samples
    assert {(piece.name, piece.documentation, piece.type) for piece in found} == {("gate_ready", "Ready.", "gauge")}
    for whole in (CounterMetricFamily("gate_c", "C", value=1.0), GaugeMetricFamily("gate_one", "One", value=1.0)):
        assert pieces(whole) == (whole,)
