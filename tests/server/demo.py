"""A small application for the server's tests, and a program that serves it:

    python -c 'from tests.server.demo import main; main()' '{"workers": 4, "drain_s": 2}'

It needs gate.server only. The program prints one JSON line with its addresses when it is ready; the log goes to stderr
as JSON lines. Every step of a worker's life is noted as a line in the file `notes`, when one is given.

    /who       {"pid", "index", "generation", "reloads"}
    /readyz    200, 503 while draining
    /stream?events=N&gap=S   server-sent events; ends with `event: done`, or `event: error` when ended by the server
    /flood     events as large and as many as the client takes, until ended
    /peers     {"<index>": {"pid"}} of all workers, by asking them
    /crash     an exception with a secret in its text
"""

import asyncio
import json
import logging
import os
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from gate.server.application import AsgiApp, Listener, Role, ServerSettings, StartFailed, WorkerContext
from gate.server.peers import PeerServer, ask_all
from gate.server.supervisor import serve

SECRET = "sk-do-not-log-me"


class Demo:
    """`gate.server.application.Application`. faults: step -> "fail" | "value" | "hang" | "block"."""

    def __init__(self, context: WorkerContext, faults: dict[str, str], notes: str | None) -> None:
        self.context = context
        self.reloads = 0
        self.draining = False
        self.streams: set[asyncio.Task[Any]] = set()
        self._faults = faults
        self._notes = notes
        self._peers = PeerServer(context.runtime_dir, context.index, {"pid": lambda _: {"pid": os.getpid()}})
        self._note("build")
        self._maybe_fail("build")

    def _note(self, step: str) -> None:
        if self._notes is not None:
            with Path(self._notes).open("a") as file:
                file.write(f"{step} {self.context.index} {self.context.generation} {os.getpid()}\n")

    def _maybe_fail(self, step: str) -> None:
        fault = self._faults.get(f"{step}@{self.context.generation}", self._faults.get(step))
        if fault == "fail":
            raise StartFailed("the demo was told to fail: tell it otherwise", exit_code=7)
        if fault == "value":
            raise ValueError(SECRET)
        if fault == "block":
            time.sleep(60)

    async def startup(self) -> None:
        self._maybe_fail("startup")
        if self._faults.get("startup") == "hang":
            await asyncio.sleep(60)
        await self._peers.start()
        self._note("startup")

    def asgi(self, role: Role) -> AsgiApp:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await self._answer(role, scope, send)

        return app

    def reload(self) -> None:
        self.reloads += 1
        self._note("reload")

    def begin_drain(self) -> None:
        self.draining = True
        self._note("begin_drain")

    def active(self) -> int:
        return len(self.streams)

    async def end_streams(self) -> None:
        self._note(f"end_streams:{len(self.streams)}")
        for task in self.streams:
            task.cancel()
        if self.streams:
            await asyncio.wait(list(self.streams), timeout=1.5)

    async def shutdown(self) -> None:
        self._maybe_fail("shutdown")
        if self._faults.get("shutdown") == "hang":
            await asyncio.sleep(60)
        await self._peers.close()
        self._note("shutdown")

    async def _answer(self, role: Role, scope: Any, send: Any) -> None:
        path, query = scope["path"], parse_qs(scope["query_string"].decode())
        if path == "/readyz":
            await _json(send, 503 if self.draining else 200, {"ready": not self.draining, "role": role})
        elif self.draining:
            await _json(send, 503, {"error": "draining"})
        elif path == "/stream":
            await self._stream(send, int(query["events"][0]), float(query["gap"][0]), b"data: x\n\n")
        elif path == "/flood":
            await self._stream(send, 1_000_000, 0, b"data: " + b"x" * 65_536 + b"\n\n")
        elif path == "/crash":
            raise RuntimeError(SECRET)
        elif path == "/peers":
            answers = await ask_all(self.context.runtime_dir, self.context.workers, "pid", {}, 2)
            await _json(send, 200, {str(index): answer for index, answer in answers.items()})
        else:
            await _json(send, 200, self._who())

    def _who(self) -> dict[str, Any]:
        context = self.context
        who = {"pid": os.getpid(), "index": context.index, "generation": context.generation, "reloads": self.reloads}
        return who | {"runtime_dir": str(context.runtime_dir), "loop": type(asyncio.get_running_loop()).__module__}

    async def _stream(self, send: Any, events: int, gap: float, event: bytes) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.streams.add(task)
        try:
            headers = [(b"content-type", b"text/event-stream")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            for _ in range(events):
                await send({"type": "http.response.body", "body": event, "more_body": True})
                await asyncio.sleep(gap)
            last = b"event: done\ndata: {}\n\n"
        except asyncio.CancelledError:
            last = b"event: error\ndata: {}\n\n"
        try:
            await send({"type": "http.response.body", "body": last, "more_body": False})
        finally:
            self.streams.discard(task)


async def _json(send: Any, status: int, body: Any) -> None:
    data = json.dumps(body).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(data))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data, "more_body": False})


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        own = ("event", "worker", "generation", "exit_code", "cut", "unfinished", "restart_in_s", "code")
        extra = {name: getattr(record, name) for name in own if hasattr(record, name)}
        return json.dumps({"level": record.levelname, "message": record.getMessage()} | extra)


def main() -> None:
    options: dict[str, Any] = json.loads(sys.argv[1])
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    logging.getLogger("asyncio").setLevel(logging.INFO)
    settings = ServerSettings(
        listeners=tuple(Listener("127.0.0.1", port, role) for port, role in options.get("ports", [[0, "public"]])),
        workers=options.get("workers", 1),
        drain_timeout_s=options.get("drain_s", 2.0),
        flush_timeout_s=options.get("flush_s", 5.0),
        loop=options.get("loop", "auto"),
    )

    def announce(addresses: Any) -> None:
        print(json.dumps([[one.host, one.port, one.role] for one in addresses]), flush=True)

    def build(context: WorkerContext) -> Demo:
        return Demo(context, options.get("faults", {}), options.get("notes"))

    sys.exit(serve(settings, build, on_bound=announce))
