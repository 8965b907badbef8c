"""One worker's HTTP connections: accepted by us, spoken by Hypercorn, closed by us.

Hypercorn's own runner cuts streams when it stops and cannot say when it does; here its protocol alone is used
(`connection.py`), and accepting and closing are two steps that the worker decides.
"""

import asyncio
import errno
import logging
import socket
from typing import Any, cast

from hypercorn.asyncio.worker_context import WorkerContext as HypercornContext
from hypercorn.config import Config

from gate.server.application import AsgiApp, ServerSettings
from gate.server.balance import GIVE_WAY_S, LoadBoard
from gate.server.connection import READ_BYTES, Connection
from gate.server.trouble import describe

LOG = logging.getLogger("gate.server")

# The system or this process has no room for one more connection: it waits in the backlog meanwhile.
NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
NO_ROOM_PAUSE_S = 0.5
LAST_STEPS_S = 0.25


class Connections:
    """The connections of one worker, on the running event loop."""

    def __init__(self, settings: ServerSettings, board: LoadBoard, index: int) -> None:
        """index: this worker's place on the board."""
        self._loop = asyncio.get_running_loop()
        self._config = hypercorn_config(settings)
        self._context = HypercornContext(None)
        self._listening: list[socket.socket] = []
        self._open: dict[asyncio.Task[None], Connection | None] = {}
        self._board = board
        self._index = index

    def __len__(self) -> int:
        return len(self._open)

    def listen(self, listening: socket.socket, app: AsgiApp) -> None:
        """Accepts from now on; `app` answers. The socket is this process's copy: closing it closes no other's."""
        self._listening.append(listening)
        self._board.say(self._index, len(self._open))
        self._loop.add_reader(listening, self._waiting, listening, _Guarded(app))

    def _waiting(self, listening: socket.socket, app: "_Guarded") -> None:
        """Connections wait: takes one for each turn of the event loop, or leaves it to another worker for a moment."""
        if self._board.gives_way(self._index):
            self._loop.remove_reader(listening)
            self._loop.call_later(GIVE_WAY_S, self._accept_again, listening, app)
        else:
            self._accept(listening, app)

    def _accept(self, listening: socket.socket, app: "_Guarded") -> None:
        try:
            accepted, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return  # another worker was faster, or the client has left again
        except OSError as error:
            if error.errno not in NO_ROOM:
                LOG.error("cannot accept: %s", describe(error), extra={"event": "accept_failed"})
            else:
                LOG.warning("no room for connections: %s", describe(error), extra={"event": "accept_paused"})
            self._loop.remove_reader(listening)
            self._loop.call_later(NO_ROOM_PAUSE_S, self._accept_again, listening, app)
            return
        accepted.setblocking(False)
        task = self._loop.create_task(self._serve(accepted, app))
        self._open[task] = None
        self._board.say(self._index, len(self._open))
        task.add_done_callback(self._closed)

    def _accept_again(self, listening: socket.socket, app: "_Guarded") -> None:
        if listening in self._listening:
            self._loop.add_reader(listening, self._waiting, listening, app)
            self._accept(listening, app)

    async def _serve(self, accepted: socket.socket, app: "_Guarded") -> None:
        reader = asyncio.StreamReader(limit=READ_BYTES, loop=self._loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=self._loop)
        transport, _ = await self._loop.connect_accepted_socket(lambda: protocol, accepted)
        writer = asyncio.StreamWriter(transport, protocol, reader, self._loop)
        connection = Connection(app, self._loop, self._config, self._context, {}, reader, writer)
        self._open[cast("asyncio.Task[None]", asyncio.current_task())] = connection
        await connection

    def _closed(self, task: "asyncio.Task[None]") -> None:
        self._open.pop(task, None)
        if self._listening:
            self._board.say(self._index, len(self._open))
        error = None if task.cancelled() else task.exception()
        if error is not None and not isinstance(error, OSError):
            LOG.error("a connection failed: %s", describe(error), extra={"event": "connection_failed"})

    def last_answers(self) -> None:
        """Every answer that begins from now on says `connection: close`, so that no client sends its next request on a
        connection that is about to go."""
        self._config.keep_alive_max_requests = 0

    async def close_idle(self) -> None:
        """No new connections (they are left to the other workers, or to nobody); those without a request close now, the
        others when their answer is written."""
        for listening in self._listening:
            self._loop.remove_reader(listening)
            listening.close()
        self._listening.clear()
        self._board.leave(self._index)
        await self._context.terminated.set()
        for connection in list(self._open.values()):
            if connection is not None:
                await connection.close_idle()

    async def close(self, grace_s: float) -> int:
        """Waits so long for the connections to close, cuts the rest and returns how many these were: their clients did
        not read, or their requests did not end."""
        await self.close_idle()
        await self._until_closed(grace_s)
        cut = len(self._open)
        for connection in list(self._open.values()):
            if connection is not None:
                connection.abort()
        await self._until_closed(LAST_STEPS_S)
        for task in list(self._open):
            task.cancel()
        await self._until_closed(LAST_STEPS_S)
        return cut

    async def _until_closed(self, timeout_s: float) -> None:
        if self._open:
            await asyncio.wait(list(self._open), timeout=timeout_s)


class _Guarded:
    """The application as Hypercorn calls it. What it raises is logged without values; Hypercorn then answers 500 or,
    after the head, breaks the connection off."""

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Any, receive: Any, send: Any, sync_spawn: Any, call_soon: Any) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            LOG.error("the application failed: %s", describe(error), extra={"event": "application_failed"})


def hypercorn_config(settings: ServerSettings) -> Config:
    """Hypercorn's settings. It writes no log of its own: its access log costs time and its error log holds values."""
    config = Config()
    config.accesslog = None
    config.errorlog = None
    config.include_server_header = False
    config.keep_alive_timeout = settings.keep_alive_s
    config.keep_alive_max_requests = settings.max_connection_requests
    config.h11_max_incomplete_size = settings.max_header_bytes
    return config
