"""One HTTP connection: Hypercorn's protocol on a socket of ours, with less done for each request.

Hypercorn 0.18's own connection starts and cancels a task for each request to count its idle seconds, takes a lock and
waits for each piece it writes; together that is as much as parsing the request. Here the idle time is a timer, and what
is written in one turn of the event loop leaves together: the head of a small answer and its body are one packet.
Promises: order is kept; a client that does not read stops the writer (`drain`) before more than `WRITE_BYTES` wait.
"""

import asyncio
from typing import Any

from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.tcp_server import TCPServer
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol import ProtocolWrapper
from hypercorn.typing import ConnectionState
from hypercorn.utils import parse_socket_addr  # pyright: ignore[reportUnknownVariableType]

READ_BYTES = 256 * 1024
"""At most this much is read at once. Four times Hypercorn's: a long prompt is parsed in fewer pieces."""
WRITE_BYTES = 64 * 1024
"""More than this does not wait for the end of the event loop's turn."""
LINGER_S = 1.0
"""So long what a client still sends is read and dropped after its last answer: a socket that is closed with bytes
unread resets the connection, and the client may lose the answer (RFC 9112, section 9.6)."""


class Connection(TCPServer):
    """`await` it: it ends when the connection does."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._idle: asyncio.TimerHandle | None = None
        self._is_idle = True
        self._reading = True
        self._lingering: asyncio.TimerHandle | None = None
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0

    async def run(self) -> None:
        try:
            client, server = self._addresses()
            async with TaskGroup(self.loop) as tasks:
                self._task_group = tasks
                state = ConnectionState(self.state)
                self.protocol = ProtocolWrapper(
                    self.app,
                    self.config,
                    self.context,
                    tasks,
                    state,
                    False,
                    client,
                    server,
                    self.protocol_send,
                    "http/1.1",
                )
                await self.protocol.initiate()
                self._count_idle()
                await self._read_data()
                self._reading = False
                self._stop_counting()
        except OSError:
            pass  # the peer is gone
        finally:
            self._stop_counting()
            if self._lingering is not None:
                self._lingering.cancel()
            await self._close()

    async def protocol_send(self, event: Event) -> None:
        """What the protocol wants done. Returns when the client has read enough of what was written before."""
        if isinstance(event, RawData):
            await self._write(event.data)
        elif isinstance(event, Closed):
            self._linger()
        elif isinstance(event, Updated):
            if event.idle:
                self._count_idle()
            else:
                self._stop_counting()

    async def close_idle(self) -> None:
        """Closes it when no request is under way; otherwise it closes by itself after the answer, because the server is
        `terminated`."""
        if self._is_idle:
            await self._close_from_here()

    def abort(self) -> None:
        """Now, and whatever is unwritten is lost."""
        self._waiting.clear()
        self.writer.transport.abort()

    # -- reading

    async def _read_data(self) -> None:
        reader, protocol = self.reader, self.protocol
        try:
            while not reader.at_eof():
                data = await reader.read(READ_BYTES)
                if self._lingering is None:
                    await protocol.handle(RawData(data))
        except OSError:
            pass
        await protocol.handle(Closed())

    # -- writing

    async def _write(self, data: bytes) -> None:
        if not data:
            return
        if not self._waiting:
            self.loop.call_soon(self._flush)
        self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > WRITE_BYTES:
            self._flush()
        try:
            await self.writer.drain()
        except (ConnectionError, RuntimeError):
            await self.protocol.handle(Closed())

    def _flush(self) -> None:
        waiting = self._waiting
        if not waiting:
            return
        data = waiting[0] if len(waiting) == 1 else b"".join(waiting)
        waiting.clear()
        self._waiting_bytes = 0
        if not self.writer.transport.is_closing():
            self.writer.write(data)

    def _linger(self) -> None:
        """Nothing more is written; the connection ends when the client closes it too, or in a moment."""
        if self._lingering is None:
            self._lingering = self.loop.call_later(LINGER_S, self.writer.close)
            self._say_end()

    def _say_end(self) -> None:
        self._flush()
        try:
            self.writer.write_eof()
        except (NotImplementedError, OSError, RuntimeError):
            pass  # closed already

    async def _close(self) -> None:
        self._say_end()
        try:
            self.writer.close()
            await self.writer.wait_closed()
        except (ConnectionError, RuntimeError, asyncio.CancelledError):
            pass  # closed already, by the other side

    # -- idle

    def _count_idle(self) -> None:
        self._is_idle = True
        if self._reading:
            self._idle = self.loop.call_later(self.config.keep_alive_timeout, self._too_long)

    def _stop_counting(self) -> None:
        self._is_idle = False
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _too_long(self) -> None:
        self._task_group.spawn(self._close_from_here)  # pyright: ignore[reportUnknownMemberType]

    async def _close_from_here(self) -> None:
        await self.protocol.handle(Closed())
        self._flush()
        self.writer.close()

    def _addresses(self) -> tuple[tuple[str, int] | None, tuple[str, int] | None]:
        socket = self.writer.get_extra_info("socket")
        return (
            parse_socket_addr(socket.family, socket.getpeername()),
            parse_socket_addr(socket.family, socket.getsockname()),
        )
