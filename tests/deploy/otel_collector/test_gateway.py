"""The gateway's configuration under real traffic: what is kept, what is taken out, what is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import Exemplar, Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.deploy.otel_collector.collector import Running, running
from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.e2e.sink import Sink, eventually
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

PLAIN, TROUBLED = 40, 5
SECRET = "sk-ant-api03-planted-0123456789abcdef"
FAST = [
    "yaml:connectors::spanmetrics::metrics_flush_interval: 1s",
    "yaml:connectors::servicegraph: {metrics_flush_interval: 1s, store_expiration_loop: 500ms, store: {ttl: 1s}}",
    "yaml:processors::tail_sampling::decision_wait_after_root_received: 1s",
]


def to_sink(sink: Sink, **more: str) -> dict[str, str]:
    return {"OTLP_BACKEND": sink.url, "TRACES_OTLP": sink.url, **more}


def sent_from(collector: Running) -> dict[str, str]:
    return {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp, "OTEL_BSP_SCHEDULE_DELAY": "100"}


def traffic(start_gate: Start, upstream: Upstream, collector: Running) -> tuple[set[str], set[str]]:
    """Ids of the traces of requests that went well, and of those that needed another route."""
    gate = start_gate({}, environment(upstream, **sent_from(collector)))
    with client(gate) as ask:

        def trace() -> str:
            answer = ask.post(MESSAGES.path, json=MESSAGES.body())
            assert answer.status_code == 200, answer.text
            return answer.headers["traceresponse"].split("-")[1]

        plain = {trace() for _ in range(PLAIN)}
        troubled: set[str] = set()
        for _ in range(TROUBLED):
            upstream.fault("status", status=529, times=1)
            troubled.add(trace())
    assert gate.stop().code == 0
    return plain, troubled


def kept(sink: Sink) -> dict[str, list[Span]]:
    traces: dict[str, list[Span]] = {}
    for span in sink.spans():
        traces.setdefault(span.trace_id.hex(), []).append(span)
    return traces


def chosen(trace_id: str, percent: int) -> bool:
    """Whether the `probabilistic` policy keeps a trace: FNV-1a, 64 bits, over its default salt and the id, at most a
    threshold (tailsamplingprocessor v0.152.0, internal/sampling/probabilistic.go)."""
    hashed = 0xCBF29CE484222325
    for byte in b"default-hash-seed" + bytes.fromhex(trace_id):
        hashed = (hashed ^ byte) * 0x100000001B3 % 2**64
    return hashed <= (2**64 - 1) * percent // 100


@pytest.mark.parametrize("percent", [0, 50, 100])
def test_kept_are_those_with_the_hint_and_exactly_the_chosen_of_the_rest(
    start_gate: Start, upstream: Upstream, percent: int
) -> None:
    with Sink() as sink:
        with running(["gateway.yaml", "to-otlp.yaml"], to_sink(sink, KEEP_PERCENT=str(percent)), FAST) as collector:
            plain, troubled = traffic(start_gate, upstream, collector)
            wanted = troubled | {trace_id for trace_id in plain if chosen(trace_id, percent)}
            assert eventually(lambda: wanted <= set(kept(sink)), 20)
        traces = kept(sink)  # after its end: what waited was decided about
    assert set(traces) == wanted
    for trace_id, spans in traces.items():
        # SERVER, route, plan, and an attempt with its POST for each call.
        assert len(spans) == (7 if trace_id in troubled else 5), [span.name for span in spans]
        hint = [item.value.bool_value for span in spans for item in span.attributes if item.key == "gate.sampling.keep"]
        assert hint == ([True] if trace_id in troubled else [])


def pushed(sink: Sink) -> Iterator[Metric]:
    """Every metric in every push."""
    for body in sink.bodies("/v1/metrics"):
        for resource in ExportMetricsServiceRequest.FromString(body).resource_metrics:
            for scope in resource.scope_metrics:
                yield from scope.metrics


def exemplars(sink: Sink, name: str) -> list[Exemplar]:
    """Those of one counter or histogram, of all pushes."""
    found = [metric for metric in pushed(sink) if metric.name == name]
    points = [point for metric in found for point in (*metric.sum.data_points, *metric.histogram.data_points)]
    return [exemplar for point in points for exemplar in point.exemplars]


def planted() -> dict[str, object]:
    """A span of somebody else's with what must not be stored."""
    secrets = {
        "http.request.header.authorization": "Bearer abcdefgh12345678",
        "note": f"called with {SECRET} as the key",
        "gen_ai.input.messages": "a prompt nobody may store",
        "url.full": "https://x.example/v1?key=abcdefgh12345678&a=b",
        "service.api_key": "abcdefgh",
        "http.response.header.set-cookie": "abcdefgh=1",
        "auth_token": "abcdefgh",
        "gen_ai.usage.input_tokens": 7,
        "gate.sampling.keep": True,
        "gate.attempt.own_credential": True,
    }

    def value(given: object) -> dict[str, object]:
        if isinstance(given, bool):
            return {"boolValue": given}
        return {"intValue": given} if isinstance(given, int) else {"stringValue": given}

    attributes = [{"key": key, "value": value(given)} for key, given in secrets.items()]
    span = {"traceId": "ab" * 16, "spanId": "cd" * 8, "name": "planted", "kind": 1, "attributes": attributes}
    times = {"startTimeUnixNano": "1790000000000000000", "endTimeUnixNano": "1790000001000000000"}
    return {"resourceSpans": [{"scopeSpans": [{"spans": [{**span, **times}]}]}]}


