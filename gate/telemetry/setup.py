"""The telemetry of one worker: what the engine's ports ask for, made of the registry, the spans, the metrics, the log.

`OTEL_SDK_DISABLED` and missing exporters turn off traces and pushes only; `/metrics`, response headers, decisions and
the log are always there.
"""

import asyncio
import fcntl
import logging
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import NoOpTracer, Span

from gate import __version__
from gate.admission.turns import TurnAction
from gate.core.failure import FailureKind
from gate.core.request import ClientProfile
from gate.engine.health_book import Group, HealthBook
from gate.engine.ports import Inbound, RequestScope, StateOperation
from gate.engine.snapshot import Snapshot, TelemetrySettings
from gate.health.pressure import GroupPressure
from gate.health.sli import route_readiness
from gate.health.snapshot import RouteHealth
from gate.planner.lanes import is_premium
from gate.telemetry import registry
from gate.telemetry.exporting import Exporters, check
from gate.telemetry.lean import LeanProvider, LeanTracer
from gate.telemetry.logs import FIELDS, describe, set_up
from gate.telemetry.metrics.catalog import CatalogGauges
from gate.telemetry.metrics.expose import collect, expose
from gate.telemetry.metrics.fold import fold_dead
from gate.telemetry.metrics.instruments import Instruments
from gate.telemetry.metrics.record import Recorder
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.names import SERVER_PORT
from gate.telemetry.redact import redact_url
from gate.telemetry.scope import Scope
from gate.telemetry.span_attributes import attempt_table
from gate.telemetry.spans import SessionLinks, StartsSpans
from gate.telemetry.view import ViewSettings

log = logging.getLogger("gate.telemetry")
URL_FULL = "url.full"
REFRESH_S = 5.0
"""So often gauges that change with time alone are set again. 70 routes take half a millisecond."""
FLUSH_S = 4.5
"""All exporters together; the process bounds what is left of the five seconds."""


