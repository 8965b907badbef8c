"""The composition root: the only module that knows everybody. Makes the application of one worker."""

import asyncio
import logging
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

from gate.admission.loop import via_value
from gate.admission.trust import is_loopback
from gate.answers import Answers
from gate.config.document import ConfigError
from gate.config.watch import watch
from gate.engine.executor import Executor
from gate.engine.gateway import Gateway, Identity
from gate.engine.health_book import HealthBook
from gate.engine.snapshot import Snapshot
from gate.routes.surface import Surface
from gate.server.application import AsgiApp, Role, WorkerContext
from gate.server.peers import PeerServer
from gate.store.memory import MemoryStore
from gate.telemetry.setup import WorkerTelemetry
from gate.upstream.transports import Transports

log = logging.getLogger("gate.app")
Read = Callable[[], Snapshot]

END_GRACE_S = 2.0
"""How long the error events that end streams at the drain limit may take to be written."""


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
        self._watching: asyncio.Task[None] | None = None
        self._telemetry = WorkerTelemetry(
            env,
            snapshot.telemetry,
            worker=context.index,
            generation=context.generation,
            runtime_dir=context.runtime_dir,
            instance=instance,
        )
        health = self._health = HealthBook(self._telemetry.health_changed)
        store = MemoryStore(snapshot.telemetry.decisions_kept)
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
        )
        self.answers = Answers(self.gateway, health, store, self._telemetry, context)
        self._store = store
        self._peers = PeerServer(context.runtime_dir, context.index, self.answers.for_peers())

    async def startup(self) -> None:
        self._telemetry.start(self.gateway.snapshot, self._health.snapshot)
        await self._peers.start()
        self.gateway.warm()
        if self._path is not None:
            self._watching = asyncio.create_task(watch(self._path, self.reload))

    def asgi(self, role: Role) -> AsgiApp:
        addresses = [address for address in self._context.addresses if address.role == role]
        return Surface(
            self.gateway,
            self.answers,
            role=role,
            loopback=all(is_loopback(address.host) for address in addresses),
            admin_elsewhere=any(address.role == "admin" for address in self._context.addresses),
        )

    def reload(self) -> None:
        """Swap the configuration when the new one is valid; otherwise keep serving with the old one and say so."""
        try:
            snapshot = self._read()
        except ConfigError as error:
            self._telemetry.reload_failed()
            for finding in error.findings:
                log.error("configuration refused, the old one stays in force: %s", finding)
            return
        if snapshot.version == self.gateway.snapshot.version:
            log.info("configuration unchanged (version %s)", snapshot.version)
            return
        self.gateway.swap(snapshot)
        self._store.resize(snapshot.telemetry.decisions_kept)
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
        with suppress(OSError):
            await self._peers.close()
        await asyncio.gather(self._transports.aclose(), self._telemetry.shutdown(), return_exceptions=True)
