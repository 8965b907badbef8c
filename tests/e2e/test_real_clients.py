"""The real coding clients work through Gate, with its key and not theirs, one decision for each of their requests."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.serving import ANTHROPIC_KEY, OPENAI_KEY, Start, client, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

KEY = "gate-key-of-a-client-0123456789abcdefghijkl"
MODEL_CALLS = ("/v1/messages", "/v1/chat/completions", "/v1/responses")


def check(gate: GateProcess, upstream: Upstream, provider_key: str) -> None:
    """What holds for every client's run."""
    assert {call.key for call in upstream.calls} == {provider_key}
    assert all(KEY not in value for call in upstream.calls for _, value in call.headers)
    with client(gate) as ask:
        decisions = ask.get("/gate/v1/decisions", params={"limit": 100}).json()["decisions"]
    assert len(decisions) == len(upstream.calls)
    assert len({decision["decision_id"] for decision in decisions}) == len(decisions)
    assert {decision["serving_model"] for decision in decisions} == {call.model for call in upstream.calls}
    assert all(decision["outcome"] == "served" for decision in decisions)
    assert KEY not in str(gate.output)
    assert provider_key not in str(gate.output)


def test_claude_code(start_gate: Start, upstream: Upstream, claude_code: Callable[..., Any]) -> None:
    gate = start_gate({}, environment(upstream))
    run = claude_code(gate.url, KEY)
    assert run.ok, run.reason
    check(gate, upstream, ANTHROPIC_KEY)
    with client(gate) as ask:
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert newest["client_profile"] == "claude"
    assert newest["session_id"]
    assert newest["intent"] == "premium", "it asks for an opus by default"


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6.1-sol"])
def test_codex(start_gate: Start, upstream: Upstream, codex: Callable[..., Any], model: str) -> None:
    gate = start_gate({}, environment(upstream))
    run = codex(gate.url, KEY, model=model)
    assert run.ok, run.reason
    check(gate, upstream, OPENAI_KEY)


@pytest.mark.parametrize("dialect", ["anthropic", "chat", "responses"])
def test_opencode(start_gate: Start, upstream: Upstream, opencode: Callable[..., Any], dialect: str) -> None:
    gate = start_gate({}, environment(upstream))
    run = opencode(gate.url, KEY, dialect)
    assert run.ok, run.reason
    check(gate, upstream, ANTHROPIC_KEY if dialect == "anthropic" else OPENAI_KEY)


def test_discovery_lists_names_claude_code_accepts(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    with client(gate) as ask:
        listed = ask.get("/v1/models", params={"limit": 1000}).json()
    assert [entry["id"] for entry in listed["data"] if entry["id"].startswith("claude-gate-")]
    assert {"object", "data", "has_more", "first_id", "last_id"} <= set(listed)
    assert {"id", "type", "object", "display_name", "created_at", "created"} <= set(listed["data"][0])


def test_a_websocket_upgrade_is_refused_with_426(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    upgrade = {"connection": "upgrade", "upgrade": "websocket", "sec-websocket-version": "13"}
    upgrade["sec-websocket-key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    with client(gate) as ask:
        assert ask.get("/v1/responses", headers=upgrade).status_code == 426
