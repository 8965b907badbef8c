"""A second attempt beside a silent first, through real HTTP: who serves, what the other upstream sees, what is told."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.serving import MESSAGES, Start, client
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

KEYS = {"KEY": "provider-key-0123456789"}


@pytest.fixture
def second() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def config(one: Upstream, two: Upstream) -> dict[str, Any]:
    provider = {"kind": "compatible", "key": "${KEY}", "dialects": ["anthropic_messages"]}
    return {
        "providers": {"one": provider | {"base_url": one.url}, "two": provider | {"base_url": two.url}},
        "lanes": {"fast": {"cluster": "fast-workhorse", "strategy": "priority"}},
        "routes": [
            {"provider": "one", "model": "claude-haiku-4-5", "lane": "fast", "priority": 0},
            {"provider": "two", "model": "claude-haiku-4-5", "lane": "fast", "priority": 1},
        ],
        "models": {"quick": "lane:fast"},
        "policy": {"hedge_after_s": 1},
    }


def eventually(holds: Any) -> None:
    until = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def newest_of(gate: GateProcess) -> dict[str, Any]:
    with client(gate) as ask:
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
        return ask.get(f"/gate/v1/decisions/{newest['decision_id']}").json()


def kinds(told: dict[str, Any]) -> list[str | None]:
    return [attempt["failure"] and attempt["failure"]["kind"] for attempt in told["execution"]["attempts"]]


@pytest.mark.parametrize("stream", [False, True])
def test_the_hedge_serves_when_the_first_is_silent(
    start_gate: Start, upstream: Upstream, second: Upstream, stream: bool
) -> None:
    upstream.fault("silence", seconds=60)
    gate = start_gate(config(upstream, second), KEYS)
    with client(gate) as ask:
        began = time.monotonic()
        answer = ask.post(MESSAGES.path, json=MESSAGES.body(stream=stream, model="quick"))
        assert time.monotonic() - began < 10
    assert answer.status_code == 200
    assert answer.headers["x-gate-route"] == "two/claude-haiku-4-5"
    assert answer.headers["x-gate-attempts"] == "2"
    eventually(lambda: upstream.requests[0].outcome == "client_gone")
    told = newest_of(gate)
    assert kinds(told) == ["outrun", None]
    assert [attempt["hedge"] for attempt in told["execution"]["attempts"]] == [False, True]
    assert told["view"]["last_failure"] is None
    assert "2. two/claude-haiku-4-5 in fast: same_lane_fallback, a hedge, served after" in told["text"]
    assert "primary, outrun after" in told["text"]
    assert gate.metric("gate_hedges_total", result="won") == 1


def test_the_first_serves_when_it_comes_round(start_gate: Start, upstream: Upstream, second: Upstream) -> None:
    upstream.shape(head_delay=2.5)
    second.fault("silence", seconds=60)
    gate = start_gate(config(upstream, second), KEYS)
    with client(gate) as ask:
        answer = ask.post(MESSAGES.path, json=MESSAGES.body(stream=True, model="quick"))
    told = newest_of(gate)
    assert answer.headers["x-gate-route"] == told["view"]["serving_route"] == "one/claude-haiku-4-5"
    assert answer.headers["x-gate-attempts"] == "2"
    assert told["view"]["hedges"] == 1
    eventually(lambda: second.requests[0].outcome == "client_gone")
    assert kinds(told) == [None, "outrun"]
    assert gate.metric("gate_hedges_total", result="lost") == 1


def test_nothing_is_sent_twice_to_an_upstream_in_time(start_gate: Start, upstream: Upstream, second: Upstream) -> None:
    gate = start_gate(config(upstream, second), KEYS)
    with client(gate) as ask:
        assert ask.post(MESSAGES.path, json=MESSAGES.body(model="quick")).status_code == 200
    assert (len(upstream.calls), len(second.calls)) == (1, 0)
    assert gate.metric("gate_hedges_total") == 0
