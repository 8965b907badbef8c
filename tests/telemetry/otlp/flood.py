"""Run as a program: records spans as fast as it can for a collector given by the OTEL_* variables, shuts down, and
prints what became of them, how much memory grew, how long recording and the end took.

Arguments: number of requests (each five spans, one with 32 events), seconds allowed for the end.
"""

import gc
import json
import os
import sys
import time
from pathlib import Path

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace import SpanKind, set_span_in_context

from gate.telemetry.otlp.grpc_sender import GrpcSender
from gate.telemetry.otlp.http_sender import HttpSender
from gate.telemetry.otlp.processor import ExportSpanProcessor
from gate.telemetry.otlp.settings import Protocol, otlp_settings
from gate.telemetry.otlp.shutdown import shutdown_all
from gate.telemetry.otlp.worker import BatchWorker
from gate.telemetry.resource import gate_resource


def resident() -> int:
    """Bytes."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main(requests: int, allowed_s: float) -> None:
    target = (settings := otlp_settings(os.environ)).traces
    assert target is not None
    sender = GrpcSender(target) if target.protocol is Protocol.GRPC else HttpSender(target)
    worker = BatchWorker("traces", sender, settings.spans, timeout_s=target.timeout_s)
    provider = TracerProvider(resource=gate_resource({}, version="1", instance_id="1"), shutdown_on_exit=False)
    provider.add_span_processor(ExportSpanProcessor(worker))
    tracer = provider.get_tracer("gate")

    def request(number: int) -> None:
        own = {f"gate.attribute.{index}": f"value {index} of {number}" for index in range(24)}
        server = tracer.start_span("POST /v1/messages", kind=SpanKind.SERVER, attributes=own)
        inside = set_span_in_context(server)
        plan = tracer.start_span("plan", inside)
        for index in range(32):
            plan.add_event("gate.candidate", {"gate.candidate.route": f"route-{index}", "gate.candidate.rank": index})
        plan.end()
        for name in ("chat", "POST", "route"):
            tracer.start_span(name, inside, SpanKind.CLIENT, own).end()
        server.end()

    for number in range(20):
        request(number)
    worker.flush(0.2)
    gc.collect()
    before, peak, slowest = resident(), 0, 0.0
    begun = time.perf_counter()
    for number in range(requests):
        started = time.perf_counter()
        request(number)
        slowest = max(slowest, time.perf_counter() - started)
        if number % 50 == 0:
            peak = max(peak, resident())
    recorded = time.perf_counter() - begun
    ending = time.perf_counter()
    complete = shutdown_all([worker], allowed_s)
    stats = worker.stats
    report = {
        "received": stats.received,
        "sent": stats.sent,
        "dropped": stats.dropped,
        "queued": stats.queued,
        "complete": complete,
        "grown": max(peak, resident()) - before,
        "recording_s": recorded,
        "slowest_s": slowest,
        "ending_s": time.perf_counter() - ending,
    }
    print(json.dumps({**report, "dropped": dict(stats.dropped)}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
