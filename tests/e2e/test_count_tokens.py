"""Counting tokens in every dialect: by the provider where it counts, by Gate where it does not, and always a number."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.e2e.serving import Start, client, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

WORDS = "The ferry came in at noon, and nobody was on the pier to meet it. " * 40
"""More than 600 tokens."""
ONLY_CHAT: dict[str, Any] = {
    "lanes": {"mine/small": {"cluster": "budget-general"}},
    "providers": {"vllm": {"dialects": ["openai_chat"]}},
    "routes": [{"provider": "vllm", "model": "small", "lane": "mine/small"}],
}
TOOLS = [{"name": "look", "description": "Looks.", "input_schema": {"type": "object", "properties": {}}}]
SURFACES = {
    "/v1/messages/count_tokens": {"messages": [{"role": "user", "content": WORDS}]},
    "/v1/responses/input_tokens": {"input": WORDS},
    "/v1beta/models/{model}:countTokens": {"contents": [{"role": "user", "parts": [{"text": WORDS}]}]},
}
each_surface = pytest.mark.parametrize("surface", SURFACES)


def count(gate: GateProcess, surface: str, model: str, **headers: str) -> httpx.Response:
    with client(gate) as ask:
        body = SURFACES[surface] if "{model}" in surface else {"model": model, **SURFACES[surface]}
        return ask.post(surface.replace("{model}", model), json=body, headers=headers)


def tokens(answer: httpx.Response) -> int:
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["totalTokens"] if "totalTokens" in body else body["input_tokens"]


def paths(upstream: Upstream) -> list[str]:
    return [call.path for call in upstream.requests]


@pytest.fixture
def chat_only(start_gate: Start, upstream: Upstream) -> GateProcess:
    return start_gate(ONLY_CHAT, {"GATE_VLLM_BASE_URL": upstream.url})


@each_surface
def test_a_route_that_does_not_count(chat_only: GateProcess, upstream: Upstream, surface: str) -> None:
    answer = count(chat_only, surface, "vllm/small")
    assert answer.headers["x-gate-token-count"] == "estimated"
    assert 400 < tokens(answer) < 900
    assert upstream.requests == []


def test_claude_code_asks_25_times_at_once(chat_only: GateProcess, upstream: Upstream) -> None:
    with ThreadPoolExecutor(25) as pool:
        asked = [pool.submit(count, chat_only, "/v1/messages/count_tokens", "vllm/small") for _ in range(25)]
        assert len({tokens(answer.result()) for answer in asked}) == 1
    assert upstream.requests == []


@each_surface
@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("anthropic/claude-sonnet-5-5", "/v1/messages/count_tokens"),
        ("openai/gpt-5.5", "/v1/responses/input_tokens"),
        ("gemini/gemini-3.8-flash", "/v1beta/models/gemini-3.8-flash:countTokens"),
    ],
)
def test_a_provider_that_counts_is_asked(
    start_gate: Start, upstream: Upstream, surface: str, model: str, path: str
) -> None:
    """Every client dialect, by every provider's endpoint: one call, and its number."""
    google = {"GEMINI_API_KEY": "provider-key-google-0123456789", "GATE_GEMINI_BASE_URL": upstream.url}
    gate = start_gate({}, environment(upstream, **google))
    answer = count(gate, surface, model)
    assert answer.headers["x-gate-token-count"] == "provider"
    assert tokens(answer) > 1
    assert paths(upstream) == [path]


@each_surface
@pytest.mark.parametrize("status", [404, 429, 500, 503, 529])
def test_an_endpoint_that_fails_ends_in_the_estimate(
    start_gate: Start, upstream: Upstream, surface: str, status: int
) -> None:
    gate = start_gate({}, environment(upstream))
    upstream.fault("status", status=status)
    answer = count(gate, surface, "anthropic/claude-sonnet-5-5")
    assert answer.headers["x-gate-token-count"] == "estimated"
    assert tokens(answer) > 500
    assert len(upstream.requests) == 1


