"""What a routing system is, and how systems are found: every module of `simulate.systems` has one `SYSTEM`.

A system walks each request with a generator: it yields calls and pauses, and gets the answer of each call when that has
ended. It sees nothing but its own configuration, the clock and the answers.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Protocol

from gate.planner.inputs import World
from simulate.scenario import Scenario, found_in
from simulate.traffic import Turn
from simulate.upstreams import Answer

FIRST_CONTENT_S = 120.0
"""Every system waits so long for the first content of an answer: Gate's default."""


@dataclass(frozen=True, slots=True)
class Call:
    """Ask this route. probe: it finds out whether a route that was left alone is back; a last resort does that too.
    heard: called at its first content, if there is any."""

    route: str
    timeout_s: float = FIRST_CONTENT_S
    probe: bool = False
    heard: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    seconds: float


Walk = Generator[Call | Pause, Answer | None, None]
"""Ends when the request is served or given up. A pause is answered with None."""


class Stage:
    """What a system may look at: the time, the configuration in force, and its own luck (the seed)."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario = scenario
        self.seed = seed
        self.now = 0.0

    def world(self) -> World:
        return self._scenario.world_at(self.now)


class System(Protocol):
    def walk(self, turn: Turn) -> Walk:
        """The way of one request, which arrives now."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """order: place in the table, Gate's is 0."""

    name: str
    order: int
    make: Callable[[Stage], System]


def systems() -> list[Entry]:
    """All of them, in the order of the table."""
    from simulate import systems as package

    return sorted(found_in(package, "SYSTEM"), key=lambda one: one.order)
