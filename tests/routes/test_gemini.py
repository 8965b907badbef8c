"""gate.routes.gemini: keys in the query, streams as arrays, and Google's list of models."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from gate.core.dialect import Dialect, Operation
from gate.engine.ports import Header, Inbound
from gate.protocols.gemini import CODEC
from gate.routes.gemini import JsonArray, adapt

KEY = "AIza-a-key-of-a-user"


class Client:
    """What a client got."""

    def __init__(self) -> None:
        self.heads: list[tuple[int, list[Header]]] = []
        self.body = b""
        self.ended = False

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        await self.head(status, headers)
        await self.write(body)
        self.ended = True

    async def head(self, status: int, headers: Sequence[Header]) -> None:
        self.heads.append((status, list(headers)))

    async def write(self, data: bytes) -> None:
        self.body += data

    async def end(self) -> None:
        self.ended = True


async def nothing(_: int) -> bytes:
    return b""


def inbound(query: bytes = b"", *, stream: bool = False, model: str = "m", headers: Sequence[Header] = ()) -> Inbound:
    return Inbound(
        method="POST",
        path=f"/v1beta/models/{model}:generateContent",
        route="/v1beta/models/{model}:generateContent",
        query=query,
        scheme="http",
        http_version="1.1",
        headers=headers,
        peer=None,
        server=None,
        loopback=True,
        dialect=Dialect.GEMINI,
        operation=Operation.CHAT,
        received=0,
        received_ns=0,
        read_body=nothing,
        model=model,
        stream=stream,
    )


@pytest.mark.parametrize("query", [f"key={KEY}", f"alt=sse&key={KEY}", f"k%65y={KEY}", f"%24alt=json&key={KEY}"])
def test_a_key_in_the_query_becomes_a_header(query: str) -> None:
    adapted, _ = adapt(inbound(query.encode()), Client())
    assert adapted.query == b""
    assert adapted.headers == [(b"x-goog-api-key", KEY.encode())]


def test_an_access_token_in_the_query_becomes_a_bearer() -> None:
    adapted, _ = adapt(inbound(b"access_token=ya29%2Ex&prettyPrint=false"), Client())
    assert adapted.query == b"prettyPrint=false"
    assert adapted.headers == [(b"authorization", b"Bearer ya29.x")]


def test_a_header_comes_before_the_query() -> None:
    own: list[Header] = [(b"x-goog-api-key", b"own")]
    adapted, _ = adapt(inbound(f"key={KEY}&a=b&&a=c".encode(), headers=own), Client())
    assert (list(adapted.headers), adapted.query) == (own, b"a=b&a=c")


def test_the_resource_name_is_a_model_too() -> None:
    for asked, model in (("models/x", "x"), ("anthropic/claude-x", "anthropic/claude-x")):
        adapted, _ = adapt(inbound(model=asked), Client())
        assert adapted.model == model


def test_who_gets_an_array() -> None:
    client = Client()
    assert adapt(inbound(b"alt=sse", stream=True), client)[1] is client
    assert adapt(inbound(b"$alt=SSE", stream=True), client)[1] is client
    assert adapt(inbound(), client)[1] is client
    assert isinstance(adapt(inbound(stream=True), client)[1], JsonArray)
    assert isinstance(adapt(inbound(b"alt=json", stream=True), client)[1], JsonArray)


def streamed(*writes: bytes) -> Client:
    client = Client()

    async def run() -> None:
        out = JsonArray(client)
        await out.head(200, [(b"content-type", b"text/event-stream"), (b"x-request-id", b"r")])
        for data in writes:
            await out.write(data)
        await out.end()

    asyncio.run(run())
    return client


@pytest.mark.parametrize(
    ("writes", "values"),
    [
        ((), []),
        ((b'data: {"a": 1}\n\n',), [{"a": 1}]),
        (
            (b'data: {"a": 1}\r\n\r\ndata: {"b":\r\ndata: 2}\r\n\r\n', b'data: {"c": 3}\n\n'),
            [{"a": 1}, {"b": 2}, {"c": 3}],
        ),
        (
            (CODEC.ping, b'data: {"a": 1}\n\n', CODEC.ping, b'data: {"error": {}}\n\n', CODEC.ping),
            [{"a": 1}, {"error": {}}],
        ),
    ],
)
def test_the_array_of_a_stream(writes: tuple[bytes, ...], values: list[Any]) -> None:
    client = streamed(*writes)
    assert json.loads(client.body) == values
    assert client.ended
    ((status, headers),) = client.heads
    assert status == 200
    assert headers == [(b"x-request-id", b"r"), (b"content-type", b"application/json; charset=UTF-8")]


def test_an_error_before_the_stream_is_the_one_element() -> None:
    client = Client()
    asyncio.run(JsonArray(client).whole(404, [(b"content-type", b"application/json")], b'{"error": {"code": 404}}'))
    assert json.loads(client.body) == [{"error": {"code": 404}}]
    assert client.heads == [(404, [(b"content-type", b"application/json")])]
