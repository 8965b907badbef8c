"""`make bench`: CPU milliseconds per request and added latency, in interleaved rounds: tracing on and off, and traced
with the same messages requests translated to an OpenAI chat upstream.

Prints a table and writes `bench/out/bench.json`. Figures are medians over the rounds. CPU time is the one to quote:
on a shared machine it repeats within a few percent, latencies do not.
"""

import argparse
import json
import platform
import statistics
import time
from dataclasses import dataclass
from importlib import metadata
from typing import Any

from bench import bodies, programs


@dataclass(frozen=True)
class Workload:
    name: str
    body: str
    upstream: str
    connections: int
    rate: float | None = None


WORKLOADS = (
    Workload("1 KB", "1k", "plain", 32),
    Workload("100 KB", "100k", "plain", 16),
    Workload("1 MB", "1m", "plain", 8),
    Workload("100-chunk stream, burst", "1k_stream", "burst", 16),
    Workload("100-chunk stream, paced 10 ms, 20/s", "1k_stream", "paced", 64, 20),
    Workload("latency at 100/s", "1k", "plain", 16, 100),
)
VARIANTS = ("direct", "traced", "untraced", "translated")


def measure(workload: Workload, variant: str, seconds: float, ports: dict[str, int]) -> dict[str, Any]:
    """One run. CPU per request counts all requests of the run, warm-up included on both sides."""
    upstream_port = ports[workload.upstream]
    body = programs.OUT / "bodies" / f"{workload.body}.json"

    def run(port: int) -> dict[str, Any]:
        return programs.load(port, body, connections=workload.connections, seconds=seconds, rate=workload.rate)

    if variant == "direct":
        return {"load": run(upstream_port)}
    port = programs.free_port()
    otlp = None if variant == "untraced" else ports["otlp"]
    gate, start_s = programs.gate(port, upstream_port, otlp, translated=variant == "translated")
    try:
        idle_mb = gate.resident_mb()
        before = gate.cpu_s()
        result = run(port)
        time.sleep(1.5)  # the exporter's last batch belongs to these requests
        cpu = gate.cpu_s() - before
        return {
            "load": result,
            "cpu_ms": 1_000 * cpu / max(result["started"], 1),
            "start_s": start_s,
            "idle_mb": idle_mb,
        }
    finally:
        gate.stop()


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")


def summary(runs: list[dict[str, Any]]) -> dict[str, float]:
    """Medians of one workload and variant."""
    figures = {
        "p50_ms": median([run["load"]["lat"]["p50"] for run in runs]),
        "p99_ms": median([run["load"]["lat"]["p99"] for run in runs]),
        "rps": median([run["load"]["rps"] for run in runs]),
        "errors": sum(run["load"]["err"] for run in runs),
    }
    for key in ("cpu_ms", "start_s", "idle_mb"):
        if key in runs[0]:
            figures[key] = median([run[key] for run in runs])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--only", help="workloads whose name contains this")
    options = parser.parse_args()
    rounds, seconds = (1, 2.0) if options.quick else (options.rounds, options.seconds)
    programs.build()
    bodies.write_all(programs.OUT / "bodies")
    ports = {name: programs.free_port() for name in ("plain", "burst", "paced", "otlp")}
    upstream = programs.upstream(ports["plain"], ports["burst"], ports["paced"], ports["otlp"])
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {}
    chosen = [workload for workload in WORKLOADS if not options.only or options.only in workload.name]
    try:
        programs.wait_for(f"http://127.0.0.1:{ports['plain']}/stats")
        for _ in range(rounds):
            for workload in chosen:
                for variant in VARIANTS:
                    runs.setdefault((workload.name, variant), []).append(measure(workload, variant, seconds, ports))
    finally:
        upstream.stop()
    report(chosen, runs, rounds)


def report(chosen: list[Workload], runs: dict[tuple[str, str], list[dict[str, Any]]], rounds: int) -> None:
    results = {f"{name} | {variant}": summary(found) for (name, variant), found in runs.items()}
    versions = {
        name: metadata.version(name) for name in ("otelgate", "quart", "hypercorn", "httpx", "opentelemetry-sdk")
    }
    print(
        f"Python {platform.python_version()}, {', '.join(f'{k} {v}' for k, v in versions.items())}; medians of {rounds}"
    )
    titles = (
        ("cpu ms traced", 14), ("untraced", 9), ("ratio", 6), ("translated", 11), ("/ raw", 6),
        ("+p50 ms", 8), ("+p99 ms", 8), ("errors", 7),
    )  # fmt: skip
    print(" ".join([f"{'workload':38}", *(f"{title:>{width}}" for title, width in titles)]))
    for workload in chosen:
        direct, on, off, other = (results[f"{workload.name} | {variant}"] for variant in VARIANTS)
        print(
            f"{workload.name:38} {on['cpu_ms']:14.3f} {off['cpu_ms']:9.3f} {on['cpu_ms'] / off['cpu_ms']:6.2f} "
            f"{other['cpu_ms']:11.3f} {other['cpu_ms'] / on['cpu_ms']:6.2f} "
            f"{on['p50_ms'] - direct['p50_ms']:8.2f} {on['p99_ms'] - direct['p99_ms']:8.2f} "
            f"{on['errors'] + off['errors'] + other['errors']:7.0f}"
        )
    traced = [results[f"{workload.name} | traced"] for workload in chosen]
    print(f"start to first answer {median([t['start_s'] for t in traced]):.2f} s; "
          f"idle {median([t['idle_mb'] for t in traced]):.0f} MB (proportional, supervisor and worker)")  # fmt: skip
    (programs.OUT / "bench.json").write_text(
        json.dumps({"versions": versions, "rounds": rounds, "results": results}, indent=2)
    )


if __name__ == "__main__":
    main()
