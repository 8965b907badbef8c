"""A scripted model provider that tests own: it plays a tool-using task in every dialect, and misbehaves on demand.

In a test:

    with Upstream() as upstream:
        upstream.fault("status", status=429, headers={"retry-after": "1"}, model="claude-x", times=1)
        upstream.shape(encoding="gzip", crlf=True)
        ...
        assert upstream.requests[0].header("authorization") == "Bearer sk-upstream"

As a program, controlled over HTTP (`POST /__ctl {"faults": [{"kind": ..., ...}]}`, `POST /__reset`, `GET /__requests`):

    python -m tests.harness.upstream --port 8901 --log requests.jsonl

The kinds of faults and their settings are in faults.py, the members of a shape in shape.py. It runs on a thread of its
own with an event loop of its own, listens on loopback only, and holds thousands of open streams.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import socket
import ssl
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Self, TypeVar

from tests.harness.dialects import COUNTS
from tests.harness.faults import Rule, Rules
from tests.harness.http1 import Connection
from tests.harness.ports import LOOPBACK
from tests.harness.recording import Recorded, Recorder
from tests.harness.script import Script

BACKLOG = 4096
T = TypeVar("T")


class Door:
    """One address of an upstream. A shut door refuses connections and keeps its port; its open connections are cut."""

    def __init__(self, upstream: Upstream, port: int) -> None:
        self._upstream = upstream
        self._socket = _bound(port)
        self._server: asyncio.Server | None = None
        self._connections: list[Connection] = []
        self.port: int = self._socket.getsockname()[1]
        self.url = f"{'https' if upstream.tls else 'http'}://{LOOPBACK}:{self.port}"

    def open(self) -> None:
        """Listens (again)."""
        self._upstream.run(self._open())

    def shut(self) -> None:
        """Refuses from now on; connections that are open are reset."""
        self._upstream.run(self._shut())

    async def _open(self) -> None:
        if self._server is None:
            self._server = await asyncio.get_running_loop().create_server(
                self._accept, sock=self._socket, ssl=self._upstream.tls, backlog=BACKLOG
            )

    async def _shut(self) -> None:
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for connection in self._connections:
            connection.reset()
        self._connections.clear()
        await asyncio.sleep(0)
        self._socket = _bound(self.port)

    def _accept(self) -> Connection:
        self._connections = [one for one in self._connections if not one.gone.is_set()]
        connection = Connection(self._upstream.script, self._upstream.tasks)
        self._connections.append(connection)
        return connection

    def release(self) -> None:
        """Gives the port back."""
        if self._server is not None:
            self._server.close()
        self._socket.close()


class Upstream:
    """A running upstream; also a context manager. `url` has no path: add `/v1` where a client wants it.

    port: 0 for any free one. log: a file that gets a JSON line per request and one per end. tls: serve HTTPS instead.
    """

    def __init__(self, port: int = 0, log: Path | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.rules = Rules()
        self.recorder = Recorder(log)
        self.script = Script(self.rules, self.recorder)
        self.tasks: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-upstream", daemon=True)
        self._thread.start()
        self._doors: list[Door] = []
        try:
            self.main_door = self.door(port)
        except BaseException:
            self.stop()
            raise
        self.port = self.main_door.port
        self.url = self.main_door.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cuts every connection and ends the thread. May be called twice."""
        if self._loop.is_closed():
            return
        self.run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.recorder.close()

    # What goes wrong.

    def fault(self, kind: str, **conditions_and_settings: Any) -> Rule:
        """From now on plays this fault (see faults.py) for requests that fit. Raises ValueError for unknown names."""
        return self.rules.add(kind, **conditions_and_settings)

    def shape(self, **conditions_and_members: Any) -> Rule:
        """From now on answers that fit look like this (see shape.py). Raises ValueError for unknown names."""
        return self.rules.add("shape", **conditions_and_members)

    def clear(self) -> None:
        """Forgets all faults, shapes and records."""
        self.rules.clear()
        self.recorder.clear()

    def door(self, port: int = 0) -> Door:
        """Another address of the same upstream, open; it can be shut and opened alone."""
        door = Door(self, port)
        self._doors.append(door)
        door.open()
        return door

    # What it saw.

    @property
    def requests(self) -> list[Recorded]:
        """All requests so far, in the order in which they came."""
        return self.recorder.all()

    @property
    def calls(self) -> list[Recorded]:
        """The requests that ask a model for an answer."""
        return [one for one in self.requests if one.operation is not None and one.operation not in COUNTS]

    @property
    def in_flight(self) -> int:
        """Requests that are being answered now."""
        return self.script.in_flight

    def wait_requests(self, count: int, timeout: float = 10) -> list[Recorded]:
        """Waits until `count` requests have come. Raises AssertionError after `timeout` seconds."""
        return self.recorder.wait(count, ended=False, timeout=timeout)

    def wait_ended(self, count: int, timeout: float = 10) -> list[Recorded]:
        """Waits until `count` requests have ended, however. Raises AssertionError after `timeout` seconds."""
        return self.recorder.wait(count, ended=True, timeout=timeout)

    # The thread.

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine on the upstream's own loop and waits for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _stop(self) -> None:
        for door in self._doors:
            door.release()
        waiting = list(self.tasks)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await asyncio.sleep(0)  # lets transports close


def _bound(port: int) -> socket.socket:
    """A socket that has the port but does not listen: connections to it are refused."""
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((LOOPBACK, port))
        made.setblocking(False)
    except BaseException:
        made.close()
        raise
    return made


def main(arguments: list[str] | None = None) -> None:
    """Runs an upstream until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tests.harness.upstream", description="A scripted model provider.")
    parser.add_argument("--port", type=int, default=8901, help="on loopback; 0 for any free port (default: 8901)")
    parser.add_argument("--log", type=Path, help="append a JSON line per request to this file")
    options = parser.parse_args(arguments)
    stop = threading.Event()

    def end(number: int, frame: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with Upstream(options.port, options.log) as upstream:
        print(f"scripted upstream on {upstream.url}", flush=True)
        stop.wait()


if __name__ == "__main__":
    main()
