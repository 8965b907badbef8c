"""The second scenario: what the standard one rightly does not have. A Collector that is not there, and an upstream that
invents models until a metric is full."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.harness.ports import LOOPBACK, free_ports
from tests.scenario.asking import Window
from tests.scenario.run import Ran, gate_under
from tests.scenario.traffic import Traffic
from tests.scenario.world import World
from tests.stack.stack import start_stack

PROFILE = "1.41"
SCRAPE_S = 5  # there is much to scrape
VERSIONS = 32  # times twenty routes: more than the 400 series that a metric of the conventions may have


@contextmanager
def second(rule_files: Sequence[Path]) -> Iterator[Ran]:
    """The second scenario, on a stack of its own, under the default profile. Everything stands until the end of the
    context. Raises StackUnavailable."""
    (nobody,) = free_ports(1)
    dead = {"OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{LOOPBACK}:{nobody}", "OTEL_BSP_MAX_QUEUE_SIZE": "64"}
    with (
        start_stack(SCRAPE_S) as stack,
        World() as world,
        gate_under(stack, rule_files, world, PROFILE, dead) as gate,
        Traffic(gate, world) as traffic,
    ):
        start = time.time()
        traffic.round(0)
        traffic.answers_of_many_models(VERSIONS)
        traffic.round(1)
        time.sleep(2 * SCRAPE_S + 1)
        yield Ran(stack, gate, Window(start, time.time()), traffic.requests, traffic.statuses)
