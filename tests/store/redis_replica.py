"""One worker's shared state in this process, before a real Redis."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.secret import Secret
from gate.engine.health_book import HealthBook
from gate.engine.snapshot import StateSettings
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.pressure import GroupPressure
from gate.health.snapshot import BreakerState, RouteHealth
from gate.store.redis_state import RedisState


@dataclass
class Told:
    """The part of `engine.ports.Telemetry` that is used."""

    up: list[bool] = field(default_factory=list[bool])
    errors: list[str] = field(default_factory=list[str])
    crashes: list[BaseException] = field(default_factory=list[BaseException])

    def state_up(self, up: bool) -> None:
        if self.up[-1:] != [up]:
            self.up.append(up)

    def state_error(self, operation: str) -> None:
        self.errors.append(operation)

    def crash(self, where: str, error: BaseException) -> None:
        self.crashes.append(error)


class Replica:
    """Also an async context manager: started, and closed again."""

    def __init__(self, url: str, sender: str = "a", **settings: object) -> None:
        self.told = Told()
        self.book = HealthBook(self._route, self._group)
        self.state = RedisState(
            StateSettings(Secret(url), "redis.test:6379", **settings),  # type: ignore[arg-type]
            self.book,
            sender=sender,
            telemetry=self.told,  # type: ignore[arg-type]
            wall=time.time,
            clock=time.monotonic,
            chance=random.random,
        )

    async def __aenter__(self) -> Replica:
        await self.state.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.state.aclose()
        assert self.told.crashes == []

    def _route(self, route: str, health: RouteHealth) -> None:
        self.state.marks.route_changed(route, health)

    def _group(self, group: str, pressure: GroupPressure) -> None:
        self.state.marks.group_changed(group, pressure)

    def attempt(self, route: str, failure: Failure | None = None) -> None:
        provider, _, model = route.partition("/")
        record = AttemptRecord(
            0, route, provider, model, "lane", Relation.PRIMARY, started_s=0.0, ended_s=0.0, failure=failure
        )
        self.book.started(route, time.monotonic(), DEFAULT_BREAKER)
        self.book.ended(record, time.monotonic(), DEFAULT_BREAKER)

    def break_route(self, route: str) -> None:
        for _ in range(3 * DEFAULT_BREAKER.failures):
            self.attempt(route, Failure(FailureKind.OVERLOADED))

    def is_open(self, route: str) -> bool:
        return self.book.of(route).state is BreakerState.OPEN

    @property
    def up(self) -> bool:
        return self.told.up[-1:] == [True]


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> float:
    """Waits for it, and tells how long that took. Raises AssertionError."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within_s, "it did not happen in time"
        await asyncio.sleep(0.001)
    return time.monotonic() - began