class WorkerTelemetry:
    """`engine.ports.Telemetry`, and what the worker itself needs: start, reload, exposition, shutdown."""

    def __init__(
        self,
        env: Mapping[str, str],
        settings: TelemetrySettings,
        *,
        worker: int,
        generation: int,
        runtime_dir: Path,
        instance: str,
    ) -> None:
        self._runtime_dir = runtime_dir
        known = registry.load()
        name = registry.chosen_profile(env)
        profile = known.profiles[name]
        scope = InstrumentationScope("gate", __version__, profile.schema_url)
        if generation:
            _fold(runtime_dir, known)
        instruments = Instruments(known, MetricsStore(runtime_dir, worker, generation))
        self.recorder = Recorder(instruments, name)
        self._catalog = CatalogGauges(instruments, self.recorder.bounds)
        self.view_settings = ViewSettings(settings.slow_s, settings.expensive_usd)
        self.log_requests = settings.log_requests
        self.sessions = SessionLinks()
        self.attempt_table = attempt_table(name)
        self._exporters = Exporters(
            env,
            self.recorder,
            scope,
            instance_id=f"{instance}-{worker}-{generation}",
            collect=lambda: collect(runtime_dir, worker=worker),
        )
        self._provider: TracerProvider = self._exporters.provider
        self._traced = not self._exporters.disabled
        self.tracer: StartsSpans = (
            LeanTracer(self._provider, scope, self._exporters.ended) if self._traced else NoOpTracer()
        )
        self._snapshot: Snapshot | None = None
        self._health: HealthBook | None = None
        self._refreshing: asyncio.Task[None] | None = None
        self._stop_log = set_up(
            settings.log_level, dropped=lambda count: self.recorder.dropped("logs", "queue_full", count)
        )

    def start(self, snapshot: Snapshot, health: HealthBook) -> None:
        """Threads start here: after the fork, in the worker's event loop. health: what is known of the routes now."""
        self._exporters.start()
        self.recorder.build(__version__, platform.python_version())
        self._health = health
        self._configured(snapshot)
        self._refreshing = asyncio.create_task(self._keep_fresh(health))

    # -- engine.ports.Telemetry

    def begin(self, inbound: Inbound, trusted: bool) -> RequestScope:
        return Scope(self, inbound, trusted)

    def in_flight(self, change: int) -> None:
        self.recorder.in_flight(change)

    def overload(self, reason: str) -> None:
        self.recorder.overload(reason)

    def repeated_turn(self, profile: ClientProfile, action: TurnAction) -> None:
        self.recorder.repeated_turn(profile.value, action.value)

    def state_up(self, up: bool) -> None:
        self.recorder.state_up(up)

    def state_error(self, operation: StateOperation) -> None:
        self.recorder.state_error(operation)

    def crash(self, where: str, error: BaseException) -> None:
        log.error("unexpected error in %s", where, extra={FIELDS: {"error": describe(error)}})

    # -- the transport

    def instrument(self, transport: Any) -> Any:
        """transport: has httpx's `handle_async_request`, of either form. Every call through it becomes a client span
        and carries what the provider's policy allows."""
        if not self._traced:
            return transport
        # Imported late: the stability opt-in is read once, when the instrumentation is imported.
        from opentelemetry.instrumentation.httpx import AsyncOpenTelemetryTransport

        provider = LeanProvider(self._provider, self._exporters.ended)
        return AsyncOpenTelemetryTransport(transport, tracer_provider=provider, request_hook=_complete)

    # -- the worker

    def reloaded(self, snapshot: Snapshot) -> None:
        self.recorder.reloaded("applied")
        self._configured(snapshot)

    def reload_failed(self) -> None:
        self.recorder.reloaded("refused")

    def health_changed(self, route_id: str, health: RouteHealth) -> None:
        """A breaker, a probe or a cooldown changed."""
        snapshot = self._snapshot
        route = snapshot.routes.get(route_id) if snapshot is not None else None
        if route is not None:
            self.recorder.breaker(route.provider, route.id, health.state.value)

    def group_changed(self, name: str, pressure: GroupPressure) -> None:
        """What a quota group is under changed."""
        group = None if self._health is None else self._health.groups.get(name)
        if group is not None:
            self._pressed(name, group, time.monotonic())

    def _pressed(self, name: str, group: Group, now: float) -> None:
        under = group.pressure
        cooling = under.cooling_for(now) > 0
        exhausted = under.exhausted_until is not None and under.by is not FailureKind.INVALID_AUTH
        low = under.low or (self._health is not None and any(self._health.of(route).low for route in group.routes))
        self.recorder.pressure(group.provider, name, cooling=cooling, exhausted=exhausted, low=low)
        for kind, left in group.headroom(now).items():
            self.recorder.headroom(group.provider, name, kind, left)

    def refresh(self, snapshot: Snapshot, health: HealthBook, now: float) -> None:
        """Gauges that change with time alone, and those a new configuration has emptied."""
        for name, group in health.groups.items():
            provider = snapshot.world.providers.get(group.provider)
            if provider is not None and provider.unusable is None:
                self._pressed(name, group, now)
        for route in snapshot.routes.values():
            provider, known = snapshot.world.providers.get(route.provider), health.of(route.id)
            state = route_readiness(provider.unusable if provider is not None else None, known, now)
            self.recorder.readiness(route.provider, route.lane, route.id, state.value)
            self.recorder.breaker(route.provider, route.id, known.state.value)
        self._catalog.aged(time.time())
        self._exporters.refresh()

    async def _keep_fresh(self, health: HealthBook) -> None:
        """A scrape refreshes the worker that answers it; the others, and what is pushed, are kept fresh here."""
        while True:
            if self._snapshot is not None:
                self.refresh(self._snapshot, health, time.monotonic())
            await asyncio.sleep(REFRESH_S)

    def exposition(self, accept: str) -> tuple[str, bytes]:
        """All workers' numbers. Reads files only: may run in any thread."""
        return expose(collect(self._runtime_dir), accept)

    async def shutdown(self) -> None:
        """Flush traces, metrics and logs, bounded in time even with a dead collector."""
        if self._refreshing is not None:
            self._refreshing.cancel()
        await asyncio.to_thread(self._exporters.shutdown, FLUSH_S)
        self._stop_log()

    def _configured(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        world = snapshot.world
        lanes = world.lanes
        self.view_settings = ViewSettings(
            snapshot.telemetry.slow_s,
            snapshot.telemetry.expensive_usd,
            {name: lane.family for name, lane in lanes.items()},
            frozenset(name for name, lane in lanes.items() if is_premium(lane)),
        )
        self.log_requests = snapshot.telemetry.log_requests
        logging.getLogger().setLevel(snapshot.telemetry.log_level)
        routes = snapshot.routes.values()
        names: dict[str, Any] = {
            "intents": world.intents,
            "lanes": {route.lane for route in routes} | set(lanes),
            "families": {lane.family for lane in lanes.values()},
            "routes": snapshot.routes,
            "providers": snapshot.targets,
            "models": {route.model for route in routes},
            "quota_groups": {route.quota_group for route in routes},
            "rules": {rule.name for rule in world.routing},
        }
        self.recorder.configured(snapshot.version, names)
        self._catalog.configured(routes, lanes, time.time())


def _fold(runtime_dir: Path, known: registry.Registry) -> None:
    """A worker that takes a dead one's place tidies up after it; one at a time."""
    with (runtime_dir / "fold.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fold_dead(runtime_dir, known)


async def _complete(span: Span, info: Any) -> None:
    """What the instrumentation leaves out or shows too much of: a default port, credentials in a query."""
    url: httpx.URL = info.url
    if url.port is None:
        span.set_attribute(SERVER_PORT, 443 if url.scheme == "https" else 80)
    if url.query:
        span.set_attribute(URL_FULL, redact_url(str(url)))


def check_environment(env: Mapping[str, str]) -> None:
    """Raises ValueError (a profile or an OTEL_* value that Gate does not have) before anything is started.

    Also opts in to the stable HTTP conventions, which the httpx instrumentation reads once when it is imported.
    """
    registry.chosen_profile(env)
    check(env)
    words = [word.strip() for word in env.get(registry.OPT_IN_VARIABLE, "").split(",") if word.strip()]
    if not {"http", "http/dup"} & set(words):
        os.environ[registry.OPT_IN_VARIABLE] = ",".join([*words, "http"])
