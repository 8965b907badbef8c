"""The client's side of a streamed answer: the held head, pings, the commit, the end.

The response head waits for the first content event, so that every failure before it is a plain HTTP error and another
route can still serve. After `head_after_s` without content the head goes out alone and pings keep the client's
watchdogs quiet; content may still come from any attempt. Only whole SSE events are ever written.
"""

import asyncio
from collections.abc import Callable, Sequence

from gate.engine.ports import ClientGone, ClientStalled, Header, Responder
from gate.engine.snapshot import StreamSettings

EVENT_STREAM = (b"content-type", b"text/event-stream; charset=utf-8")
NO_CACHE = (b"cache-control", b"no-cache")


class ClientStream:
    """One streamed answer. `head_sent_at` and `committed_at` are seconds on the caller's clock, None until they
    happen. `failed`: an error event was begun, no other may follow."""

    def __init__(
        self,
        out: Responder,
        settings: StreamSettings,
        ping: bytes,
        early_head: Callable[[], Sequence[Header]],
        clock: Callable[[], float],
    ) -> None:
        self._out = out
        self._settings = settings
        self._ping = ping
        self._early_head = early_head
        self._clock = clock
        self._quiet = True
        self._ended = False
        self._trouble: Exception | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._pinging: asyncio.Task[None] | None = None
        self.head_sent_at: float | None = None
        self.committed_at: float | None = None
        self.bytes_out = 0
        self.failed = False

    def start(self) -> None:
        """Begin to watch for silence."""
        self._timer = asyncio.get_running_loop().call_later(self._settings.head_after_s, self._tick)

    async def commit(self, headers: Sequence[Header], held: bytes) -> None:
        """The first content: the head (unless a ping has sent it already) and everything held."""
        self.committed_at = self._clock()
        if self.head_sent_at is None:
            self.head_sent_at = self.committed_at
            await self._out.head(200, headers)
        await self.write(held)

    async def write(self, events: bytes) -> None:
        """Whole events, after the commit."""
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        self._quiet = False
        self.bytes_out += len(events)
        await self._out.write(events)

    async def fail(self, event: bytes) -> None:
        """End a stream whose head is out with the dialect's error event, if that was not begun before."""
        self.stop()
        if not self._ended and not self.failed:
            self.failed = True
            await self.write(event)
        await self.end()

    async def end(self) -> None:
        self.stop()
        if not self._ended:
            self._ended = True
            await self._out.end()

    def stop(self) -> None:
        """No more pings. Safe to call at any time and more than once."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._pinging is not None:
            self._pinging.cancel()
            self._pinging = None

    def _tick(self) -> None:
        loop = asyncio.get_running_loop()
        if self._quiet and (self._pinging is None or self._pinging.done()):
            self._pinging = loop.create_task(self._send_ping())
        self._quiet = True
        self._timer = loop.call_later(self._settings.ping_every_s, self._tick)

    async def _send_ping(self) -> None:
        try:
            if self.head_sent_at is None:
                self.head_sent_at = self._clock()
                await self._out.head(200, (EVENT_STREAM, NO_CACHE, *self._early_head()))
            self.bytes_out += len(self._ping)
            await self._out.write(self._ping)
        except (ClientGone, ClientStalled):
            # The request's own task learns of it by itself, at its next write or by being cancelled.
            return
        except Exception as defect:  # of Gate's own: nobody waits for this task, so the request's next write raises it
            self._trouble = defect
