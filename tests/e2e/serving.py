"""What the end-to-end tests share: the three dialects' requests, and a Gate in front of one scripted upstream."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

Start = Callable[..., GateProcess]
ANTHROPIC_KEY = "provider-key-anthropic-0123456789"
OPENAI_KEY = "provider-key-openai-0123456789"
PROMPT = "a-prompt-nobody-may-log"


@dataclass(frozen=True)
class Spoken:
    """One dialect: its path, a model that is served, and what ends its streams well and badly."""

    path: str
    model: str
    done: bytes
    failed: bytes

    def body(self, *, stream: bool = False, **more: Any) -> dict[str, Any]:
        turn = {"role": "user", "content": PROMPT}
        if self.path == "/v1/responses":
            return {"model": self.model, "input": PROMPT, "stream": stream, **more}
        return {"model": self.model, "max_tokens": 64, "messages": [turn], "stream": stream, **more}


MESSAGES = Spoken("/v1/messages", "auto", b"event: message_stop", b"event: error")
CHAT = Spoken("/v1/chat/completions", "gpt-5", b"data: [DONE]", b'data: {"error"')
RESPONSES = Spoken("/v1/responses", "gpt-5", b"event: response.completed", b"event: response.failed")
DIALECTS = (MESSAGES, CHAT, RESPONSES)


def environment(upstream: Upstream, **more: str) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": ANTHROPIC_KEY,
        "OPENAI_API_KEY": OPENAI_KEY,
        "GATE_ANTHROPIC_BASE_URL": upstream.url,
        "GATE_OPENAI_BASE_URL": upstream.url + "/v1",
        **more,
    }


def client(gate: GateProcess, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=gate.url, timeout=30, trust_env=False, **options)


def error_of(spoken: Spoken, response: httpx.Response) -> dict[str, Any]:
    """The error in a body of the dialect's shape; fails when it has another."""
    body = response.json()
    if spoken is MESSAGES:
        assert body["type"] == "error"
        assert body["request_id"]
    assert isinstance(body["error"]["message"], str)
    assert body["error"]["message"]
    return body["error"]