def test_a_planted_secret_is_gone_and_what_is_none_stays() -> None:
    with Sink() as sink, running(["gateway.yaml", "to-otlp.yaml"], to_sink(sink), FAST) as collector:
        sent = httpx.post(
            f"{collector.otlp}/v1/traces",
            content=json.dumps(planted()),
            headers={"content-type": "application/json"},
            trust_env=False,
        )
        assert sent.status_code == 200, sent.text
        assert eventually(lambda: len(sink.spans()) > 0, 20)
        (span,) = sink.spans()
        raw = sink.raw()
        told = httpx.get(collector.metrics, trust_env=False).text
    for secret in (SECRET, "abcdefgh", "nobody may store"):
        assert secret.encode() not in raw and secret not in told
    found = {item.key: item.value for item in span.attributes}
    assert found["gen_ai.usage.input_tokens"].int_value == 7
    assert found["gate.attempt.own_credential"].bool_value
    assert found["note"].string_value.startswith("called with ***")
    assert "a=b" in found["url.full"].string_value


def test_spans_are_counted_before_sampling_with_a_way_to_their_traces(start_gate: Start, upstream: Upstream) -> None:
    with Sink() as sink, running(["gateway.yaml", "to-otlp.yaml"], to_sink(sink, KEEP_PERCENT="0"), FAST) as collector:
        plain, troubled = traffic(start_gate, upstream, collector)

        def metrics() -> str:
            accept = {"accept": "application/openmetrics-text; version=1.0.0"}
            return httpx.get(collector.metrics, headers=accept, trust_env=False).text

        def calls() -> float:
            lines = [line for line in metrics().splitlines() if line.startswith("traces_span_metrics_calls_total{")]
            return sum(
                float(line.split("} ")[1].split(" ")[0]) for line in lines if 'span_kind="SPAN_KIND_SERVER"' in line
            )

        assert eventually(lambda: calls() == PLAIN + TROUBLED, 20), metrics()[:4000]
        assert eventually(lambda: "traces_service_graph_request_total{" in metrics(), 20), metrics()[-3000:]
        text = metrics()
    assert 'gate_outcome="served"' in text
    assert 'client="gate"' in text and 'server="anthropic"' in text
    # Each flush has those of its own seconds only, so they are looked for in what was pushed.
    leads = {exemplar.trace_id.hex() for exemplar in exemplars(sink, "traces.span.metrics.duration")}
    assert leads and leads <= plain | troubled


def test_what_is_kept_reaches_a_real_jaeger(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    given = {"TRACES_OTLP": stack.jaeger_otlp, "KEEP_PERCENT": "0"}
    with running(["gateway.yaml"], given, FAST) as collector:
        _, troubled = traffic(start_gate, upstream, collector)
        for trace_id in troubled:
            assert len(stack.jaeger.trace(trace_id, 7).spans) == 7
