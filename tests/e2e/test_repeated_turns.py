"""A client in a loop reaches no provider for long; one that retries as it should always does."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.serving import DIALECTS, MESSAGES, Spoken, Start, client, environment, error_of
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

KEY = "gate-key-of-a-client-0123456789abcdefghijkl"
SESSION = {"x-session-id": "s-1"}
# Nothing was said and nothing is to be done, though the model stopped for a tool: opencode asks again at once.
SILENT_TOOL_USE = (
    'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},'
    '"usage":{"output_tokens":1}}\n\nevent: message_stop\ndata: {"type":"message_stop"}\n\n'
)


def repeated(gate: GateProcess, action: str) -> float:
    return gate.metric("gate_repeated_turns_total", action=action) or 0.0


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_a_loop_of_one_session_is_refused_after_eight_equal_turns(
    start_gate: Start, upstream: Upstream, spoken: Spoken
) -> None:
    gate = start_gate({}, environment(upstream))
    with client(gate, headers=SESSION) as ask:
        answers = [ask.post(spoken.path, json=spoken.body(metadata={"turn": str(turn)})) for turn in range(20)]
        other = ask.post(spoken.path, json=spoken.body(), headers={"x-session-id": "s-2"})
        listed = ask.get("/gate/v1/decisions", params={"limit": 100}).json()["decisions"]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429] * 12
    assert other.status_code == 200
    assert len(upstream.calls) == 9
    refused = answers[-1]
    assert refused.headers["retry-after"] == "5"
    assert "x-should-retry" not in refused.headers
    error = error_of(spoken, refused)
    assert "8 times within 10 s" in error["message"]
    assert error["type"] == "rate_limit_error"
    assert len(listed) == 9, "what is refused fills no store"
    assert (repeated(gate, "counted"), repeated(gate, "refused")) == (7, 12)


def test_scripts_may_sample_one_prompt_as_often_as_they_like(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    statuses: list[int] = []

    def sample() -> None:
        with client(gate) as ask:
            statuses.extend(ask.post(MESSAGES.path, json=MESSAGES.body()).status_code for _ in range(10))

    threads = [threading.Thread(target=sample) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(statuses) == {200: 50}
    assert repeated(gate, "counted") == 49


def test_the_guard_can_be_set_and_switched_off(start_gate: Start, upstream: Upstream) -> None:
    strict = start_gate({"guard": {"turns": 2, "retry_after_s": 9}}, environment(upstream))
    with client(strict, headers=SESSION) as ask:
        answers = [ask.post(MESSAGES.path, json=MESSAGES.body()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].headers["retry-after"] == "9"
    off = start_gate({"guard": {"enabled": False}}, environment(upstream))
    with client(off, headers=SESSION) as ask:
        assert {ask.post(MESSAGES.path, json=MESSAGES.body()).status_code for _ in range(12)} == {200}


def test_slow_holds_a_loop_back_and_refuses_nothing(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"guard": {"turns": 4, "window_s": 1, "slow": True}}, environment(upstream))
    began = time.monotonic()
    with client(gate, headers=SESSION) as ask:
        statuses = {ask.post(MESSAGES.path, json=MESSAGES.body()).status_code for _ in range(8)}
    assert statuses == {200}
    assert time.monotonic() - began > 1.5
    assert repeated(gate, "slowed") >= 4


def test_opencode_on_a_stream_it_cannot_read(
    start_gate: Start, upstream: Upstream, opencode: Callable[..., Any]
) -> None:
    """By itself it sends about ten requests a second for as long as it is let (122 to 154 in 15 s on this machine)."""
    upstream.fault("error_event", stream=True, after=1, event=SILENT_TOOL_USE)
    gate = start_gate({}, environment(upstream))
    opencode(gate.url, KEY, "anthropic", timeout=25)
    turns = [call for call in upstream.calls if len(call.body) > 10_000]  # its question for a title is a short one
    assert 8 <= len(turns) <= 10, "twice the five retries of its own, in 80 s"
    assert repeated(gate, "refused") >= 1
    assert repeated(gate, "refused") < 30, "it waits as it is told"


def test_claude_code_retries_as_it_likes(
    start_gate: Start, upstream: Upstream, claude_code: Callable[..., Any]
) -> None:
    """Six times over half a minute, then it works. All ten take three minutes: tests/admission/test_turns.py."""
    upstream.fault("status", status=500, path="/v1/messages", step="tool", times=6)
    calm = {"failures": 1_000, "min_calls": 1_000}
    gate = start_gate({"policy": {"max_attempts": 1}, "breaker": calm}, environment(upstream))
    run = claude_code(gate.url, KEY, env={"CLAUDE_CODE_MAX_RETRIES": "10"}, timeout=150)
    assert run.ok, run.reason
    assert repeated(gate, "counted") >= 6
    assert repeated(gate, "refused") == 0
