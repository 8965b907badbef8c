"""The scripted upstream on the wire: what it records, what it breaks, and how it can be controlled."""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from tests.harness.raw import RawClient, exchange, request_bytes
from tests.harness.upstream import Upstream

BODY: dict[str, Any] = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
STREAM = BODY | {"stream": True}


def post(upstream: Upstream, body: dict[str, Any], path: str = "/v1/messages") -> bytes:
    return exchange(upstream.url, request_bytes("POST", path, body=body))


def test_records_the_request_byte_by_byte(tmp_path: Path) -> None:
    headers = [("X-B", "1"), ("x-b", "2"), ("X-API-Key", "sk-1"), ("Transfer-Encoding", "chunked")]
    body = b'{"model": "m", \t"n": 1.0e2, "s": "\\ud800"}'
    chunks = b"5\r\n" + body[:5] + b"\r\n%x\r\n" % len(body[5:]) + body[5:] + b"\r\n0\r\n\r\n"
    with Upstream(log=tmp_path / "log") as upstream:
        exchange(upstream.url, request_bytes("POST", "/p/v1/messages?beta=true", headers, chunks))
        (seen,) = upstream.wait_ended(1)
    assert (seen.body, seen.target, seen.operation, seen.step) == (
        body,
        "/p/v1/messages?beta=true",
        "/messages",
        "side",
    )
    assert seen.headers[:3] == headers[:3] and seen.values("X-b") == ["1", "2"]
    assert (seen.key, seen.model, seen.outcome) == ("sk-1", "m", "answered")
    request, end = map(json.loads, (tmp_path / "log").read_text().splitlines())
    assert (request["event"], request["body"], request["headers"][1]) == ("request", body.decode(), ["x-b", "2"])
    assert (end["event"], end["outcome"], end["sent"]) == ("end", "answered", seen.sent)


def test_keeps_a_connection_and_answers_expect(upstream: Upstream) -> None:
    with RawClient(upstream.url) as client:
        client.send(request_bytes("GET", "/v1/models", [("Connection", "keep-alive")]))
        assert b"claude-sonnet-4-5" in client.read(until=b'"last_id"')
        client.send(request_bytes("POST", "/v1/messages", [("Expect", "100-continue")], BODY))
        assert client.read().startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert len({request.client for request in upstream.requests}) == 1


@pytest.mark.parametrize(
    ("kind", "settings", "starts", "ends"),
    [
        ("status", {"status": 429, "headers": {"Retry-After": "7"}}, b"HTTP/1.1 429 ", b'"req_upstream_000001"}'),
        ("status", {"status": 529, "body": "busy"}, b"HTTP/1.1 529 ", b"\r\n\r\nbusy"),
        ("html", {}, b"HTTP/1.1 502 ", b"</html>\n"),
        ("html", {"status": 200}, b"HTTP/1.1 200 ", b"</html>\n"),
        ("empty", {}, b"HTTP/1.1 200 ", b"content-length: 0\r\n\r\n"),
        ("no_content", {}, b"HTTP/1.1 204 ", b"\r\n\r\n"),
        ("json_to_stream", {}, b"HTTP/1.1 200 ", b"}"),
        ("garbage", {}, b"HTTP/1.1 200 ", b"\xfe\xff"),
        ("garbage", {"where": "head"}, b"\x00\x01\x02", b"\r\n"),
        ("silence", {"seconds": 0.05}, b"", b""),
        ("close_before_head", {}, b"", b""),
        ("half_event", {"after": 1}, b"HTTP/1.1 200 ", b'"content_block_start\r\n'),
        ("cut", {"after": 1}, b"HTTP/1.1 200 ", b"\n\n\r\n0\r\n\r\n"),
        ("cut", {"after": 1, "how": "close"}, b"HTTP/1.1 200 ", b"\n\n\r\n"),
        ("cut", {"after": 99, "how": "close"}, b"HTTP/1.1 200 ", b'{"type": "message_stop"}\n\n\r\n'),
        ("stall", {"seconds": 0.05}, b"HTTP/1.1 200 ", b'{"type": "message_stop"}\n\n\r\n0\r\n\r\n'),
        ("error_event", {"event": "event: error\ndata: x\n\n"}, b"HTTP/1.1 200 ", b"data: x\n\n\r\n0\r\n\r\n"),
    ],
)
def test_faults(upstream: Upstream, kind: str, settings: dict[str, Any], starts: bytes, ends: bytes) -> None:
    upstream.fault(kind, **settings)
    answer = post(upstream, STREAM)
    assert answer.startswith(starts) and answer.endswith(ends), answer[-200:]
    (seen,) = upstream.wait_ended(1)
    assert (seen.fault, seen.outcome, seen.sent) == (kind, "faulted", len(answer))
    if kind == "status" and "headers" in settings:
        assert b"\r\nRetry-After: 7\r\n" in answer


