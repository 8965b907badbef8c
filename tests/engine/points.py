"""Where the engine's code can be left and come back to: every `await`, `async for` and `async with`, as the code says;
and a driver that runs a request to one of its suspensions and makes something happen there.

A suspension is a moment at which the whole request waits for the world. At each of them the driver knows which points
of the code are on the way down to it, from the frames that are on the stack when the world is asked.
"""

import ast
import asyncio
import sys
import types
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

import gate.engine

ENGINE = Path(gate.engine.__file__).parent
_WAITS = ("sleep", "wait", "wait_for")


@dataclass(frozen=True, slots=True)
class Point:
    """One place. begin, end: the lines a frame shows while it is left there."""

    file: str
    function: str
    begin: int
    end: int
    text: str

    def __str__(self) -> str:
        return f"{self.file}:{self.begin} {self.function}: {self.text}"


def points() -> list[Point]:
    """All of the engine."""
    return [point for path in sorted(ENGINE.glob("*.py")) for point in _points_in(path)]


def _points_in(path: Path) -> list[Point]:
    found: list[Point] = []

    def look(node: ast.AST, function: str) -> None:
        if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef | ast.ClassDef):
            function = f"{function}.{node.name}".lstrip(".")
        ends: int | None = None
        if isinstance(node, ast.Await):
            ends = node.end_lineno
        elif isinstance(node, ast.AsyncFor):
            ends = node.iter.end_lineno
        elif isinstance(node, ast.AsyncWith):
            ends = node.end_lineno  # it is over everything within it
        elif isinstance(node, ast.comprehension) and node.is_async:
            raise AssertionError(f"{path}: an async comprehension: teach this module to find it on the stack")
        if ends is not None:
            assert isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)
            found.append(Point(path.name, function, node.lineno, ends, ast.unparse(node).partition("\n")[0]))
        for child in ast.iter_child_nodes(node):
            look(child, function)

    look(ast.parse(path.read_text()), "")
    return found


_BY_CODE: dict[tuple[str, str], list[Point]] = {}
for _point in points():
    _BY_CODE.setdefault((str(ENGINE / _point.file), _point.function), []).append(_point)


def on_the_stack() -> frozenset[Point]:
    """The points of the engine through which the caller was reached."""
    found: set[Point] = set()
    frame: types.FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame is not None and frame.f_code is not _Driven.STEP:
        line, code = frame.f_lineno, frame.f_code
        for point in _BY_CODE.get((code.co_filename, code.co_qualname), ()):
            if point.begin <= line <= point.end:
                found.add(point)
        frame = frame.f_back
    return frozenset(found)


Act = Callable[["Driver"], BaseException | None]
"""Done at a suspension. Gives what is raised there, None when it is left as it is."""


class Driver:
    """Runs coroutines step by step and counts their suspensions, from 1, over all tasks of the loop.

    acts: what is done at which suspension. tasks: all it drives. who: whom each suspension waited for. at: the points
    of each.
    """

    def __init__(self, acts: Mapping[int, Act]) -> None:
        self._acts = acts
        self._asked: tuple[str, frozenset[Point]] | None = None
        self.tasks = WeakSet[asyncio.Task[Any]]()
        self.root: asyncio.Task[Any] | None = None
        self.who: list[str] = []
        self.at: list[frozenset[Point]] = []

    def install(self, loop: asyncio.AbstractEventLoop, monkeypatch: Any) -> None:
        """From now on every task of the loop is driven."""
        loop.set_task_factory(self._task)
        for name in _WAITS:
            monkeypatch.setattr(asyncio, name, self._noted(getattr(asyncio, name)))

    def forget(self) -> None:
        """Begin to count anew."""
        self.who.clear()
        self.at.clear()

    def waited_for(self, at: int) -> str | None:
        """Whom the suspension of this number waited for, None when there was none."""
        return self.who[at - 1] if at <= len(self.who) else None

    async def pause(self, who: str, seconds: float) -> None:
        """`tests.engine.rig.Pause`."""
        if asyncio.current_task() in self.tasks:
            self._asked = who, on_the_stack()
        await _sleep(seconds)

    def _noted(self, wait: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Awaitable[Any]]:
        def noted(*args: Any, **options: Any) -> Coroutine[Any, Any, Any]:
            found = on_the_stack()
            if found and asyncio.current_task() in self.tasks:
                self._asked = "own", found
            return wait(*args, **options)

        return noted

    def _task(self, loop: asyncio.AbstractEventLoop, coro: Any, **options: Any) -> "asyncio.Task[Any]":
        task = asyncio.Task(_Driven(coro, self), loop=loop, **options)
        self.tasks.add(task)
        return task

    def suspended(self) -> BaseException | None:
        """A coroutine waits. Gives what is raised there."""
        if self._asked is None:
            return None
        (who, found), self._asked = self._asked, None
        self.who.append(who)
        self.at.append(found)
        act = self._acts.get(len(self.who))
        return None if act is None else act(self)


class _Driven(Coroutine[Any, Any, Any]):
    """A coroutine whose every suspension the driver sees before the loop does."""

    def __init__(self, coro: Coroutine[Any, Any, Any], driver: Driver) -> None:
        self._coro = coro
        self._driver = driver

    def send(self, value: Any) -> Any:
        return self._seen(self._coro.send(value))

    def throw(self, *error: Any) -> Any:
        return self._seen(self._coro.throw(*error))

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Any:
        return self._coro.__await__()

    def _seen(self, waiting: Any) -> Any:
        while (thrown := self._driver.suspended()) is not None:
            if waiting is not None:
                waiting._asyncio_future_blocking = False  # nobody waits for it any more
            waiting = self._coro.throw(thrown)
        return waiting

    STEP = send.__code__


_sleep = asyncio.sleep
