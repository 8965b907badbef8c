"""A collector that takes little at once: what Gate would send in one request arrives in parts, and nothing is lost."""

from __future__ import annotations

import pytest

from tests.deploy.otel_collector.collector import running
from tests.deploy.otel_collector.test_gateway import pushed
from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.e2e.sink import Sink, eventually
from tests.harness.upstream import Upstream

REQUESTS = 700
TAKER = "yaml:{exporters: {otlphttp/sink: {endpoint: '%s'}}, service: {pipelines: {%s}}}"
PIPELINES = ", ".join(f"{one}: {{receivers: [otlp], exporters: [otlphttp/sink]}}" for one in ("traces", "metrics"))
LISTENS = """yaml:
receivers:
  otlp:
    protocols:
      grpc: {endpoint: "${env:OTLP_GRPC}", max_recv_msg_size_mib: 1}
      http: {endpoint: "${env:OTLP_HTTP}", max_request_body_size: 100000}
extensions: {health_check: {endpoint: "${env:HEALTH}"}}
service: {extensions: [health_check]}
"""


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_everything_arrives_in_parts(start_gate: Start, upstream: Upstream, protocol: str) -> None:
    if protocol == "grpc":
        pytest.importorskip("grpc")
    with Sink() as sink, running([], {}, [LISTENS, TAKER % (sink.url, PIPELINES)]) as collector:
        sending = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.otlp if protocol != "grpc" else f"http://{collector.grpc}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_METRIC_EXPORT_INTERVAL": "60000",
            # All spans wait for one batch: more than a mebibyte together.
            "OTEL_BSP_MAX_QUEUE_SIZE": "8192",
            "OTEL_BSP_MAX_EXPORT_BATCH_SIZE": "8192",
            "OTEL_BSP_SCHEDULE_DELAY": "120000",
        }
        gate = start_gate({}, environment(upstream, **sending))
        with client(gate) as ask:
            for _ in range(REQUESTS):
                assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
        assert gate.stop().code == 0
        assert eventually(lambda: len(sink.spans()) == 5 * REQUESTS, 20), (len(sink.spans()), gate.log[-5:])
        assert "gate.requests" in {metric.name for metric in pushed(sink)}
    told = [line for line in gate.log if "does not take" in str(line)]
    assert told, "it all went at once: the batch is too small to show anything"
    assert not [line for line in gate.log if "fails" in str(line) or "not sent" in str(line)]
