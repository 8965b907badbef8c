"""What upstreams tell of themselves through real HTTP: limits in headers of answers, and probes of Gate's own."""

from __future__ import annotations

import time
from typing import Any

import httpx

from tests.e2e.serving import ANTHROPIC_KEY, MESSAGES, Start, client, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream


def only_anthropic(upstream: Upstream) -> dict[str, str]:
    return {"ANTHROPIC_API_KEY": ANTHROPIC_KEY, "GATE_ANTHROPIC_BASE_URL": upstream.url}


def attempts(gate: GateProcess, answer: httpx.Response) -> list[dict[str, Any]]:
    url = f"{gate.admin_url}/gate/v1/decisions/{answer.headers['x-gate-decision-id']}"
    document = httpx.get(url, timeout=10, trust_env=False).raise_for_status().json()
    return document["execution"]["attempts"]


def test_limits_are_kept_with_the_attempt_that_told_them(start_gate: Start, upstream: Upstream) -> None:
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    upstream.shape(
        headers={
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": reset,
            "anthropic-ratelimit-input-tokens-limit": "30000",
            "anthropic-ratelimit-input-tokens-remaining": "28000",
        }
    )
    gate = start_gate({}, only_anthropic(upstream))
    with client(gate) as ask:
        for streamed in (False, True):
            answer = ask.post(MESSAGES.path, json=MESSAGES.body(stream=streamed))
            assert answer.status_code == 200
            requests, tokens = attempts(gate, answer)[0]["allowances"]
            assert (requests["kind"], requests["limit"], requests["remaining"]) == ("requests", 50, 49)
            assert 50 <= requests["resets_in_s"] <= 60
            assert (tokens["kind"], tokens["remaining"], tokens["resets_in_s"]) == ("input_tokens", 28000, None)


def test_a_limit_that_is_used_up_says_when_to_come_back(start_gate: Start, upstream: Upstream) -> None:
    """A 429 without Retry-After, but with the reset of what is used up: that is what the client is told."""
    reset = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 40))
    headers = {
        "anthropic-ratelimit-requests-limit": "50",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-requests-reset": reset,
    }
    upstream.fault("status", status=429, headers=headers)
    gate = start_gate({}, only_anthropic(upstream))
    with client(gate) as ask:
        answer = ask.post(MESSAGES.path, json=MESSAGES.body())
    assert answer.status_code == 429
    assert 30 <= int(answer.headers["retry-after"]) <= 41
    failed = attempts(gate, answer)[0]
    assert failed["failure"]["kind"] == "rate_limited"
    assert 30 <= failed["failure"]["retry_after_s"] <= 40
    assert failed["allowances"][0]["remaining"] == 0


def test_probes_are_off_until_they_are_switched_on(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    time.sleep(1)
    assert not upstream.requests
    assert gate.metric("gate_probes_total") == 0


def test_a_running_gate_asks_its_providers(start_gate: Start, upstream: Upstream) -> None:
    upstream.fault("status", status=401, key=ANTHROPIC_KEY)
    gate = start_gate({"probes": {"free": True, "every_s": 3600, "timeout_s": 5}}, environment(upstream))
    seen = upstream.wait_ended(2)
    assert {(call.method, call.path) for call in seen} == {("GET", "/v1/models")}
    assert not {"traceparent", "x-gate-decision-id"} & {name for call in seen for name, _ in call.headers}
    deadline = time.monotonic() + 10
    while gate.metric("gate_probes_total") < 2 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert gate.metric("gate_probes_total", provider="openai", result="ready") == 1
    assert gate.metric("gate_probes_total", provider="anthropic", result="invalid_auth") == 1
    assert gate.metric("gate_probe_duration_seconds_count", provider="openai") == 1
    assert not upstream.calls
    routes = httpx.get(f"{gate.admin_url}/gate/v1/routes", timeout=10, trust_env=False).json()["routes"]
    found = {(route["provider"], route["readiness"]) for route in routes if route["readiness"] != "missing_key"}
    assert found == {("openai", "ready"), ("anthropic", "invalid_auth")}


def test_paid_probes_ask_for_a_token(start_gate: Start, upstream: Upstream) -> None:
    start_gate({"probes": {"paid": True, "every_s": 3600}}, only_anthropic(upstream))
    (call,) = upstream.wait_ended(1)
    assert call.json["max_tokens"] == 1
    assert call.key == ANTHROPIC_KEY
