"""The composition root: the only module that knows everybody. Makes the application of one worker."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random, SystemRandom

from gate.admission.loop import via_value
from gate.admission.trust import is_loopback
from gate.answers import Answers
from gate.config.document import ConfigError
from gate.config.watch import watch
from gate.engine.executor import Executor
from gate.engine.gateway import Gateway, Identity
from gate.engine.health_book import HealthBook
from gate.engine.snapshot import Snapshot
from gate.health.pressure import GroupPressure
from gate.health.probing import ProbeResult, word
from gate.health.snapshot import RouteHealth
from gate.routes.surface import Surface
from gate.server.application import AsgiApp, Role, WorkerContext
from gate.server.peers import PeerServer
from gate.store.decisions import Decisions
from gate.store.memory import MemoryStore
from gate.store.redis_state import RedisState
from gate.store.sqlite import SqliteStore
from gate.telemetry.setup import WorkerTelemetry
from gate.upstream.probe import Prober, Probing
from gate.upstream.transports import Transports

log = logging.getLogger("gate.app")
Read = Callable[[], Snapshot]

END_GRACE_S = 2.0
"""How long the error events that end streams at the drain limit may take to be written."""
STORE_S = 1.0
"""How long the last decisions may take to be written."""


class Application:
    """`server.application.Application`: one worker's whole Gate.

    read: the configuration as it is on disk now; raises ConfigError. path: the file to watch, None without one.
    instance: eight hex digits, the same in all workers, in `Via`.
    """

    def __init__(
        self,
        context: WorkerContext,
        snapshot: Snapshot,
        read: Read,
        path: Path | None,
        instance: str,
        env: Mapping[str, str],
    ) -> None:
        self._context = context
        self._read = read
        self._path = path
        self._instance = instance
        self._watching: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._telemetry = WorkerTelemetry(
            env,
            snapshot.telemetry,
            worker=context.index,
            generation=context.generation,
            runtime_dir=context.runtime_dir,
            instance=instance,
        )
        health = self._health = HealthBook(self._route_changed, self._group_changed)
        self._state = self._shared(snapshot)
        health.configure(snapshot.routes.values())
        recorder = self._telemetry.recorder
        store = Decisions(
            MemoryStore(snapshot.telemetry.decisions_kept),
            SqliteStore(
                snapshot.store,
                stored=recorder.stored,
                size=recorder.store_size,
                speaks=context.index == 0 and context.generation == 0,
            ),
        )
        self._transports = Transports(env, self._telemetry.instrument)
        self.gateway = Gateway(
            snapshot,
            identity=Identity(context.index, instance),
            executor=Executor(self._transports, health, via_value(instance), time.monotonic),
            health=health,
            telemetry=self._telemetry,
            store=store,
            clock=time.monotonic,
            clock_ns=time.time_ns,
            # Ids need to be different, not secret, and the system's own source costs ten times as much.
            random=Random(os.urandom(32)).randbytes,
            shared=self._state,
        )
        prober = Prober(self._transports, via_value(instance), time.monotonic, time.time)
        self._probing = Probing(prober, lambda: self.gateway.snapshot, self._probed, time.monotonic)
        self.answers = Answers(self.gateway, health, store, self._telemetry, context)
        self._store = store
        self._peers = PeerServer(context.runtime_dir, context.index, self.answers.for_peers())

    async def startup(self) -> None:
        self._telemetry.start(self.gateway.snapshot, self._health)
        self._store.start()
        await self._peers.start()
        if self._state is not None:
            await self._state.start()
        self.gateway.warm()
        self._asking = asyncio.create_task(self._probing.run())
        if self._path is not None:
            self._watching = asyncio.create_task(watch(self._files, self.reload))

    def _route_changed(self, route: str, health: RouteHealth) -> None:
        self._telemetry.health_changed(route, health)
        if self._state is not None:
            self._state.marks.route_changed(route, health)

    def _group_changed(self, group: str, pressure: GroupPressure) -> None:
        self._telemetry.group_changed(group, pressure)
        if self._state is not None:
            self._state.marks.group_changed(group, pressure)

    def _probed(self, result: ProbeResult) -> None:
        self._telemetry.recorder.probed(result.provider, word(result), result.took_s)
        self._health.probed(result, time.monotonic(), self.gateway.snapshot.breaker)

    def _shared(self, snapshot: Snapshot) -> RedisState | None:
        if snapshot.state is None:
            return None
        return RedisState(
            snapshot.state,
            self._health,
            sender=f"{self._instance}-{self._context.index}-{self._context.generation}",
            telemetry=self._telemetry,
            wall=time.time,
            clock=time.monotonic,
            chance=SystemRandom().random,
        )

    def asgi(self, role: Role) -> AsgiApp:
        addresses = [address for address in self._context.addresses if address.role == role]
        return Surface(
            self.gateway,
            self.answers,
            role=role,
            loopback=all(is_loopback(address.host) for address in addresses),
            admin_elsewhere=any(address.role == "admin" for address in self._context.addresses),
        )

    def _files(self) -> list[Path]:
        """What the configuration in force was read from."""
        return [path for path in (self._path, self.gateway.snapshot.shadow_file) if path is not None]

    def reload(self) -> None:
        """Swap the configuration when the new one is valid; otherwise keep serving with the old one and say so."""
        try:
            snapshot = self._read()
        except ConfigError as error:
            self._telemetry.reload_failed()
            for finding in error.findings:
                log.error("configuration refused, the old one stays in force: %s", finding)
            return
        if _versions(snapshot) == _versions(self.gateway.snapshot):
            log.info("configuration unchanged (version %s)", snapshot.version)
            return
        if snapshot.state != self.gateway.snapshot.state:
            log.warning("where state is shared changes at the next start")
        self._health.configure(snapshot.routes.values())
        self.gateway.swap(snapshot)
        self._store.configure(snapshot)
        self._telemetry.reloaded(snapshot)
        log.info("configuration reloaded (version %s)", snapshot.version)

    def begin_drain(self) -> None:
        self.gateway.entries.begin_drain()

    def active(self) -> int:
        return len(self.gateway.entries)

    async def end_streams(self) -> None:
        await self.gateway.entries.end_all(END_GRACE_S)

    async def shutdown(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
        if self._asking is not None:
            self._asking.cancel()
        if self._state is not None:
            await self._state.aclose()
        with suppress(OSError):
            await self._peers.close()
        await self._store.close(STORE_S)
        await asyncio.gather(self._transports.aclose(), self._telemetry.shutdown(), return_exceptions=True)


def _versions(snapshot: Snapshot) -> tuple[str, str | None]:
    """Of the configuration and of the candidate that plans along."""
    return snapshot.version, None if snapshot.shadow is None else snapshot.shadow.version
