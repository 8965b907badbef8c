"""Recordings for tests of what is done with them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from gate.core.execution import Execution, Outcome
from gate.health.snapshot import HealthSnapshot, RouteHealth
from gate.planner.inputs import World
from gate.planner.plan import plan
from gate.planner.recording import Consulted, Recording, Situation
from tests.planner.worlds import NOW, request, world

SECOND_NS = 10**9
START_NS = 1_795_248_000 * SECOND_NS


def name(number: int, worker: int = 0) -> str:
    return f"gd-{worker}-{number:020x}"


def recorded(
    number: int = 0,
    under: World | None = None,
    health: dict[str, RouteHealth] | None = None,
    execution: Execution | None = None,
    **features: Any,
) -> Recording:
    """A decision made at START_NS plus so many seconds."""
    made = under or world()
    known = health or {}
    consulted = Consulted()
    asked = request(**{"model": "auto", **features})
    at = START_NS + number * SECOND_NS
    decision = plan(asked, made, HealthSnapshot(3, known), NOW, at, 42, name(number), consulted)
    ended = execution or replace(Execution(), outcome=Outcome.SERVED, status=200)
    return Recording(decision, ended, Situation(NOW, known, consulted.answers))