@pytest.mark.parametrize("kind", ["reset_before_head", "reset_after_head", "cut", "half_event"])
def test_resets(upstream: Upstream, kind: str) -> None:
    upstream.fault(kind, **({} if "head" in kind else {"how": "reset"}))
    with pytest.raises(ConnectionResetError):
        post(upstream, STREAM)


def test_a_document_breaks_in_its_middle(upstream: Upstream) -> None:
    upstream.fault("cut")
    answer = post(upstream, BODY)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert len(body) == length // 2


def read_back(upstream: Upstream, body: dict[str, Any], path: str = "/v1/messages") -> bytes:
    return httpx.post(upstream.url + path, json=body, trust_env=False).content


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "zstd"])
@pytest.mark.parametrize("body", [BODY, STREAM])
def test_compressed_answers(upstream: Upstream, encoding: str, body: dict[str, Any]) -> None:
    upstream.shape(encoding=encoding)
    answer = httpx.post(upstream.url + "/v1/messages", json=body, trust_env=False)
    assert answer.headers["content-encoding"] == encoding
    assert b'"output_tokens": 25' in answer.content


@pytest.mark.parametrize(
    "pieces", [{"chunk_bytes": 1}, {"write_bytes": 1}, {"framing": "close"}, {"framing": "length"}]
)
def test_odd_framing_carries_the_same_bytes(upstream: Upstream, pieces: dict[str, Any]) -> None:
    upstream.shape(**pieces)
    assert read_back(upstream, STREAM).endswith(b'event: message_stop\ndata: {"type": "message_stop"}\n\n')


def test_oddities_of_streams(upstream: Upstream) -> None:
    upstream.shape(crlf=True, comments=True, bom=True, drop=["ping", "message_stop"], usage="missing", answer_model="x")
    text = read_back(upstream, STREAM).decode()
    assert text.startswith("\ufeff: PROCESSING\r\n\r\nevent: message_start\r\n") and text.endswith(": the end\r\n\r\n")
    assert "ping" not in text and "message_stop" not in text and "usage" not in text and '"model": "x"' in text


@pytest.mark.parametrize(
    ("path", "usage", "reports"),
    [
        ("/v1/messages", "repeated", 3),
        ("/v1/messages", "plain", 2),
        ("/v1/chat/completions", "normal", 1),
        ("/v1/chat/completions", "inline", 1),
        ("/v1/chat/completions", "repeated", 4),
        ("/v1/chat/completions", "missing", 0),
        ("/v1/responses", "repeated", 3),
        ("/v1/responses", "missing", 0),
    ],
)
def test_usage_variants(upstream: Upstream, path: str, usage: str, reports: int) -> None:
    upstream.shape(usage=usage)
    body = STREAM | {"stream_options": {"include_usage": True}, "input": "hi"}
    assert read_back(upstream, body, path).count(b'"usage": {') == reports


def test_chat_usage_comes_only_when_asked_or_told(upstream: Upstream) -> None:
    assert b"usage" not in read_back(upstream, STREAM, "/v1/chat/completions")
    upstream.shape(usage="unasked")
    assert b'"choices": [], "usage": {' in read_back(upstream, STREAM, "/v1/chat/completions")


def test_long_answers(upstream: Upstream) -> None:
    upstream.shape(text_bytes=3_000_000)
    document = json.loads(read_back(upstream, BODY))
    assert len(document["content"][0]["text"]) == 3_000_000


