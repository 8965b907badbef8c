"""Load that costs the tests little: a provider whose one answer is made beforehand, a client with some connections."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from tests.e2e.telemetry.world import message
from tests.harness.raw import request_bytes

_REPLY = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "model-one",
    "content": [{"type": "text", "text": "an answer"}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 3, "output_tokens": 2},
}
BODY = json.dumps(_REPLY).encode()
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(BODY) + BODY


class _Provider(asyncio.Protocol):
    """Answers each request once its head and its body are there."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        self._answer = answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = self._data[:end].lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._data) < end + 4 + length:
                return
            self._data = self._data[end + 4 + length :]
            self._transport.write(self._answer(head))


class CannedProvider:
    """On a thread of its own; also a context manager. answer: makes each answer from a request's head in lower case; by
    default always the same one."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda _: _ANSWER) -> None:
        self._answer = answer

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        made = self._loop.create_server(lambda: _Provider(self._answer), "127.0.0.1", 0)
        self._server = asyncio.run_coroutine_threadsafe(made, self._loop).result(10)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._server.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass
class Told:
    """What the client saw: how many answers of each status, and bodies that were not the provider's."""

    statuses: dict[int, int] = field(default_factory=dict[int, int])
    changed: int = 0


def drive(port: int, requests: int, connections: int = 8, request: Callable[[], bytes] | None = None) -> Told:
    """Sends that many requests, each connection one after the other. request: makes each, by default the same one."""
    told = Told()
    data = request_bytes("POST", "/v1/messages", [("connection", "keep-alive")], message())
    make = request or (lambda: data)
    left = requests

    async def client() -> None:
        nonlocal left
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while left > 0:
            left -= 1
            writer.write(make())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            status = int(head[9:12])
            told.statuses[status] = told.statuses.get(status, 0) + 1
            told.changed += body != BODY
        writer.close()

    async def all_of_them() -> None:
        await asyncio.gather(*(client() for _ in range(connections)))

    asyncio.run(all_of_them())
    return told
