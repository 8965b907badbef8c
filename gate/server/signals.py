"""Signals as values: the supervisor reads them one after another between its steps instead of being interrupted."""

import os
import select
import signal
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from types import FrameType
from typing import Any


def _noted(number: int, frame: FrameType | None) -> None:
    """Nothing: the interpreter has written the number to the wake-up pipe already."""


class SignalInbox:
    """Collects the given signals from its making until `close`. Only on the main thread."""

    def __init__(self, numbers: Iterable[signal.Signals]) -> None:
        self._numbers = frozenset(numbers)
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        self._before: dict[signal.Signals, Any] = {one: signal.signal(one, _noted) for one in self._numbers}

    def wait(self, timeout_s: float | None, also: int) -> list[signal.Signals]:
        """The signals that came, in order; waits for one so long at most (None: until one comes), or until the file
        descriptor `also` can be read."""
        poll = select.poll()
        poll.register(self._read, select.POLLIN)
        poll.register(also, select.POLLIN)
        poll.poll(None if timeout_s is None else max(0.0, timeout_s) * 1000)
        try:
            came = os.read(self._read, 4096)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in came if number in self._numbers]

    @contextmanager
    def held(self) -> Generator[None]:
        """Signals wait while this is open: none is lost between a fork and the child's own handlers."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self._numbers)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def leave_to_child(self) -> None:
        """In a forked child, with the signals still held: they are its own from now on."""
        signal.set_wakeup_fd(-1)
        os.close(self._read)
        os.close(self._write)

    def close(self) -> None:
        signal.set_wakeup_fd(self._wakeup_before)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)
