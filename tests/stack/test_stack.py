"""The stack itself: what goes in at one end comes out at the other, on real parts."""

from __future__ import annotations

import http.server
import json
import secrets
import threading
import time
from collections.abc import Iterator
from typing import Any

import grpc
import httpx
import pytest
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import TraceServiceStub

from tests.harness.ports import refusing_port
from tests.stack.jaeger import TraceMissing
from tests.stack.otlp_json import parse_spans
from tests.stack.stack import Stack

SECOND = 1_000_000_000


def two_spans(trace_id: str, service: str) -> dict[str, Any]:
    """A trace as OTLP JSON: a server span with a failed client span in it."""
    now = time.time_ns()
    run = [{"key": "test.run", "value": {"stringValue": trace_id[:8]}}]
    root: dict[str, Any] = {"traceId": trace_id, "spanId": "11" * 8, "name": "GET /x", "kind": 2, "attributes": run}
    child: dict[str, Any] = {
        "traceId": trace_id,
        "spanId": "22" * 8,
        "parentSpanId": "11" * 8,
        "name": "call",
        "kind": 3,
    }
    root |= {"startTimeUnixNano": str(now - 5), "endTimeUnixNano": str(now + SECOND)}
    child |= {"startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 7), "status": {"code": 2, "message": "bad"}}
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {"name": "t"}, "spans": [child, root]}]}]}


OUTLINE = "GET /x SERVER UNSET\n  call CLIENT ERROR"


def test_a_trace_sent_over_http_is_read_back(stack: Stack) -> None:
    trace_id, service = secrets.token_hex(16), f"over-http-{secrets.token_hex(4)}"
    sent = two_spans(trace_id, service)
    httpx.post(f"{stack.otlp_http}/v1/traces", json=sent, trust_env=False).raise_for_status()
    trace = stack.jaeger.trace(trace_id, min_spans=2)
    assert trace.outline() == OUTLINE
    # Nothing was lost on the way: Jaeger's spans and the Collector's are those that were sent.
    expected = {span.span_id: span for span in parse_spans(sent)}
    assert {span.span_id: span for span in trace.spans} == expected
    assert stack.exported.trace(trace_id) == trace
    assert service in stack.jaeger.services()
    (found,) = stack.jaeger.find(service, {"test.run": trace_id[:8]}, min_spans=2)
    assert found == trace
    assert len(stack.jaeger.raw(trace_id)["spans"]) == 2


def test_a_trace_sent_over_grpc_is_read_back(stack: Stack) -> None:
    trace_id = secrets.token_hex(16)
    document = two_spans(trace_id, "over-grpc")
    # protobuf's own JSON mapping wants ids in base64, unlike OTLP's; so they are set on the message.
    spans = document["resourceSpans"][0]["scopeSpans"][0]["spans"]
    ids = [
        {name: bytes.fromhex(span.pop(name, "")) for name in ("traceId", "spanId", "parentSpanId")} for span in spans
    ]
    request: Any = ParseDict(document, ExportTraceServiceRequest())
    for span, known in zip(request.resource_spans[0].scope_spans[0].spans, ids, strict=True):
        span.trace_id, span.span_id, span.parent_span_id = known["traceId"], known["spanId"], known["parentSpanId"]
    untyped: Any = grpc
    with untyped.insecure_channel(stack.otlp_grpc.removeprefix("http://")) as channel:
        stub: Any = TraceServiceStub(channel)
        stub.Export(request, timeout=10)
    assert stack.jaeger.trace(trace_id, min_spans=2).outline() == OUTLINE


def test_says_what_was_there_instead_of_the_trace(stack: Stack) -> None:
    with pytest.raises(TraceMissing, match="0 of 1 spans"):
        stack.jaeger.trace(secrets.token_hex(16), timeout=0.3)
    with pytest.raises(TraceMissing, match="0 of 1 traces of nobody"):
        stack.jaeger.find("nobody", timeout=0.3)


