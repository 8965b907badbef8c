"""A collector that refuses, says nothing, is slow or fails, over HTTP and gRPC: bounded memory, exact counts, an end in
time, and the thread that records never waits. Each case is a process of its own, so that memory can be looked at."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.telemetry.otlp.samples import Answer, BlackHole, Collector, closed_port, grpc_server

REQUESTS = 4_000
SPANS = 5 * (REQUESTS + 20)


def flood(port: int, protocol: str, allowed_s: float, requests: int = REQUESTS) -> dict[str, Any]:
    env = {
        **os.environ,
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_BSP_SCHEDULE_DELAY": "200",
    }
    command = [sys.executable, "-m", "tests.telemetry.otlp.flood", str(requests), str(allowed_s)]
    begun = time.monotonic()
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=True)
    report = json.loads(done.stdout)
    report["exit_s"] = time.monotonic() - begun - report["recording_s"]
    return report


@contextmanager
def collector(kind: str, protocol: str) -> Generator[int]:
    def slowly(body: bytes, context: Any) -> bytes:
        time.sleep(0.3)
        return b""

    if kind == "refuses":
        yield closed_port()
    elif kind == "silent":
        with BlackHole() as hole:
            yield hole.port
    elif protocol == "grpc":
        with grpc_server(slowly) as port:
            yield port
    else:
        with Collector(Answer(503) if kind == "failing" else Answer(wait_s=0.3)) as running:
            yield running.port


CASES = [
    ("refuses", "http/protobuf", 5.0),
    ("refuses", "grpc", 5.0),
    ("silent", "http/protobuf", 5.0),
    ("silent", "grpc", 1.5),
    ("slow", "http/protobuf", 5.0),
    ("slow", "grpc", 5.0),
    ("failing", "http/protobuf", 1.5),
]


@pytest.mark.parametrize(("kind", "protocol", "allowed_s"), CASES)
def test_memory_counts_and_end_are_bounded(kind: str, protocol: str, allowed_s: float) -> None:
    if protocol == "grpc":
        pytest.importorskip("grpc")
    with collector(kind, protocol) as port:
        report = flood(port, protocol, allowed_s)
    dropped = report["dropped"]
    assert report["received"] == SPANS
    assert report["received"] == report["sent"] + sum(dropped.values()) and report["queued"] == 0
    assert report["grown"] < 20 * 1024 * 1024
    assert report["ending_s"] < allowed_s + 0.5 and report["exit_s"] < allowed_s + 4
    assert dropped["queue_full"] > 0  # how many depends on how quickly this machine makes spans
    assert report["slowest_s"] < 1, "recording waited for the collector"
    if kind == "slow":
        assert report["sent"] > 500 and report["complete"]
    else:
        assert report["sent"] == 0 and dropped["shutdown"] > 0 and not report["complete"]


def test_a_good_collector_gets_everything() -> None:
    with Collector() as running:
        report = flood(running.port, "http/protobuf", 5.0, requests=300)
    assert report["received"] == report["sent"] + report["dropped"]["queue_full"] and report["complete"]
    assert report["ending_s"] < 3