def test_paced_stream_arrives_at_its_pace(upstream: Upstream) -> None:
    upstream.shape(text_chunks=10, interval=0.02, first_delay=0.1, head_delay=0.1)
    started = time.monotonic()
    text = read_back(upstream, STREAM).decode()
    assert time.monotonic() - started > 0.1 + 0.1 + 14 * 0.02
    assert text.count("text_delta") == 10


def test_notices_that_the_client_left(upstream: Upstream) -> None:
    upstream.fault("stall")
    with RawClient(upstream.url) as client:
        client.send(request_bytes("POST", "/v1/messages", body=STREAM))
        client.read(until=b"ping")
        assert upstream.in_flight == 1
    (seen,) = upstream.wait_ended(1)
    assert seen.outcome == "client_gone" and upstream.in_flight == 0


def test_holds_a_thousand_streams(upstream: Upstream) -> None:
    upstream.shape(text_chunks=2, first_delay=1.5)

    async def stream() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", upstream.port)
        writer.write(request_bytes("POST", "/v1/messages", body=STREAM))
        try:
            return await reader.read(-1)
        finally:
            writer.close()

    async def all_of_them() -> tuple[int, list[bytes]]:
        running = [asyncio.create_task(stream()) for _ in range(1000)]
        await asyncio.to_thread(upstream.wait_requests, 1000, 20)
        return upstream.in_flight, await asyncio.gather(*running)

    together, answers = asyncio.run(all_of_them())
    assert together > 900  # all but those that a slow machine had finished by then
    assert all(answer.endswith(b'{"type": "message_stop"}\n\n\r\n0\r\n\r\n') for answer in answers)


def test_a_door_can_be_shut_and_opened(upstream: Upstream) -> None:
    door = upstream.door()
    with httpx.Client(base_url=door.url, trust_env=False) as client:
        assert client.get("/").status_code == 200
        door.shut()
        for _ in range(2):
            with pytest.raises((httpx.ConnectError, httpx.ReadError)):
                client.get("/")
        with pytest.raises(httpx.ConnectError):
            client.get("/")
        door.open()
        assert client.get("/").status_code == 200
    assert httpx.get(upstream.url, trust_env=False).status_code == 200


def test_serves_https(tmp_path: Path) -> None:
    authority: Any = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    with Upstream(tls=server) as upstream:
        assert httpx.get(f"{upstream.url}/v1/models", verify=trusting, trust_env=False).status_code == 200
        with pytest.raises(httpx.ConnectError, match="certificate"):
            httpx.get(f"{upstream.url}/v1/models", trust_env=False)


def test_is_controlled_over_http(upstream: Upstream) -> None:
    with httpx.Client(base_url=upstream.url, trust_env=False) as client:
        given = {"faults": [{"kind": "status", "status": 503, "times": 1}, {"kind": "shape", "usage": "missing"}]}
        assert client.post("/__ctl", json=given).status_code == 200
        assert client.post("/v1/messages", json=BODY).status_code == 503
        assert "usage" not in client.post("/v1/messages", json=BODY).json()
        assert client.get("/__ctl").json()["faults"][0]["hits"] == 1
        assert [one["fault"] for one in client.get("/__requests").json()["requests"]] == ["status", None]
        refused = client.post("/__ctl", json={"faults": [{"kind": "nonsense"}]})
        assert refused.status_code == 400 and "nonsense" in refused.json()["problem"]
        client.post("/__reset")
        assert client.get("/__requests").json() == {"requests": []}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/v1/responses", 426), ("HEAD", "/", 200), ("GET", "/v1/nothing", 404), ("PUT", "/v1/messages", 404)],
)
def test_other_requests(upstream: Upstream, method: str, path: str, status: int) -> None:
    assert httpx.request(method, upstream.url + path, trust_env=False).status_code == status


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff"])
def test_refuses_a_body_it_cannot_read(upstream: Upstream, body: bytes) -> None:
    answer = httpx.post(f"{upstream.url}/v1/messages", content=body, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_refuses_what_is_not_http(upstream: Upstream) -> None:
    assert exchange(upstream.url, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400 ")