def test_metrics_and_logs_reach_the_files_and_prometheus(stack: Stack) -> None:
    mark = secrets.token_hex(4)
    now = str(time.time_ns())
    point = {"asInt": "3", "timeUnixNano": now, "startTimeUnixNano": now}
    total = {"aggregationTemporality": 2, "isMonotonic": True, "dataPoints": [point]}
    metrics = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": f"test.m{mark}", "sum": total}]}]}]}
    record = {"timeUnixNano": now, "body": {"stringValue": f"log-{mark}"}}
    logs = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    for path, document in (("metrics", metrics), ("logs", logs)):
        httpx.post(f"{stack.otlp_http}/v1/{path}", json=document, trust_env=False).raise_for_status()
    (sample,) = stack.prometheus.wait(f"test_m{mark}_total")
    assert sample.value == 3 and sample.labels["job"] == "otel-collector"
    assert f"test.m{mark}" in stack.exported.metrics.read_text()
    assert f"log-{mark}" in stack.exported.logs.read_text()


@pytest.fixture
def target() -> Iterator[str]:
    """An OpenMetrics endpoint with a counter that has an exemplar."""
    text = '# TYPE demo counter\ndemo_total{lane="a"} 5 # {trace_id="ab12"} 1.0\n# EOF\n'

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/openmetrics-text; version=1.0.0; charset=utf-8")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_prometheus_scrapes_targets_with_their_exemplars(stack: Stack, target: str) -> None:
    stack.prometheus.scrape(target, job="demo")
    (sample,) = stack.prometheus.wait('demo_total{job="demo"}')
    assert (sample.value, sample.labels["lane"]) == (5, "a")
    assert stack.prometheus.value('sum(demo_total{job="demo"}) + 1') == 6
    assert stack.prometheus.value("demo_nothing") is None
    assert stack.prometheus.value("scalar(vector(2))") == 2
    (exemplar,) = stack.prometheus.exemplars('demo_total{job="demo"}')
    assert (exemplar.labels, exemplar.value) == ({"trace_id": "ab12"}, 1.0)
    with pytest.raises(AssertionError, match="parse error"):
        stack.prometheus.query("demo_total{")
    stack.prometheus.unscrape(target)
    stack.prometheus.wait("up{job='demo'}", until=lambda samples: not samples)


def test_prometheus_loads_rules(stack: Stack) -> None:
    rule = {"record": "test:two", "expr": "vector(2)"}
    stack.prometheus.load_rules("two", json.dumps({"groups": [{"name": "two", "rules": [rule]}]}))  # YAML holds JSON
    (sample,) = stack.prometheus.wait("test:two")
    assert sample.value == 2
    assert "two" in [group["name"] for group in stack.prometheus.rules()]
    with pytest.raises(httpx.HTTPStatusError):
        stack.prometheus.load_rules("bad", "groups: [{name: bad, rules: [{record: x, expr: '('}]}]")
    (stack.directory / "rules" / "bad.yaml").unlink()


def test_a_target_that_is_down_is_named(stack: Stack) -> None:
    with refusing_port() as port:
        address = f"127.0.0.1:{port}"
        with pytest.raises(AssertionError, match=f"{address} is not scraped: "):
            stack.prometheus.scrape(address, job="down", timeout=0.5)
        stack.prometheus.wait('up{job="down"} == 0')
        (target,) = [one for one in stack.prometheus.targets() if one["labels"]["job"] == "down"]
        assert "refused" in target["lastError"]
        stack.prometheus.unscrape(address)


def test_stopping_leaves_no_process_and_no_file(stack: Stack) -> None:
    with Stack(stack.backend) as other:  # not the shared one, which others still need
        addresses = [other.otlp_http, other.jaeger.url, other.prometheus.url]
        assert "Everything is ready" in other.output("otelcol")
    assert not other.directory.exists()
    for address in addresses:
        with pytest.raises(httpx.ConnectError):
            httpx.get(address, trust_env=False)
