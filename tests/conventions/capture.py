"""Runs two rounds of the standard scenario's traffic through a real Gate and keeps what it sends over OTLP."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from tests.conventions.seen import SeenMetric, SeenSpan, metrics_of, spans_of
from tests.e2e.sink import Sink
from tests.harness.gate import GateProcess
from tests.scenario.traffic import Traffic
from tests.scenario.world import World


@dataclass(frozen=True)
class Captured:
    """All spans and, of the last push, all metrics."""

    spans: list[SeenSpan]
    metrics: list[SeenMetric]


def capture(profile: str) -> Captured:
    """Two rounds of traffic, and requests that only the HTTP conventions speak of. Gate ends before this returns, so
    that everything has been sent."""
    with Sink() as sink, World() as world:
        environment = world.environment(
            **{**sink.environment(), "OTEL_METRICS_EXPORTER": "otlp", "GATE_SEMCONV_PROFILE": profile}
        )
        with GateProcess(world.configuration(), environment) as gate:
            with Traffic(gate, world) as traffic:
                for number in range(2):  # whole answers, then streams
                    traffic.round(number)
            with httpx.Client(base_url=gate.url, trust_env=False, timeout=10) as http:
                http.request("BREW", "/v1/messages")
                http.post("/v1/messages?key=planted", content=b"{}")
                http.get("/metrics")
            assert gate.stop().code == 0
        return Captured(spans_of(sink.bodies("/v1/traces")), metrics_of(sink.bodies("/v1/metrics")))
