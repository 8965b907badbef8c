"""The real coding clients on upstreams of every dialect but their own: a task that uses a tool ends with the file made.

The upstreams are strict: what the real vendor would refuse is refused. The policy is the shipped one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.serving import Start, client
from tests.harness.clients import claude_code_session
from tests.harness.dialects.messages import SIGNATURE
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.interop.matrix import PROVIDERS
from tests.interop.typed import findings

KEY = "fake-key-of-a-client-0123456789"
PROVIDER_KEY = "provider-key-0123456789"
ENVIRONMENT = {"PROVIDER_KEY": PROVIDER_KEY}
ENDINGS = {
    "anthropic_messages": ("/messages",),
    "openai_chat": ("/chat/completions",),
    "openai_responses": ("/responses",),
    "gemini": (":streamGenerateContent", ":generateContent"),
}


def configuration(url: str, target: str) -> dict[str, Any]:
    """Whatever model a client names is served by one provider that speaks one dialect."""
    kind, model = PROVIDERS[target]
    provider = {"kind": kind, "base_url": url, "key": "${PROVIDER_KEY}", "dialects": [target], "catalog": False}
    return {
        "providers": {"other": provider},
        "lanes": {"across": {"cluster": "balanced-workhorse", "tool_use": True}},
        "routes": [{"provider": "other", "model": model, "lane": "across", "max_output_tokens": 128_000}],
        "models": dict.fromkeys(("claude-*", "gpt-*", "*"), f"other/{model}"),
    }


def check(gate: GateProcess, upstream: Upstream, target: str, ids_come_back: bool = True) -> None:
    """What holds of every run: one path, one credential, nothing that the vendor's SDK would not send, nothing refused
    (so every result is linked to its call), the upstream's own ids in both."""
    calls = upstream.calls
    assert all(call.path.endswith(ENDINGS[target]) for call in calls)
    assert {call.key for call in calls} == {PROVIDER_KEY}
    assert {call.model for call in calls} == {PROVIDERS[target][1]}
    assert [call.refusal for call in calls if call.refusal] == []
    assert [words for call in calls for words in findings(target, call.json)] == []
    if ids_come_back:
        assert [call.unknown_tool_ids for call in calls if call.unknown_tool_ids] == []
    steps = [call.step for call in calls if call.step != "side"]
    assert steps == ["tool", "final"]
    with client(gate) as ask:
        decisions = ask.get("/gate/v1/decisions", params={"limit": 100}).json()["decisions"]
    assert len(decisions) == len(calls)
    assert {decision["outcome"] for decision in decisions} == {"served"}
    assert PROVIDER_KEY not in gate.output
    assert KEY not in gate.output


@pytest.mark.parametrize("target", ["openai_chat", "openai_responses", "gemini"])
def test_claude_code(start_gate: Start, upstream: Upstream, claude_code: Callable[..., Any], target: str) -> None:
    upstream.shape(strict=True, thinking=True)
    gate = start_gate(configuration(upstream.url, target), ENVIRONMENT)
    run = claude_code(gate.url, KEY)
    assert run.ok, run
    check(gate, upstream, target)


@pytest.mark.parametrize("model", ["gpt-5.5", "gpt-6.1-sol"])
@pytest.mark.parametrize("target", ["anthropic_messages", "openai_chat", "gemini"])
def test_codex(start_gate: Start, upstream: Upstream, codex: Callable[..., Any], target: str, model: str) -> None:
    upstream.shape(strict=True, thinking=True)
    gate = start_gate(configuration(upstream.url, target), ENVIRONMENT)
    run = codex(gate.url, KEY, model=model)
    assert run.ok, run
    check(gate, upstream, target)


ACROSS = [
    (dialect, target)
    for dialect, own in (
        ("anthropic", "anthropic_messages"),
        ("chat", "openai_chat"),
        ("responses", "openai_responses"),
    )
    for target in PROVIDERS
    if target != own
]


