"""Requests in flight in this worker: how many may run, who waits, and how all of them are ended when Gate stops."""

import asyncio
from collections import deque
from dataclasses import dataclass

from gate.admission.limits import Room, decide
from gate.core.errors import ErrorCode, GateError
from gate.engine.exchange import Exchange
from gate.engine.snapshot import Limits


@dataclass(slots=True, eq=False)
class Entry:
    """One request in flight. draining: it was ended by a stop of Gate, not by its client."""

    task: "asyncio.Task[None] | None"
    exchange: Exchange | None = None
    running: bool = False
    draining: bool = False


class Entries:
    """At most `in_flight` requests run; `queue` more wait, first come first served; the rest are refused."""

    def __init__(self) -> None:
        self._all: set[Entry] = set()
        self._running = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._draining = False

    def __len__(self) -> int:
        return len(self._all)

    def enter(self) -> Entry:
        entry = Entry(asyncio.current_task())
        self._all.add(entry)
        return entry

    async def admit(self, entry: Entry, limits: Limits) -> None:
        """Returns when the request may run. Raises GateError overloaded or draining."""
        if self._draining:
            raise GateError(ErrorCode.DRAINING, "Gate is being stopped; please try again", retry_after_s=1)
        room = decide(self._running, len(self._waiting), limits.room)
        if room is Room.ADMIT:
            entry.running = True
            self._running += 1
            return
        if room is Room.REJECT:
            raise _overloaded(limits)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await asyncio.wait_for(turn, limits.queue_wait_s)
        except TimeoutError:
            raise _overloaded(limits) from None
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)
            elif turn.done() and not turn.cancelled():
                # The slot was handed over; keep it even when this request is cancelled: `leave` gives it back.
                entry.running = True

    def leave(self, entry: Entry) -> None:
        self._all.discard(entry)
        if not entry.running:
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)  # the slot passes on, the number running stays
                return
        self._running -= 1

    def begin_drain(self) -> None:
        """From now on nothing new is admitted."""
        self._draining = True

    @property
    def draining(self) -> bool:
        return self._draining

    async def end_all(self, grace_s: float) -> None:
        """End every request with an error its client understands; wait so long for these to be written."""
        tasks: list[asyncio.Task[None]] = []
        for entry in list(self._all):
            entry.draining = True
            if entry.exchange is not None:
                entry.exchange.draining = True
            if entry.task is not None:
                entry.task.cancel()
                tasks.append(entry.task)
        if tasks:
            await asyncio.wait(tasks, timeout=grace_s)


def _overloaded(limits: Limits) -> GateError:
    text = f"Gate has {limits.in_flight} requests in flight and its queue is full; please try again"
    return GateError(ErrorCode.OVERLOADED, text, retry_after_s=limits.retry_after_s)
