"""Starts the demo program and watches it; raw HTTP clients that see how their stream ended."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self, TypeVar

ROOT = Path(__file__).resolve().parents[2]
T = TypeVar("T")
PROGRAM = "from tests.server.demo import main; main()"


def until(condition: Callable[[], T], timeout: float = 10.0) -> T:
    """The first true value of the condition. Raises AssertionError when none has come in time."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not come in time"
        time.sleep(0.02)
    return value


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


class DemoProcess:
    """The demo program as a process, in a group of its own; options as in demo.main. A context manager that leaves no
    process and no file behind."""

    def __init__(self, *, python: str = sys.executable, wait: bool = True, **options: Any) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="gate-demo-"))
        self.notes_file = self.directory / "notes"
        options.setdefault("notes", str(self.notes_file))
        self._log = self.directory / "log"
        environment = {"PATH": os.defpath, "TMPDIR": str(self.directory), "PYTHONPATH": str(ROOT)}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [python, "-c", PROGRAM, json.dumps(options)],
                cwd=self.directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        self.addresses: list[list[Any]] = []
        if wait:
            assert self.process.stdout is not None
            line = self.process.stdout.readline()
            assert line, f"it ended instead of starting:\n{self.output}"
            self.addresses = json.loads(line)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def port(self) -> int:
        return self.addresses[0][1]

    @property
    def output(self) -> str:
        return self._log.read_text()

    def events(self) -> list[str]:
        """The events of the log so far."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line["event"] for line in lines if "event" in line]

    def notes(self, step: str) -> list[tuple[int, int, int]]:
        """(index, generation, pid) of each time that a worker came to this step."""
        if not self.notes_file.exists():
            return []
        lines = [line.split() for line in self.notes_file.read_text().splitlines()]
        return [(int(index), int(generation), int(pid)) for what, index, generation, pid in lines if what == step]

    def get(self, path: str, port: int | None = None) -> tuple[int, Any]:
        """Status and JSON of an answer, on a connection of its own."""
        request = urllib.request.Request(f"http://127.0.0.1:{port or self.port}{path}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=5) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout: float = 15.0) -> int:
        return self.process.wait(timeout)


async def read_stream(port: int, path: str, opened: "asyncio.Semaphore | None" = None) -> str:
    """How a stream ended: `done`, `error` (its events), or `cut`, also when the chunked coding has no end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: demo\r\n\r\n".encode())
    data = await reader.read(16)
    if opened is not None:
        opened.release()
    try:
        while (more := await reader.read(65_536)) and not data.endswith(b"0\r\n\r\n"):
            data = data[-1000:] + more
    except ConnectionError:
        return "cut"
    finally:
        writer.close()
    if not data.endswith(b"0\r\n\r\n"):
        return "cut"
    return "done" if b"event: done" in data else "error" if b"event: error" in data else "cut"


def silent_client(port: int) -> socket.socket:
    """A client that asks for endless data and reads none of it."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /flood HTTP/1.1\r\nHost: demo\r\n\r\n")
    return client
