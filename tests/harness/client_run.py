"""One run of a real coding client: its task, its surroundings, and the verdict.

A client passes when it ended with status 0, created hello.txt with the content that its prompt named, and printed the
final words that its prompt named; both are different in every run. Nothing of this environment reaches it: its
variables are listed here, its home is temporary, and every address but loopback goes to a proxy port that is closed.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.harness.task import FILE

CLOSED_PROXY = "http://127.0.0.1:9"  # the discard port, where nothing listens


@dataclass(frozen=True, slots=True)
class ClientRun:
    """How a run went. reason: why not ok, else empty. output: what the client printed, standard output first."""

    ok: bool
    output: str
    seconds: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One task with words of its own, in a temporary directory of its own."""

    root: Path
    content: str
    final: str

    @property
    def prompt(self) -> str:
        return (
            f"Create a file named {FILE} in the current directory containing exactly the text "
            f'"{self.content}" (no newline), then reply with exactly: {self.final}'
        )

    @property
    def home(self) -> Path:
        return self.root / "home"

    @property
    def work(self) -> Path:
        return self.root / "work"

    @property
    def temporary(self) -> Path:
        return self.root / "tmp"


def new_task(directory: str) -> Task:
    """A task with new words in a directory that exists."""
    number = random.randrange(10**9)
    task = Task(Path(directory), f"hello-{number}", f"FINAL-{number}")
    for folder in (task.home, task.work, task.temporary):
        folder.mkdir()
    return task


def another_task(task: Task) -> Task:
    """A task with new words in the same places."""
    number = random.randrange(10**9)
    (task.work / FILE).unlink(missing_ok=True)
    return Task(task.root, f"hello-{number}", f"FINAL-{number}")


def run_task(
    task: Task,
    command: Sequence[str],
    variables: Mapping[str, str],
    timeout: float,
    words: Callable[[str], str],
) -> ClientRun:
    """Runs the command on the task. words: finds what the client said at last in what it printed."""
    started = time.monotonic()
    printed, errors = task.root / "stdout", task.root / "stderr"
    with printed.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(
            command,
            cwd=task.work,
            env=_surroundings(task) | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=True,  # so that its children can be ended with it
        )
        try:
            status: int | None = process.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            _end_group(process)
    said = printed.read_text(errors="replace")
    problems = _problems(task, status, timeout, words(said))
    output = said + errors.read_text(errors="replace")
    return ClientRun(not problems, output, round(time.monotonic() - started, 2), "; ".join(problems))


def _problems(task: Task, status: int | None, timeout: float, said: str) -> list[str]:
    problems: list[str] = []
    if status is None:
        problems.append(f"did not end within {timeout} s")
    elif status:
        problems.append(f"ended with status {status}")
    file = task.work / FILE
    content = file.read_text(errors="replace") if file.exists() else None
    if content is None or content.strip() != task.content:
        problems.append(f"{FILE} has {content!r} instead of {task.content!r}")
    if task.final not in said:
        problems.append(f"said {said[-300:]!r} instead of {task.final!r}")
    return problems


def _surroundings(task: Task) -> dict[str, str]:
    closed = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), CLOSED_PROXY)
    return {
        "PATH": os.defpath,
        "HOME": str(task.home),
        "TMPDIR": str(task.temporary),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        **closed,
    }


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Ends what the client left running."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    process.wait()
