"""The agent, the balancer, and the lines for a collector that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest
import trustme

from tests.deploy.otel_collector.collector import running
from tests.deploy.otel_collector.test_gateway import FAST, exemplars, kept, pushed, sent_from, to_sink, traffic
from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.e2e.sink import Sink, eventually
from tests.harness.ports import free_ports
from tests.harness.upstream import Upstream

SOMEBODY_ELSES = str(Path(__file__).with_name("somebody-elses.yaml"))
SCRAPE = "scrape_configs: [{job_name: gate, scrape_interval: 1s, static_configs: [{targets: ['%s']}]}]"


def metric_names(sink: Sink) -> set[str]:
    return {metric.name for metric in pushed(sink)}


def test_the_agent_sends_on_what_gate_sends_and_what_it_scrapes(start_gate: Start, upstream: Upstream) -> None:
    (port,) = free_ports(1)
    address = f"127.0.0.1:{port}"
    often = f"yaml:receivers::prometheus::config: {{{SCRAPE % address}}}"
    with Sink() as sink, running(["agent.yaml"], to_sink(sink, GATE_METRICS=address), [often]) as collector:
        gate = start_gate({}, environment(upstream, **sent_from(collector)), args=["--port", str(port)])
        with client(gate) as ask:
            for _ in range(5):
                assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
        assert eventually(lambda: len(kept(sink)) == 5, 20)
        assert eventually(lambda: "gate_requests_total" in metric_names(sink), 20), metric_names(sink)
        assert eventually(lambda: len(exemplars(sink, "gate_requests_total")) > 0, 20)


def test_the_balancer_keeps_traces_together(start_gate: Start, upstream: Upstream) -> None:
    with Sink() as one, Sink() as two:
        behind = [to_sink(sink, KEEP_PERCENT="100") for sink in (one, two)]
        together = ["gateway.yaml", "to-otlp.yaml"]
        with running(together, behind[0], FAST) as left, running(together, behind[1], FAST) as right:
            static = f"{{dns: null, static: {{hostnames: ['{left.grpc}', '{right.grpc}']}}}}"
            fixed = [f"yaml:exporters::loadbalancing/{kind}::resolver: {static}" for kind in ("traces", "metrics")]
            with running(["balance.yaml"], {"COLLECTORS": "localhost"}, fixed) as collector:
                plain, troubled = traffic(start_gate, upstream, collector)
                wanted = len(plain) * 5 + len(troubled) * 7
                assert eventually(lambda: len(one.spans()) + len(two.spans()) >= wanted, 30)
        here, there = set(kept(one)), set(kept(two))
    assert here and there, "both had something to do"
    assert not here & there
    assert here | there == plain | troubled


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Certificates and the token of somebody else's collector."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = ca.issue_cert("127.0.0.1")
    server.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    server.private_key_pem.write_to_path(str(tmp_path / "server.key"))
    (tmp_path / "token").write_text("token-0123456789")
    return tmp_path


@pytest.mark.parametrize("protocol", ["http/protobuf", "grpc"])
def test_a_collector_that_somebody_else_configured(
    start_gate: Start, upstream: Upstream, folder: Path, protocol: str
) -> None:
    """TLS, a bearer token, little room, and a restart in the middle of the traffic."""
    if protocol == "grpc":
        pytest.importorskip("grpc")
    with Sink() as sink:
        given = {"FOLDER": str(folder), "SINK": sink.url}
        ports = free_ports(4)
        endpoint = f"https://127.0.0.1:{ports[0] if protocol == 'grpc' else ports[1]}"
        sending = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer token-0123456789",
            "OTEL_EXPORTER_OTLP_CERTIFICATE": str(folder / "ca.pem"),
            "OTEL_EXPORTER_OTLP_TIMEOUT": "2000",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "OTEL_BSP_SCHEDULE_DELAY": "200",
        }
        sent = 0
        with running([SOMEBODY_ELSES], given, ports=ports):
            gate = start_gate({}, environment(upstream, **sending))
            with client(gate) as ask:

                def some(count: int) -> None:
                    nonlocal sent
                    for _ in range(count):
                        assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
                        sent += 1

                some(200)
                assert eventually(lambda: len(sink.servers()) > 0, 20), gate.log[-5:]
        with client(gate) as ask:  # the collector is away; nobody waits for it
            for _ in range(100):
                assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
                sent += 1
        with running([SOMEBODY_ELSES], given, ports=ports):
            with client(gate) as ask:
                for _ in range(100):
                    assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
                    sent += 1
            assert eventually(lambda: any(name.startswith("gate.") for name in metric_names(sink)), 20)

            def accounted() -> bool:
                dropped = sum(
                    sample.value
                    for sample in gate.metrics()
                    if sample.name == "gate_telemetry_dropped_total" and sample.labels["signal"] == "traces"
                )
                return len(sink.spans()) + dropped == 5 * sent

            assert eventually(accounted, 40), (len(sink.spans()), sent, gate.log[-3:])
