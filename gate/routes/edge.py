"""Between ASGI and the engine: reading a body, writing an answer, noticing that a client left or stopped reading.

Model operations come here straight from the server, past Quart's own dispatch, because that dispatch alone costs more
CPU than everything Gate does for a small request (docs/explanation/performance.md).
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from gate.core.errors import ErrorCode, GateError
from gate.engine.gateway import Gateway
from gate.engine.headers import first
from gate.engine.ports import ClientGone, ClientStalled, Header, Inbound
from gate.routes.operation import ModelOperation

Message = dict[str, Any]
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def serve(
    gateway: Gateway,
    operation: ModelOperation,
    loopback: bool,
    scope: Scope,
    receive: Receive,
    send: Send,
    model: str | None = None,
) -> None:
    """One model request, from its head to the last byte of its answer. model: where the path names it."""
    received, received_ns = time.monotonic(), time.time_ns()
    timeouts = gateway.snapshot.timeouts
    body = _Body(scope["headers"], receive, timeouts.body_s)
    out = AsgiResponder(send, timeouts.client_stall_s, body, head_only=scope["method"] == "HEAD")
    inbound = Inbound(
        method=scope["method"],
        path=scope["path"],
        route=operation.path,
        query=scope.get("query_string", b""),
        scheme=scope.get("scheme", "http"),
        http_version=scope.get("http_version", "1.1"),
        headers=scope["headers"],
        peer=scope.get("client"),
        server=scope.get("server"),
        loopback=loopback,
        dialect=operation.dialect,
        operation=operation.operation,
        received=received,
        received_ns=received_ns,
        read_body=body.read,
        model=model,
        stream=operation.stream,
    )
    try:
        if operation.adapt is None:
            await gateway.handle(inbound, out)
        else:
            await gateway.handle(*operation.adapt(inbound, out))
    finally:
        body.forget()
        out.close()


_DISCARD_BYTES = 1 << 20
_DISCARD_S = 1.0


class _Body:
    """A request's body, and after it the watch for the client's leaving."""

    def __init__(self, headers: Sequence[Header], receive: Receive, timeout_s: float) -> None:
        self._headers = headers
        self._receive = receive
        self._timeout_s = timeout_s
        self._watch: asyncio.Task[None] | None = None
        self._late = False
        self.complete = False

    async def read(self, limit: int) -> bytes:
        """The whole body. Raises GateError body_too_large (at once, when the length is announced) or body_timeout,
        ClientGone."""
        declared = first(self._headers, b"content-length")
        if declared is not None and declared.isdigit() and int(declared) > limit:
            raise _too_large(limit)
        try:
            async with asyncio.timeout(self._timeout_s):
                body = await self._parts(limit)
        except TimeoutError:
            self._late = True
            text = f"the request's body did not arrive within {self._timeout_s:g} s"
            raise GateError(ErrorCode.BODY_TIMEOUT, text) from None
        self.complete = True
        task = asyncio.current_task()
        if task is not None:
            self._watch = asyncio.create_task(self._until_gone(task))
        return body

    async def _parts(self, limit: int) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            part: bytes = message.get("body", b"")
            size += len(part)
            if size > limit:
                raise _too_large(limit)
            parts.append(part)
            if not message.get("more_body", False):
                return parts[0] if len(parts) == 1 else b"".join(parts)

    async def discard(self) -> bool:
        """Drop what was not read, so that the connection can be used again; False when that would be too much or take
        too long."""
        if self.complete:
            return True
        declared = first(self._headers, b"content-length")
        if self._late or (declared is not None and (not declared.isdigit() or int(declared) > _DISCARD_BYTES)):
            return False
        try:
            async with asyncio.timeout(_DISCARD_S):
                await self._parts(_DISCARD_BYTES)
        except (TimeoutError, GateError, ClientGone):
            return False
        return True

    async def _until_gone(self, task: "asyncio.Task[Any]") -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        task.cancel()

    def forget(self) -> None:
        """The answer is complete: the client may leave as it likes."""
        if self._watch is not None:
            self._watch.cancel()


def _too_large(limit: int) -> GateError:
    return GateError(
        ErrorCode.BODY_TOO_LARGE, f"the request's body is larger than {limit} bytes (limits.body_bytes): send less"
    )


class AsgiResponder:
    """`engine.ports.Responder` on an ASGI send."""

    def __init__(self, send: Send, stall_s: float, body: _Body | None = None, *, head_only: bool = False) -> None:
        """body: the request's. It is read to its end before an answer in one piece; where that is too much, the answer
        is the connection's last, and says so."""
        self._send = send
        self._stall_s = stall_s
        self._body = body
        self._head_only = head_only
        self._writing: dict[asyncio.Task[Any], float] = {}
        self._stalled: set[asyncio.Task[Any]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        framing = [(b"content-length", b"%d" % len(body))]
        if self._body is not None and not await self._body.discard():
            framing.append((b"connection", b"close"))
        await self._send({"type": "http.response.start", "status": status, "headers": [*headers, *framing]})
        await self._write(b"" if self._head_only else body, more=False)

    async def head(self, status: int, headers: Sequence[Header]) -> None:
        await self._send({"type": "http.response.start", "status": status, "headers": list(headers)})

    async def write(self, data: bytes) -> None:
        if data:
            await self._write(data, more=True)

    async def end(self) -> None:
        await self._write(b"", more=False)

    def close(self) -> None:
        """Nothing more will be written."""
        if self._timer is not None:
            self._timer.cancel()

    async def _write(self, data: bytes, *, more: bool) -> None:
        """Raises ClientStalled when the client does not take the bytes within the stall time. One timer watches all
        writes of an answer: starting and cancelling one for each would cost as much as the write."""
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        self._writing[task] = loop.time()  # a ping may be under way beside the answer
        if self._timer is None:
            self._timer = loop.call_later(self._stall_s, self._look)
        try:
            await self._send({"type": "http.response.body", "body": data, "more_body": more})
        except asyncio.CancelledError:
            if task in self._stalled:
                task.uncancel()
                raise ClientStalled from None
            raise
        finally:
            del self._writing[task]

    def _look(self) -> None:
        self._timer = None
        loop = asyncio.get_running_loop()
        overdue = loop.time() - self._stall_s
        for task, since in self._writing.items():
            if since <= overdue:
                self._stalled.add(task)
                task.cancel()
        left = [since - overdue for since in self._writing.values() if since > overdue]
        if left:
            self._timer = loop.call_later(min(left), self._look)
