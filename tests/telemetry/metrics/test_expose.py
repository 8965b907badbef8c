"""Several workers' numbers as one exposition: exact sums, gauges as declared, exemplars, the dead counted."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gate.telemetry.metrics.expose import collect, render
from gate.telemetry.metrics.files import read_all
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load

REQUEST = ("auto", "lane", "route", "primary", "served")

WORKER = """
import os, sys, time
from pathlib import Path
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load
worker, count = int(sys.argv[2]), int(sys.argv[3])
i = Instruments(load(), MetricsStore(Path(sys.argv[1]), worker, 0))
e = Exemplar(f"{worker + 1:032x}", f"{worker + 1:016x}", at=1000.0 + worker)
i.gauge("gate.in_flight_requests").labels().inc(worker)
requests = i.counter("gate.requests").labels("auto", "lane", "route", "primary", "served")
overhead = i.histogram("gate.overhead").labels()
for _ in range(count):
    requests.inc(1.0, e)
    overhead.observe(0.002, e)
print("counted", flush=True)
sys.stdin.readline()
"""


def instruments(directory: Path, worker: int, generation: int = 0) -> Instruments:
    return Instruments(load(), MetricsStore(directory, worker, generation))


def samples(directory: Path) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = render(directory, "application/openmetrics-text")[1].decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_four_workers_add_up_and_a_killed_one_stays_in_the_sum(tmp_path: Path) -> None:
    counts = (1000, 2000, 3000, 4000)
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(tmp_path), str(index), str(count)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=Path(__file__).parents[3],
        )
        for index, count in enumerate(counts)
    ]
    try:
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"counted\n"
        labels = tuple(sorted(zip(load().metrics["gate.requests"].labels, REQUEST, strict=True)))
        before = samples(tmp_path)
        assert before["gate_requests_total", labels] == sum(counts)
        assert before["gate_overhead_seconds_count", ()] == sum(counts)
        assert before["gate_in_flight_requests", ()] == 0 + 1 + 2 + 3
        assert [file.alive for file in read_all(tmp_path)] == [True] * 4

        os.kill(workers[3].pid, signal.SIGKILL)
        workers[3].wait(10)
        after = samples(tmp_path)
        assert after["gate_requests_total", labels] == sum(counts)
        assert after["gate_overhead_seconds_sum", ()] == pytest.approx(0.002 * sum(counts))
        assert after["gate_in_flight_requests", ()] == 0 + 1 + 2
        assert ("gate_worker_started_seconds", (("worker", "3"),)) in before
        assert ("gate_worker_started_seconds", (("worker", "3"),)) not in after
    finally:
        for worker in workers:
            worker.kill()
            worker.communicate()


def test_the_newest_exemplar_of_a_bucket_wins(tmp_path: Path) -> None:
    one, two = instruments(tmp_path, 0), instruments(tmp_path, 1)
    one.histogram("gate.overhead").labels().observe(0.0021, Exemplar("1" * 32, "1" * 16, at=200.0))
    two.histogram("gate.overhead").labels().observe(0.0022, Exemplar("2" * 32, "2" * 16, at=100.0))
    two.histogram("gate.overhead").labels().observe(4.0, Exemplar("3" * 32, "3" * 16, at=50.0))
    (family,) = [family for family in collect(tmp_path) if family.name == "gate_overhead_seconds"]
    exemplars = {sample.labels["le"]: sample.exemplar for sample in family.samples if sample.exemplar}
    assert {le: exemplar.labels["trace_id"] for le, exemplar in exemplars.items()} == {
        "0.0025": "1" * 32,
        "5.0": "3" * 32,
    }
    assert exemplars["0.0025"].value == 0.0021
    assert exemplars["0.0025"].timestamp == 200.0


def test_gauges_are_put_together_as_declared(tmp_path: Path) -> None:
    one, two = instruments(tmp_path, 0), instruments(tmp_path, 1)
    for worker, state in ((one, 2.0), (two, 1.0)):
        worker.gauge("gate.breaker_state").labels("p", "r").set(state)
        worker.gauge("gate.route_readiness").labels("p", "l", "r", "ready").set(1.0)
        worker.gauge("gate.config").labels("v1").set(1.0)
    two.gauge("gate.quota.headroom").labels("p", "g", "tokens").set(0.9)
    one.gauge("gate.quota.headroom").labels("p", "g", "tokens").set(0.2)
    shown = {name: value for (name, _), value in samples(tmp_path).items()}
    assert shown["gate_breaker_state"] == 2.0
    assert shown["gate_route_readiness"] == 2.0
    assert shown["gate_quota_headroom_ratio"] == 0.2
    assert shown["gate_config_info"] == 1.0


def test_a_removed_gauge_is_not_shown(tmp_path: Path) -> None:
    one = instruments(tmp_path, 0)
    one.gauge("gate.config").labels("old").set(1.0)
    one.gauge("gate.config").remove_all()
    one.gauge("gate.config").labels("new").set(1.0)
    versions = [dict(labels)["version"] for (name, labels) in samples(tmp_path) if name == "gate_config_info"]
    assert versions == ["new"]


def test_a_scraper_gets_what_it_asks_for(tmp_path: Path) -> None:
    instruments(tmp_path, 0).counter("gate.requests").labels(*REQUEST).inc(1.0, Exemplar("a" * 32, "b" * 16))
    prometheus3 = (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,*/*;q=0.1"
    )
    prometheus2 = "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    for accept in ("", "*/*", "application/openmetrics-text", prometheus2, prometheus3):
        content_type, body = render(tmp_path, accept)
        assert content_type.startswith("application/openmetrics-text; version=1.0.0"), accept
        assert body.endswith(b"# EOF\n")
        assert b'trace_id="' + b"a" * 32 + b'"' in body
    for accept in ("text/plain", "text/plain;version=0.0.4", "text/html,*/*;q=0.8"):
        content_type, body = render(tmp_path, accept)
        assert content_type.startswith("text/plain"), accept
        assert b"EOF" not in body
        assert b"trace_id" not in body


def test_an_empty_label_is_no_label(tmp_path: Path) -> None:
    one = instruments(tmp_path, 0)
    one.histogram("gen_ai.client.operation.duration").labels("chat", "anthropic", "m", "", "").observe(1.0)
    names = {
        frozenset(dict(labels))
        for (name, labels) in samples(tmp_path)
        if name.endswith("operation_duration_seconds_sum")
    }
    assert names == {frozenset({"gen_ai_operation_name", "gen_ai_provider_name", "gen_ai_request_model"})}


def test_rendering_while_counting_fails_never(tmp_path: Path) -> None:
    one = instruments(tmp_path, 0)
    stop = threading.Event()
    counted = 0

    def count() -> None:
        nonlocal counted
        while not stop.is_set():
            one.counter("gate.requests").labels("auto", "l", f"r{counted % 100}", "primary", "served").inc()
            one.histogram("gate.overhead").labels().observe(0.001 * (counted % 9), Exemplar("a" * 32, "b" * 16))
            counted += 1

    thread = threading.Thread(target=count)
    thread.start()
    try:
        for _ in range(15):
            list(text_string_to_metric_families(render(tmp_path, "")[1].decode()))
    finally:
        stop.set()
        thread.join()
    assert sum(value for (name, _), value in samples(tmp_path).items() if name == "gate_requests_total") == counted
