"""Runs a scenario: Gate in front of scripted upstreams, a real Collector, Jaeger and Prometheus, and the traffic.

python -m tests.scenario            # runs it, checks every query, writes the report to build/scenario/
"""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.harness.gate import GateProcess
from tests.scenario.asking import Window
from tests.scenario.rules import quick
from tests.scenario.traffic import Traffic, rounds
from tests.scenario.world import ROOT, World
from tests.stack.redis_server import RedisServer
from tests.stack.stack import Stack, start_stack

SCRAPE_S = 2  # of a Gate that is busy on a machine that is busy
TRAFFIC_S = 36.0
ROUNDS_AT_LEAST = 5
SETTLE_S = 2 * SCRAPE_S + 0.5  # two scrapes, and the rules once more
LOST_IN = 2  # the round without the shared state
OTHER_MODELS = {"house-model": "auto", "house-coder": "coding-auto"}
DASHBOARDS = ROOT / "dashboards" / "grafana"
RULES = ROOT / "dashboards" / "prometheus"


@dataclass(frozen=True, slots=True)
class Ran:
    """A scenario that has been run; everything still stands. requests: model requests that were sent; statuses: how
    many answers of each HTTP status came, 0 for a client that left."""

    stack: Stack
    gate: GateProcess
    window: Window
    requests: int
    statuses: Counter[int]


@contextmanager
def standard(rule_files: Sequence[Path], profile: str, seed: int = 1) -> Iterator[Ran]:
    """The standard scenario on a stack of its own, with the rules loaded: some 40 seconds of it, more on a machine that
    is busy. Everything stands until the end of the context. The configuration changes twice on the way; once a broken
    one is refused; once the shared state is lost for a round. Raises StackUnavailable."""
    with start_stack(SCRAPE_S) as stack, RedisServer() as redis, World(redis.url) as world:
        telemetry = {"OTEL_EXPORTER_OTLP_ENDPOINT": stack.otlp_http}
        with gate_under(stack, rule_files, world, profile, telemetry) as gate:
            start = time.time()
            with Traffic(gate, world, seed) as traffic:
                rounds(traffic, TRAFFIC_S, ROUNDS_AT_LEAST, lambda number: _between(gate, world, redis, number))
                time.sleep(SETTLE_S)
                yield Ran(stack, gate, Window(start, time.time()), traffic.requests, traffic.statuses)


@contextmanager
def gate_under(
    stack: Stack, rule_files: Sequence[Path], world: World, profile: str, telemetry: Mapping[str, str]
) -> Iterator[GateProcess]:
    """A Gate for this world that Prometheus scrapes, with rules loaded. telemetry: more variables for Gate."""
    load(stack, rule_files)
    environment = world.environment(GATE_SEMCONV_PROFILE=profile, **telemetry)
    with GateProcess(world.configuration(), environment) as gate:
        stack.prometheus.scrape(gate.admin_url, job="gate")
        yield gate


def load(stack: Stack, rule_files: Sequence[Path]) -> None:
    """Loads copies of rule files that are evaluated every second."""
    for path in rule_files:
        stack.prometheus.load_rules(path.stem, quick(path))


def _between(gate: GateProcess, world: World, redis: RedisServer, number: int) -> None:
    if number == LOST_IN:
        redis.kill()
    elif number == LOST_IN + 1:
        redis.start()
    _reload(gate, world, number)


def _reload(gate: GateProcess, world: World, number: int) -> None:
    steps: dict[int, Any] = {1: {"models": OTHER_MODELS}, 2: {"limts": {"in_flight": 1}}, 3: {}}
    if number in steps:
        gate.write_config(world.configuration(**steps[number]))
        gate.signal(signal.SIGHUP)
