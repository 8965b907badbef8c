"""A small configuration, and decisions made under it, stored as a Gate stores them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from gate.catalog.pricing import cost
from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.request import RequestFeatures
from gate.core.usage import Usage
from gate.engine.snapshot import Snapshot
from gate.health.snapshot import HealthSnapshot, RouteHealth
from gate.planner.plan import plan
from gate.planner.recording import Consulted, Encoder, Recording, Situation, conditions_of
from gate.store.sqlite_file import insert, row, writable

KEYS = {"KEY_OF_FIRST": "sk-first", "KEY_OF_SECOND": "sk-second"}
SECOND_NS = 10**9
START_NS = 1_795_248_000 * SECOND_NS
"""2026-11-21 08:00 UTC."""
USAGE = Usage(input=1_000, output=1_000)


def configuration(**more: Any) -> dict[str, Any]:
    """Two providers with a route each in one lane, the first cheaper, and a cheaper lane below."""
    providers = {
        name: {
            "kind": "anthropic",
            "base_url": f"https://{name}.example.com",
            "key": f"${{KEY_OF_{name.upper()}}}",
            "catalog": False,
        }
        for name in ("first", "second")
    }
    routes = [
        {"provider": "first", "model": "one", "lane": "home/mid", "price": {"input": 3, "output": 15}},
        {"provider": "second", "model": "two", "lane": "home/mid", "price": {"input": 4, "output": 20}},
        {"provider": "second", "model": "small", "lane": "cheap/fast", "price": {"input": 1, "output": 2}},
    ]
    return {
        "providers": providers,
        "lanes": {
            "home/mid": {"family": "home", "cluster": "balanced-workhorse"},
            "cheap/fast": {"family": "cheap", "cluster": "fast-workhorse"},
        },
        "routes": routes,
        "intents": {"working": {"start": ["home/mid"], "degrade_to": ["cheap/fast"]}},
        **more,
    }


def written(path: Path, config: Mapping[str, Any]) -> Path:
    path.write_text(yaml.safe_dump(dict(config), sort_keys=False))
    return path


def compiled(config: Mapping[str, Any], env: Mapping[str, str] = KEYS) -> Snapshot:
    return compile_config(load_text(yaml.safe_dump(dict(config)), "gate.yaml", env), env)


def recorded(
    number: int, snapshot: Snapshot, health: Mapping[str, RouteHealth] | None = None, seconds: float = 2.0, **more: Any
) -> Recording:
    """A request for `working` that its first choice served."""
    base = RequestFeatures(Dialect.ANTHROPIC_MESSAGES, Operation.CHAT, "working", False, 400, 100)
    features = replace(base, **more)
    consulted, known = Consulted(), dict(health or {})
    world = snapshot.world
    made = plan(
        features,
        world,
        HealthSnapshot(1, known),
        50.0,
        START_NS + number * SECOND_NS,
        7,
        f"gd-0-{number:020x}",
        consulted,
    )
    attempts: tuple[AttemptRecord, ...] = ()
    if made.attempts:
        first = made.attempts[0]
        billed = cost(USAGE, snapshot.routes[first.route].prices)
        attempts = (
            AttemptRecord(
                0, first.route, first.provider, first.model, first.lane, first.relation, 0.0, seconds,
                status=200, usage=USAGE, cost=billed,
            ),
        )  # fmt: skip
    execution = Execution(attempts, Outcome.SERVED if attempts else Outcome.NO_ROUTE, duration_s=seconds)
    return Recording(made, execution, Situation(50.0, known, consulted.answers, conditions=conditions_of(world)))


def store(path: Path, recordings: Sequence[Recording]) -> Path:
    with closing(writable(path)) as file:
        insert(file, [row(one, Encoder().encode(one)) for one in recordings])
    return path