@pytest.mark.parametrize(("dialect", "target"), ACROSS)
def test_opencode(
    start_gate: Start, upstream: Upstream, opencode: Callable[..., Any], dialect: str, target: str
) -> None:
    upstream.shape(strict=True, thinking=True)
    gate = start_gate(configuration(upstream.url, target), ENVIRONMENT)
    run = opencode(gate.url, KEY, dialect)
    assert run.ok, run
    check(gate, upstream, target)


@pytest.mark.parametrize(
    ("dialect", "target"), [("anthropic", "gemini"), ("chat", "anthropic_messages"), ("responses", "openai_chat")]
)
def test_openclaw(
    start_gate: Start, upstream: Upstream, openclaw: Callable[..., Any], dialect: str, target: str
) -> None:
    upstream.shape(strict=True, thinking=True)
    gate = start_gate(configuration(upstream.url, target), ENVIRONMENT)
    run = openclaw(gate.url, KEY, dialect)
    assert run.ok, run
    check(gate, upstream, target, ids_come_back=False)  # it takes `_` out of them


def test_a_session_goes_to_another_vendor_and_comes_back(
    start_gate: Start, upstream: Upstream, claude_code: Callable[..., Any]
) -> None:
    """Claude Code, thinking, on Anthropic; for one turn and for half of another Anthropic is overloaded and Gemini
    serves. Anthropic gets its own signatures back and no others, and so does Gemini."""
    assert claude_code
    with Upstream() as google:
        upstream.shape(strict=True, thinking=True)
        google.shape(strict=True, thinking=True)
        gate = start_gate(pair(upstream.url, google.url), ENVIRONMENT)
        with claude_code_session(gate.url, KEY) as turn:
            served: list[tuple[int, int]] = []

            def go() -> None:
                before = len(answered(upstream)), len(answered(google))
                run = turn()
                assert run.ok, run
                served.append((len(answered(upstream)) - before[0], len(answered(google)) - before[1]))

            go()
            overloaded = upstream.fault("status", status=529, path="/messages")
            go()
            upstream.rules.remove(overloaded)
            go()
            after_the_call = upstream.fault("status", status=529, path="/messages", step="final")
            go()
            upstream.rules.remove(after_the_call)
            go()
        assert served[0][1] == 0 and served[1][0] == 0 and served[2][1] == 0 and served[4][1] == 0, served
        assert all(served[3]), "the turn in which the vendor changed between call and result"
        assert [call.refusal for call in (*upstream.calls, *google.calls) if call.refusal] == []
        signatures = [
            block["signature"]
            for message in answered(upstream)[-1].json["messages"]
            for block in (message["content"] if isinstance(message["content"], list) else [])
            if block["type"] == "thinking"
        ]
        # Two turns whole and the first half of a third were Anthropic's, and the call of the last.
        assert signatures == [SIGNATURE] * len(signatures)
        assert len(signatures) >= 4, signatures


def answered(upstream: Upstream) -> list[Any]:
    return [call for call in upstream.calls if call.outcome == "answered" and call.step != "side"]


def pair(anthropic: str, google: str) -> dict[str, Any]:
    """One lane with two routes, Anthropic's first; no vendor is left alone for what it did in a turn before."""
    lane = "pair"

    def provider(kind: str, url: str, dialect: str) -> dict[str, Any]:
        return {"kind": kind, "base_url": url, "key": "${PROVIDER_KEY}", "dialects": [dialect], "catalog": False}

    return {
        "providers": {
            "first": provider("anthropic", anthropic, "anthropic_messages"),
            "second": provider("gemini", google, "gemini"),
        },
        "lanes": {lane: {"cluster": "balanced-workhorse", "tool_use": True, "strategy": "priority"}},
        "routes": [
            {"provider": "first", "model": "claude-sonnet-4-6", "lane": lane, "priority": 0},
            {"provider": "second", "model": "gemini-3-pro-preview", "lane": lane, "priority": 1},
        ],
        "models": dict.fromkeys(("claude-*", "*"), f"lane:{lane}"),
        "breaker": {"failures": 1_000, "rate": 1.0, "min_calls": 1_000, "cooldown_max_s": 0.001},
    }