def test_no_provider_at_all_ends_in_the_estimate(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream, GATE_ANTHROPIC_BASE_URL="http://127.0.0.1:9"))
    answer = count(gate, "/v1/messages/count_tokens", "anthropic/claude-sonnet-5-5")
    assert (answer.headers["x-gate-token-count"], tokens(answer) > 500) == ("estimated", True)


def test_a_vendors_word_on_a_wrong_request_passes(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    upstream.fault("status", status=400, body='{"type":"error","error":{"type":"x","message":"own words"}}')
    answer = count(gate, "/v1/messages/count_tokens", "anthropic/claude-sonnet-5-5")
    assert (answer.status_code, "own words" in answer.text) == (400, True)
    assert "x-gate-token-count" not in answer.headers


def test_the_users_own_refused_key_is_told(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, {"GATE_ANTHROPIC_BASE_URL": upstream.url})
    upstream.fault("status", status=401)
    own = {"x-api-key": "sk-ant-api03-of-a-user-0123456789abcdef"}
    answer = count(gate, "/v1/messages/count_tokens", "claude-sonnet-5-5", **own)
    assert answer.status_code == 401


def test_gates_own_refused_key_is_not(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    upstream.fault("status", status=401)
    assert tokens(count(gate, "/v1/messages/count_tokens", "anthropic/claude-sonnet-5-5")) > 500


def test_a_name_nobody_knows(chat_only: GateProcess) -> None:
    assert count(chat_only, "/v1/messages/count_tokens", "no-such-model").status_code == 404


def test_a_body_that_is_no_request(chat_only: GateProcess) -> None:
    with client(chat_only) as ask:
        answer = ask.post("/v1/messages/count_tokens", json={"model": "vllm/small", "messages": {"a": 1}})
    assert answer.status_code == 400
    assert "x-gate-token-count" not in answer.headers


def test_an_endpoint_that_does_not_answer_is_left_alone(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    upstream.fault("status", status=404)
    for _ in range(3):
        count(gate, "/v1/messages/count_tokens", "anthropic/claude-sonnet-5-5")
    assert len(upstream.requests) == 1


def test_a_counting_endpoint_says_nothing_of_the_route(start_gate: Start, upstream: Upstream) -> None:
    """However often it fails, the route serves on: no open breaker, no cooldown."""
    gate = start_gate({"breaker": {"failures": 1, "min_calls": 1}}, environment(upstream))
    upstream.fault("status", status=503)
    count(gate, "/v1/messages/count_tokens", "anthropic/claude-sonnet-5-5")
    upstream.clear()
    with client(gate) as ask:
        body = {
            "model": "anthropic/claude-sonnet-5-5",
            "max_tokens": 8,
            "messages": [{"role": "user", "content": "hi"}],
        }
        assert ask.post("/v1/messages", json=body).status_code == 200
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert (newest["relation"], newest["attempts"]) == ("primary", 1)


def test_answers_calibrate_the_estimate(chat_only: GateProcess, upstream: Upstream) -> None:
    """The upstream reports 200 input tokens for what Gate takes for about 500."""
    first = tokens(count(chat_only, "/v1/messages/count_tokens", "vllm/small"))
    with client(chat_only) as ask:
        for stream in (True, False, True, False, True):
            turn = {"role": "user", "content": WORDS}
            body = {"model": "vllm/small", "max_tokens": 8, "messages": [turn], "stream": stream}
            assert ask.post("/v1/messages", json=body).status_code == 200
    after = tokens(count(chat_only, "/v1/messages/count_tokens", "vllm/small"))
    assert first > 400
    assert 200 < after < 0.55 * first
    with client(chat_only) as ask:
        metrics = ask.get("/metrics").text
    assert 'gate_token_estimate_error_count{lane="mine/small",provider="vllm"} 5' in metrics
