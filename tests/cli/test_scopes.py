"""`gate scopes`: the same strings as the panels, and what a real Prometheus finds for them."""

from __future__ import annotations

import json
from collections.abc import Callable

from gate.telemetry.scopes import load_scopes
from tests.cli.running import cli, too_wide
from tests.e2e.telemetry.world import ask, configuration, environment, fail_three
from tests.harness.gate import GateProcess
from tests.harness.ports import refusing_port
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

Start = Callable[..., GateProcess]
NEEDED = {"high-spend", "fallback-active", "premium-drift", "untracked-catalog"}


def test_all_are_listed() -> None:
    done = cli("scopes")
    assert done.returncode == 0, done.stderr
    listed = [line.split()[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert listed == list(load_scopes())
    assert set(listed) >= NEEDED
    assert too_wide(done.stdout) == []


def test_one_is_printed_with_its_queries_as_they_are() -> None:
    scope = load_scopes()["high-spend"]
    done = cli("scopes", "high-spend", "--grafana", "http://grafana")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[lines.index("PromQL") + 1] == scope.promql
    assert lines[lines.index("TraceQL") + 1] == scope.traceql
    assert "unknown: name a Prometheus" in done.stdout
    assert lines[lines.index("In Grafana, by metrics") + 1].startswith("http://grafana/explore?schemaVersion=1&panes=")
    assert lines[lines.index("In Grafana, by traces") + 1].startswith("http://grafana/explore?schemaVersion=1&panes=")


def test_a_question_without_an_answer_in_traces_says_so() -> None:
    done = cli("scopes", "telemetry-loss", "--grafana", "http://grafana")
    assert "TraceQL\nnone: this question has no answer there\n" in done.stdout
    assert "by traces" not in done.stdout


def test_prometheus_is_asked(upstream: Upstream, start_gate: Start, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(), admin=True)
    fail_three(upstream)
    ask(gate)
    stack.prometheus.scrape(gate.admin_url, job="gate-scopes")
    try:
        stack.prometheus.wait("gate_fallbacks_total")
        url = stack.prometheus.url
        done = cli("scopes", "fallback-active", "--prometheus", url)
        told = json.loads(cli("scopes", "fallback-active", "--prometheus", url, "--json").stdout)
        listed = cli("scopes", env={"GATE_PROMETHEUS_URL": url})
        status = cli("status", "--url", gate.admin_url, "--prometheus", url)
    finally:
        stack.prometheus.unscrape(gate.admin_url)
    assert "FOUND NOW\nFROM_LANE" in done.stdout
    assert "home/mid" in done.stdout
    assert too_wide("\n".join(line for line in done.stdout.splitlines() if "gate_fallbacks_total" not in line)) == [
        line for line in done.stdout.splitlines() if line.startswith("{ span.")
    ]
    assert {value["labels"]["to_lane"] for value in told[0]["found"]} >= {"cheap/fast", "sibling/mid"}
    assert "Fallbacks under way (0 found)" not in listed.stdout
    assert "SAVED SCOPES\n" in status.stdout
    assert "  fallback-active " in status.stdout
    assert "finding" in status.stdout


def test_nobody_there() -> None:
    with refusing_port() as port:
        done = cli("scopes", "high-spend", "--prometheus", f"http://127.0.0.1:{port}")
        assert done.returncode == 1
        assert "no Prometheus answers at" in done.stderr


def test_an_unknown_scope_names_the_known_ones() -> None:
    done = cli("scopes", "high-spent")
    assert done.returncode == 1
    assert "there is no scope high-spent; there are high-spend, " in done.stderr
