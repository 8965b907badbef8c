"""Gate in front of servers that speak like the clouds: what is not authorized as they want it is refused."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.serving import MESSAGES, Start
from tests.e2e.serving import client as asking
from tests.harness.eventstream import chunk
from tests.upstream.auth.test_aws import ID, SECRET, verified
from tests.upstream.auth.test_google import Endpoint, account_file

MODEL = "us.anthropic.claude-x-v1:0"
TEXT = "Signed, sealed, delivered."
MESSAGE: dict[str, Any] = {
    "id": "msg_bdrk_1",
    "type": "message",
    "role": "assistant",
    "model": "claude-x",
    "content": [{"type": "text", "text": TEXT}],
    "stop_reason": "end_turn",
    "stop_sequence": None,
    "usage": {"input_tokens": 12, "output_tokens": 5},
}
START = {**MESSAGE, "content": [], "stop_reason": None, "usage": {"input_tokens": 12, "output_tokens": 1}}
EVENTS: list[dict[str, Any]] = [
    {"type": "message_start", "message": START},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": TEXT}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn", "stop_sequence": None},
        "usage": {"output_tokens": 5},
    },
    {"type": "message_stop"},
]


class Bedrock:
    """Refuses what is not signed rightly, as AWS does; keeps the bodies it took."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                try:
                    verified(f"{outer.url}{self.path}", headers, body, region="eu-west-1")
                except (AssertionError, KeyError):
                    self.answer(403, b'{"message":"The signature does not match."}', "InvalidSignatureException")
                    return
                outer.bodies.append(json.loads(body))
                if self.path.endswith("/count-tokens"):
                    self.answer(200, b'{"inputTokens": 42}')
                elif "too long" in str(outer.bodies[-1]):
                    self.answer(400, b'{"message":"Input is too long for requested model."}', "ValidationException")
                elif self.path.endswith("/invoke-with-response-stream"):
                    frames = b"".join(chunk(event) for event in EVENTS)
                    self.answer(200, frames, kind="application/vnd.amazon.eventstream")
                else:
                    self.answer(200, json.dumps(MESSAGE).encode())

            def answer(self, status: int, body: bytes, error: str = "", kind: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.send_header("x-amzn-RequestId", "aws-request-1")
                if error:
                    self.send_header("x-amzn-ErrorType", f"{error}:http://internal/")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)


@pytest.fixture
def aws() -> Iterator[Bedrock]:
    made = Bedrock()
    yield made
    made.close()


def config(aws: Bedrock) -> dict[str, Any]:
    return {"providers": {"bedrock": {"region": "eu-west-1", "base_url": aws.url}}}


KEYS = {"AWS_ACCESS_KEY_ID": ID, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}


def body(**more: Any) -> dict[str, Any]:
    return {**MESSAGES.body(), "model": f"bedrock/{MODEL}", **more}


def test_a_stream_of_frames_arrives_as_the_dialects_own(start_gate: Start, aws: Bedrock) -> None:
    gate = start_gate(config(aws), KEYS)
    betas = {"anthropic-beta": "interleaved-thinking-2025-05-14,claude-code-20250219"}
    with asking(gate) as ask:
        answer = ask.post(MESSAGES.path + "?beta=true", json=body(stream=True), headers=betas)
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["request-id"] == "aws-request-1"
    assert MESSAGES.done in answer.content
    assert TEXT in answer.text
    assert newest["serving_provider"] == "bedrock"
    assert aws.bodies == [
        {
            "max_tokens": 64,
            "messages": body()["messages"],
            "anthropic_version": "bedrock-2023-05-31",
            "anthropic_beta": ["interleaved-thinking-2025-05-14"],
        }
    ]
    assert gate.metric("gen_ai_client_token_usage_count") > 0


