"""Decisions in memory and on disk behind one port: the ring is the quick look-up, the file outlives the process."""

import asyncio

from gate.core.decision import RouteDecision
from gate.core.execution import Execution
from gate.engine.snapshot import Snapshot
from gate.planner.recording import Recording
from gate.store.memory import MemoryStore
from gate.store.sqlite import SqliteStore


class Decisions:
    """`engine.ports.DecisionStore`."""

    def __init__(self, ring: MemoryStore, file: SqliteStore) -> None:
        self.ring = ring
        self._file = file

    def put(self, recording: Recording) -> None:
        self.ring.put(recording.decision, recording.execution)
        self._file.put(recording)

    async def stored(self, decision_id: str) -> tuple[RouteDecision, Execution] | None:
        """A decision that no ring holds any more."""
        found = await asyncio.to_thread(self._file.find, decision_id)
        return None if found is None else (found.decision, found.execution)

    def start(self) -> None:
        self._file.start()

    def configure(self, snapshot: Snapshot) -> None:
        self.ring.resize(snapshot.telemetry.decisions_kept)
        self._file.configure(snapshot.store)

    async def close(self, within_s: float) -> None:
        await asyncio.to_thread(self._file.close, within_s)
