"""What a scenario is, and how scenarios are found: every module of `simulate.scenarios` has one `SCENARIO`."""

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from gate.planner.inputs import World
from simulate import setting
from simulate.limits import Limit
from simulate.traffic import Stream
from simulate.upstreams import Nature, Trouble


def nothing(seed: int) -> tuple[Trouble, ...]:
    del seed
    return ()


@dataclass(frozen=True)
class Scenario:
    """name: shown in the table. about: one sentence. order: place in the table. troubles: what goes wrong, from the
    seed. limits: makes the limits of a run, by the names the natures use. worlds: from when on which configuration (and
    its prices) holds, the first one from 0. horizon_s: no request comes after it."""

    name: str
    about: str
    order: int
    troubles: Callable[[int], tuple[Trouble, ...]] = nothing
    limits: Callable[[], Mapping[str, Limit]] = dict
    natures: Mapping[str, Nature] = field(default_factory=lambda: setting.NATURES)
    streams: tuple[Stream, ...] = setting.STREAMS
    worlds: tuple[tuple[float, World], ...] = ((0.0, setting.WORLD),)
    horizon_s: float = 1_200.0

    def world_at(self, now: float) -> World:
        found = self.worlds[0][1]
        for since, world in self.worlds:
            if since <= now:
                found = world
        return found


def found_in(package: ModuleType, name: str) -> list[Any]:
    """The object of that name of every module of a package, by module name."""
    modules = sorted(module.name for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."))
    return [getattr(importlib.import_module(module), name) for module in modules]


def scenarios() -> list[Scenario]:
    """All of them, in the order of the table."""
    from simulate import scenarios as package

    return sorted(found_in(package, "SCENARIO"), key=lambda one: one.order)
