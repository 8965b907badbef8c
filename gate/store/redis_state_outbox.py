"""What waits to be sent to Redis, bounded: the newest word on each thing, never a queue of old ones.

Nothing here waits for anything. What is full or lost is refused: everything in it is either told again when views are
compared, or only makes a session or a count known a little later.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from gate.core.binding import Binding
from gate.engine.ports import StateOperation
from gate.health.sharing import Marks
from gate.store.redis_state_wire import Names, News, encode_binding, encode_marks, encode_news

ASKED, BOUND, TURNS = 256, 10_000, 10_000
"""So many questions, sessions and turns may wait."""
TIMES = 64
"""So many of a turn's times are kept; the guard looks at no more."""
HEALTH_KEPT_MS = 24 * 3_600_000
"""What nobody has told for a day is of no use to a newcomer."""


@dataclass(frozen=True, slots=True)
class Command:
    """operation: what it counts as when it fails. answered: takes the answer. compare: its answer is all that is kept
    of routes and groups."""

    operation: StateOperation
    words: tuple[Any, ...]
    answered: Callable[[Any], None] | None = None
    compare: bool = False


@dataclass(frozen=True, slots=True)
class _Turn:
    times: list[float]
    kept_ms: int
    heard: Callable[[list[float]], None]


class Outbox:
    """ready: set while something waits. urgent: set while somebody waits for it."""

    def __init__(self, names: Names) -> None:
        self.ready = asyncio.Event()
        self.urgent = asyncio.Event()
        self._names = names
        self._compare = False
        self._subjects: set[str] = set()
        self._asked: list[tuple[str, asyncio.Future[bytes | None]]] = []
        self._bound: dict[str, tuple[bytes, int]] = {}
        self._moved: set[str] = set()
        self._turns: dict[bytes, _Turn] = {}
        self._repeated: dict[bytes, _Turn] = {}

    def compare(self) -> None:
        """What is kept in Redis is to be compared with what is known here."""
        self._compare = True
        self._hurry()

    def tell(self, subject: str) -> None:
        """The marks of a subject have changed."""
        self._subjects.add(subject)
        self._hurry()

    def ask(self, name: str) -> asyncio.Future[bytes | None] | None:
        """The answer to come, or None when too many wait for theirs. It may be cancelled."""
        if len(self._asked) >= ASKED:
            return None
        future: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()
        self._asked.append((name, future))
        self._hurry()
        return future

    def bind(self, name: str, binding: Binding, offset: float, for_s: float, *, moved: bool) -> bool:
        """False when there was no room but by leaving another one untold."""
        fits = name in self._bound or len(self._bound) < BOUND
        if not fits:
            oldest = next(iter(self._bound))
            del self._bound[oldest]
            self._moved.discard(oldest)
        self._bound[name] = encode_binding(binding, offset), max(1, round(for_s * 1_000))
        self.ready.set()
        if moved:
            self._moved.add(name)
            self.urgent.set()
        return fits

    def passed(self, turn: bytes, at: float, for_s: float, heard: Callable[[list[float]], None]) -> bool:
        """at: seconds since 1970. heard: told all such times. False when there is no room."""
        waiting = self._turns.get(turn)
        if waiting is None and len(self._turns) >= TURNS:
            return False
        times = [at] if waiting is None else [*waiting.times, at]
        self._turns[turn] = _Turn(times, max(1, round(for_s * 1_000)), heard)
        self.ready.set()
        return True

    def give_up(self) -> None:
        """Nobody will answer. Turns are forgotten, for they would come too late; the rest may still be told."""
        for _, future in self._asked:
            _answer(future, None)
        self._asked.clear()
        self._turns.clear()
        self._repeated.clear()

    def take(self, marks: Callable[[str], Marks], sender: str) -> list[Command]:
        """All that waits, as commands; nothing waits any more."""
        self.ready.clear()
        self.urgent.clear()
        names = self._names
        commands: list[Command] = []
        if self._compare:
            commands.append(Command("read", ("HGETALL", names.health), compare=True))
        for name, future in self._asked:
            commands.append(Command("read", ("GET", name), partial(_answer, future)))
        for subject in self._subjects:
            commands.append(Command("write", ("HSET", names.health, subject, encode_marks(marks(subject)))))
        if self._subjects:
            commands.append(Command("write", ("PEXPIRE", names.health, HEALTH_KEPT_MS)))
        for name, (value, kept_ms) in self._bound.items():
            commands.append(Command("write", ("SET", name, value, "PX", kept_ms)))
        for turn, waiting in self._turns.items():
            key = names.turn(turn)
            commands += (
                Command("write", ("RPUSH", key, *waiting.times), partial(self._counted, turn, waiting)),
                Command("write", ("PEXPIRE", key, waiting.kept_ms)),
            )
        for turn, waiting in self._repeated.items():
            key = names.turn(turn)
            commands += (
                Command("write", ("LTRIM", key, -TIMES, -1)),
                Command("read", ("LRANGE", key, 0, -1), partial(_tell_times, waiting)),
            )
        if self._subjects or self._moved:
            news = News(sender, {subject: marks(subject) for subject in self._subjects}, sorted(self._moved))
            commands.append(Command("publish", ("PUBLISH", names.channel, encode_news(news))))
        self._compare = False
        self._subjects.clear()
        self._asked.clear()
        self._bound.clear()
        self._moved.clear()
        self._turns.clear()
        self._repeated.clear()
        return commands

    def _counted(self, turn: bytes, pushed: _Turn, total: int) -> None:
        """Only when there were more than those just told is it worth asking for all of them."""
        if total > len(pushed.times):
            self._repeated[turn] = pushed
            self._hurry()

    def _hurry(self) -> None:
        self.ready.set()
        self.urgent.set()


def _answer(future: asyncio.Future[bytes | None], data: bytes | None) -> None:
    if not future.done():
        future.set_result(data)


def _tell_times(waiting: _Turn, values: list[bytes]) -> None:
    waiting.heard(sorted(float(value) for value in values))
