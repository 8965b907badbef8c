"""The rules with a real Gate and a real Prometheus: metrics promtool takes, rules that evaluate, a first alert."""

import time
from collections.abc import Callable
from typing import Any

import httpx
import yaml

from tests.alerts.rulebook import RULE_FILES, alerts, run_promtool
from tests.e2e.serving import ANTHROPIC_KEY, MESSAGES, client, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

NONE_LEFT = {"error": {"code": "insufficient_quota", "message": "You exceeded your current quota"}}
PLAIN = {"accept": "text/plain; version=0.0.4"}


def test_promtool_takes_the_metrics_of_a_gate(upstream: Upstream, start_gate: Callable[..., GateProcess]) -> None:
    gate = start_gate(env=environment(upstream))
    with client(gate) as http:
        for stream in (False, True):
            http.post(MESSAGES.path, json=MESSAGES.body(stream=stream)).raise_for_status()
    text = httpx.get(f"{gate.admin_url}/metrics", headers=PLAIN, trust_env=False).text
    assert "gate_attempt_first_chunk_seconds_bucket" in text
    done = run_promtool("check", "metrics", stdin=text)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_rules_evaluate_and_an_alert_comes(
    stack: Stack, upstream: Upstream, start_gate: Callable[..., GateProcess]
) -> None:
    gate = start_gate(env=environment(upstream))
    stack.prometheus.scrape(gate.admin_url)
    for file in RULE_FILES:
        stack.prometheus.load_rules(file.stem, _every_second(file.read_text()))
    with client(gate) as http:
        _ask(http)
        stack.prometheus.wait("gate:objective_budget_remaining:ratio")
        upstream.fault("status", status=500)
        _ask(http)
    storm = stack.prometheus.wait('ALERTS{alertname="GateProviderErrorStorm",alertstate="pending"}')
    # One upstream plays both providers, and what one cannot serve is asked of the other.
    assert {one.labels["provider"] for one in storm} <= {"anthropic", "openai"}
    assert {one.labels["severity"] for one in storm} == {"critical"}
    found = [rule for group in _gates(stack) for rule in group["rules"]]
    assert {rule["name"] for rule in found} >= set(alerts())
    assert {(rule["name"], rule["health"], rule.get("lastError", "")) for rule in found} == {
        (rule["name"], "ok", "") for rule in found
    }


def test_a_used_up_account_and_a_client_that_loops_are_told(
    stack: Stack, upstream: Upstream, start_gate: Callable[..., GateProcess]
) -> None:
    gate = start_gate(env=environment(upstream))
    stack.prometheus.scrape(gate.admin_url, job="gate-pressed")
    for file in RULE_FILES:
        stack.prometheus.load_rules(file.stem, _every_second(file.read_text()))
    upstream.fault("status", status=429, body=NONE_LEFT, key=ANTHROPIC_KEY)
    looping = {"user-agent": "opencode/1.18.33", "x-session-id": "the-one-that-loops"}
    with client(gate) as http:
        statuses = [http.post(MESSAGES.path, json=MESSAGES.body(), headers=looping).status_code for _ in range(24)]
    assert statuses[-1] == 429
    loops = stack.prometheus.wait('ALERTS{alertname="GateClientLoops",alertstate="firing",job="gate-pressed"}')
    assert {one.labels["client_profile"] for one in loops} == {"opencode"}
    used_up = stack.prometheus.wait('ALERTS{alertname="GateProviderQuotaExhausted",job="gate-pressed"}')
    assert {one.labels["quota_group"] for one in used_up} == {"anthropic/default"}


def _ask(http: httpx.Client) -> None:
    """Requests over several scrapes: a rate needs two samples, and the first value of a series is none."""
    for _ in range(6):
        for _ in range(8):
            http.post(MESSAGES.path, json=MESSAGES.body())
        time.sleep(1.1)


def _gates(stack: Stack) -> list[dict[str, Any]]:
    return [group for group in stack.prometheus.rules() if group["name"].startswith("gate-")]


def _every_second(text: str) -> str:
    document = yaml.safe_load(text)
    for group in document["groups"]:
        group["interval"] = "1s"
    return yaml.safe_dump(document)