def test_a_whole_answer_an_overflow_and_a_count(start_gate: Start, aws: Bedrock) -> None:
    gate = start_gate(config(aws), KEYS)
    with asking(gate) as ask:
        assert ask.post(MESSAGES.path, json=body()).json()["content"] == MESSAGE["content"]
        long = ask.post(MESSAGES.path, json=body(system="this is too long"))
        counted = ask.post(MESSAGES.path + "/count_tokens", json={"model": f"bedrock/{MODEL}", "messages": []})
    assert long.status_code == 400
    assert long.json()["error"]["type"] == "invalid_request_error"
    assert long.json()["error"]["message"].startswith("prompt is too long")
    assert counted.json()["input_tokens"] == 42
    inner = json.loads(base64.b64decode(aws.bodies[-1]["input"]["invokeModel"]["body"]))
    assert inner["messages"] == []


def test_credentials_aws_refuses_are_the_credentials_fault(start_gate: Start, aws: Bedrock) -> None:
    gate = start_gate(config(aws), {**KEYS, "AWS_SECRET_ACCESS_KEY": "another"})
    with asking(gate) as ask:
        refused = ask.post(MESSAGES.path, json=body())
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert refused.status_code == 403
    assert refused.json()["error"]["message"] == "The signature does not match."
    assert "invalid_auth" in json.dumps(newest)
    assert gate.metric("gate_breaker_state") == 0, "all closed"


def test_an_openai_client_is_served_by_bedrock(start_gate: Start, aws: Bedrock) -> None:
    gate = start_gate(config(aws), KEYS)
    turn = {"role": "user", "content": "hello"}
    with asking(gate) as ask:
        whole = ask.post(
            "/v1/chat/completions", json={"model": f"bedrock/{MODEL}", "messages": [turn], "max_tokens": 20}
        )
        streamed = ask.post(
            "/v1/chat/completions", json={"model": f"bedrock/{MODEL}", "messages": [turn], "stream": True}
        )
    assert whole.status_code == 200, whole.text
    assert whole.json()["choices"][0]["message"]["content"] == TEXT
    assert streamed.status_code == 200, streamed.text
    assert TEXT in streamed.text
    assert b"data: [DONE]" in streamed.content
    assert all("model" not in sent and sent["anthropic_version"] for sent in aws.bodies)


class Vertex:
    """Gives an access token for a rightly signed assertion, and serves Anthropic's models to whoever has it."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.bodies: list[dict[str, Any]] = []
        self.issuer = Endpoint()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                status, answer = 200, b"".join(_event(event) for event in EVENTS)
                if self.headers["authorization"] != f"Bearer token-{outer.issuer.asked}":
                    status, answer = 401, b'[{"error":{"code":401,"message":"no","status":"UNAUTHENTICATED"}}]'
                outer.paths.append(self.path)
                outer.bodies.append(json.loads(body))
                self.send_response(status)
                self.send_header("content-type", "text/event-stream" if status == 200 else "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
        self.issuer.close()


def _event(event: dict[str, Any]) -> bytes:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode()


@pytest.fixture
def google() -> Iterator[Vertex]:
    made = Vertex()
    yield made
    made.close()


def test_a_service_account_reaches_vertex(start_gate: Start, google: Vertex, tmp_path: Path) -> None:
    file = tmp_path / "account.json"
    file.write_text(account_file(google.issuer.url))
    settings = {"project": "p", "region": "global", "base_url": google.url, "credentials_file": str(file)}
    gate = start_gate({"providers": {"vertex-anthropic": settings}}, {})
    assert google.issuer.asked == 0, "nothing is asked before the first request"
    asked = {**MESSAGES.body(stream=True), "model": "vertex-anthropic/claude-x@20250929"}
    with asking(gate) as ask:
        answers = [ask.post(MESSAGES.path + "?beta=true", json=asked) for _ in range(3)]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        assert TEXT in answer.text
    assert google.issuer.asked == 1
    path = "/v1/projects/p/locations/global/publishers/anthropic/models/claude-x@20250929:streamRawPredict"
    assert google.paths == [path] * 3
    assert "model" not in google.bodies[0]
    assert google.bodies[0]["anthropic_version"] == "vertex-2023-10-16"
