"""Keep-alive connections and who may have one.

Promises: taking an idle connection and giving one back are O(1) whatever is open (the last one used is taken first, so
that the others can expire). A place is held by every connection that is being made, used or idle, and freed exactly
once. When all places are taken, an idle connection to another origin is closed for the newcomer; otherwise callers
queue in order.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from gate.upstream.connection import Connection
    from gate.upstream.proxy import Proxy

_CLOSE_SECONDS = 2.0


class PoolClosed(httpx.PoolTimeout):
    """The transport was closed before the request got a connection."""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """max_connections: open at a time, over all origins; None for no limit. max_idle: kept alive, over all origins.

    idle_seconds: how long an unused connection is kept.
    """

    max_connections: int | None = None
    max_idle: int = 256
    idle_seconds: float = 30.0


class Peer:
    """One origin: where it is, how it is reached, and its idle connections (the last one given back at the end)."""

    __slots__ = ("host", "idle", "port", "prefix", "proxy", "proxy_forwards", "proxy_header", "tls")

    def __init__(self, scheme: str, host: str, port: int, proxy: Proxy | None) -> None:
        self.host = host
        self.port = port
        self.tls = scheme == "https"
        self.proxy = proxy
        self.idle: OrderedDict[Connection, None] = OrderedDict()
        # Through a proxy, plain requests are forwarded in absolute form (RFC 9112, 3.2.2); TLS goes through a tunnel.
        self.proxy_forwards = proxy is not None and not self.tls
        name = f"[{host}]" if ":" in host else host
        self.prefix = f"http://{name}:{port}".encode("ascii") if self.proxy_forwards else b""
        self.proxy_header = proxy.header if proxy is not None and self.proxy_forwards else b""

    @property
    def needs_tls(self) -> bool:
        return self.tls or (self.proxy is not None and self.proxy.scheme == "https")


class _Waiter:
    """peer: whose idle connection will do, None when only a new one will."""

    __slots__ = ("granted", "peer")

    def __init__(self, peer: Peer | None, granted: asyncio.Future[Connection | None]) -> None:
        self.peer = peer
        self.granted = granted


class Pool:
    """Bound to the event loop of its first use."""

    def __init__(self, limits: PoolLimits) -> None:
        self.limits = limits
        self.closed = False
        self._places = 0
        self._alive: set[Connection] = set()
        self._idle: OrderedDict[Connection, float] = OrderedDict()
        self._waiters: deque[_Waiter] = deque()
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._emptied: asyncio.Future[None] | None = None

    @property
    def places(self) -> int:
        """Connections being made, in use or idle."""
        return self._places

    @property
    def idle(self) -> int:
        return len(self._idle)

    @property
    def waiting(self) -> int:
        return len(self._waiters)

    def take_idle(self, peer: Peer) -> Connection | None:
        """The connection to this origin that was used last, or None."""
        if not peer.idle:
            return None
        connection, _ = peer.idle.popitem()
        del self._idle[connection]
        return connection

    async def acquire(self, peer: Peer, seconds: float | None, *, fresh: bool = False) -> Connection | None:
        """An idle connection, or None: then the caller holds a place for one it has to open (`opened`, `not_opened`).

        fresh: never an idle one. Raises httpx.PoolTimeout after so many seconds in the queue.
        """
        if self.closed:
            raise PoolClosed("the transport is closed")
        if not fresh and (connection := self.take_idle(peer)) is not None:
            return connection
        if self._take_place():
            return None
        granted: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(None if fresh else peer, granted)
        self._waiters.append(waiter)
        try:
            async with asyncio.timeout(seconds):
                return await granted
        except BaseException as error:
            self._give_back(waiter)
            if isinstance(error, TimeoutError):
                raise httpx.PoolTimeout(f"no free connection within {seconds:g} s") from None
            raise

    def opened(self, connection: Connection) -> None:
        """The caller's place is now this connection's."""
        connection.counted = True
        self._alive.add(connection)

    def not_opened(self) -> None:
        self._places -= 1
        self._grant()

    def release(self, connection: Connection) -> None:
        """Takes back a connection whose answer is complete: for the first in the queue, else to be kept."""
        while self._waiters:
            waiter = self._waiters.popleft()
            if waiter.granted.done():
                continue
            if waiter.peer is connection.peer:
                waiter.granted.set_result(connection)
            else:
                self._waiters.appendleft(waiter)
                connection.close()  # its place goes to the waiter
            return
        if self.closed or self.limits.max_idle <= 0:
            connection.close()
            return
        loop = asyncio.get_running_loop()
        connection.peer.idle[connection] = None
        self._idle[connection] = expires = loop.time() + self.limits.idle_seconds
        if len(self._idle) > self.limits.max_idle:
            self._close_oldest()
        if self._sweep_timer is None:
            self._sweep_timer = loop.call_at(expires, self._sweep)

    def discard(self, connection: Connection) -> None:
        """The connection is closed or closing: frees its place. Idempotent."""
        if self._idle.pop(connection, None) is not None:
            del connection.peer.idle[connection]
        if connection.counted:
            connection.counted = False
            self._places -= 1
            self._grant()

    def forget(self, connection: Connection) -> None:
        """The connection's socket is gone."""
        self._alive.discard(connection)
        if not self._alive and self._emptied is not None and not self._emptied.done():
            self._emptied.set_result(None)

    async def aclose(self) -> None:
        """Closes every connection at once, also those in use, and ends the queue. Returns when the sockets are gone."""
        self.closed = True
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
            self._sweep_timer = None
        for waiter in self._waiters:
            if not waiter.granted.done():
                waiter.granted.set_exception(PoolClosed("the transport is closed"))
        self._waiters.clear()
        for connection in list(self._alive):
            connection.stop()
        if self._alive:
            self._emptied = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._emptied], timeout=_CLOSE_SECONDS)

    def _take_place(self) -> bool:
        limit = self.limits.max_connections
        if limit is not None and self._places >= limit:
            if not self._idle:
                return False
            self._close_oldest()
        self._places += 1
        return True

    def _grant(self) -> None:
        """Gives a free place to the first in the queue that still waits."""
        limit = self.limits.max_connections
        while self._waiters and (limit is None or self._places < limit):
            waiter = self._waiters.popleft()
            if not waiter.granted.done():
                self._places += 1
                waiter.granted.set_result(None)

    def _give_back(self, waiter: _Waiter) -> None:
        """A waiter gives up: what it was granted in the same moment goes to the next one."""
        granted = waiter.granted
        if not granted.done() or granted.cancelled() or granted.exception() is not None:
            granted.cancel()
            if waiter in self._waiters:
                self._waiters.remove(waiter)
            return
        connection = granted.result()
        if connection is None:
            self.not_opened()
        elif connection.usable:
            self.release(connection)

    def _close_oldest(self) -> None:
        connection, _ = self._idle.popitem(last=False)
        del connection.peer.idle[connection]
        connection.close()

    def _sweep(self) -> None:
        """Closes what has been idle too long. One timer for the whole pool, set for the oldest."""
        self._sweep_timer = None
        loop = asyncio.get_running_loop()
        now = loop.time()
        while self._idle:
            expires = next(iter(self._idle.values()))
            if expires > now:
                self._sweep_timer = loop.call_at(expires, self._sweep)
                return
            self._close_oldest()
