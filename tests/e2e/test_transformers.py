"""Transformers between real requests and a scripted upstream, also where the dialects are the same."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.cli.running import cli
from tests.harness.gate import GateProcess
from tests.harness.says import Says
from tests.harness.upstream import Upstream

CONFIG: dict[str, Any] = {
    "lanes": {"mine/small": {"cluster": "budget-general"}},
    "providers": {"vllm": {"dialects": ["openai_chat"], "transformers": [{"use": "reasoning", "tag": "think"}]}},
    "routes": [
        {
            "provider": "vllm",
            "model": "small",
            "lane": "mine/small",
            "transformers": [{"use": "maxtoken", "limit": 100}],
        }
    ],
}
SAID = "<think>\nhm, so\n</think>\n\nForty-two."
ASKED = [{"role": "user", "content": "what is the answer?"}]


@pytest.fixture
def gate(upstream: Upstream, start_gate: Callable[..., GateProcess]) -> GateProcess:
    upstream.shape(says=Says(text=SAID))
    return start_gate(CONFIG, {"GATE_VLLM_BASE_URL": upstream.url})


def post(gate: GateProcess, path: str, body: dict[str, Any]) -> httpx.Response:
    answer = httpx.post(f"{gate.url}{path}", json=body, timeout=30, trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer


def test_a_messages_client_gets_thinking_blocks(gate: GateProcess, upstream: Upstream) -> None:
    body = {"model": "vllm/small", "max_tokens": 32_000, "messages": ASKED}
    content = post(gate, "/v1/messages", body).json()["content"]
    assert [(block["type"], block.get("thinking") or block.get("text")) for block in content] == [
        ("thinking", "hm, so\n"),
        ("text", "Forty-two."),
    ]
    (request,) = upstream.calls
    assert request.json["max_tokens"] == 100


def test_a_chat_client_leaves_the_raw_lane(gate: GateProcess, upstream: Upstream) -> None:
    body = {"model": "vllm/small", "max_completion_tokens": 32_000, "messages": ASKED, "stream": True}
    lines = post(gate, "/v1/chat/completions", body).text.splitlines()
    chunks = [json.loads(line[6:]) for line in lines if line.startswith("data: {")]
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    assert "".join(delta.get("content") or "" for delta in deltas) == "Forty-two."
    assert "".join(delta.get("reasoning_content") or delta.get("reasoning") or "" for delta in deltas) == "hm, so\n"
    (request,) = upstream.calls
    assert request.json["max_tokens"] == 100


def test_another_model_of_the_provider_has_the_providers_own(gate: GateProcess, upstream: Upstream) -> None:
    body = {"model": "vllm/other", "max_tokens": 32_000, "messages": ASKED}
    content = post(gate, "/v1/messages", body).json()["content"]
    assert [block["type"] for block in content] == ["thinking", "text"]
    (request,) = upstream.calls
    assert request.json["max_tokens"] == 32_000


def test_gate_routes_shows_them(gate: GateProcess) -> None:
    routes = httpx.get(f"{gate.admin_url}/gate/v1/routes", trust_env=False).json()["routes"]
    shown = {route["id"]: route["transformers"] for route in routes if route["transformers"]}
    assert shown == {"vllm/small": ["reasoning", "maxtoken"]}
    (line,) = [line for line in cli("routes", "--url", gate.admin_url).stdout.splitlines() if "vllm/small" in line]
    assert line.endswith("reasoning, maxtoken")
