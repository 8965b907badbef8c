"""Everything that tells of one request, gathered from where it arrived, and what the tellers disagree about."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from gate.planner.serialise import decision_from, execution_from
from gate.telemetry.attempt_view import AttemptView, attempt_view
from gate.telemetry.view import DecisionView
from tests.e2e.telemetry.world import Answered, ask
from tests.harness.gate import ROOT, GateProcess
from tests.stack.otlp_json import Span, Trace
from tests.stack.stack import Stack
from tests.telemetry.agreement import (
    Disagreement,
    Samples,
    SpanData,
    compare_flat,
    compare_headers,
    compare_log,
    compare_metrics,
    compare_spans,
    samples_of,
)

GATE = (sys.executable, "-m", "gate")


@dataclass(frozen=True, slots=True)
class Evidence:
    """view, attempts: what the API says. told: the whole answer of the API."""

    answered: Answered
    trace: Trace
    told: dict[str, Any]
    view: DecisionView
    attempts: tuple[AttemptView, ...]
    log: Mapping[str, Any]
    cli: Mapping[str, Any]
    before: Samples
    after: Samples

    def disagreements(self) -> list[Disagreement]:
        """All of them, rendering by rendering."""
        spans = [span_data(span) for span in self.trace.spans]
        return [
            *compare_spans(self.view, self.attempts, spans),
            *compare_headers(self.view, self.answered.headers),
            *compare_log(self.view, self.log),
            *compare_flat(self.view, self.told["view"], "api"),
            *compare_flat(self.view, self.cli["view"], "cli"),
            *compare_metrics(self.view, self.attempts, self.before, self.after),
        ]


def gather(
    gate: GateProcess, stack: Stack, body: Mapping[str, Any], spans: int, command: Sequence[str] = GATE
) -> Evidence:
    """Asks once and collects what came of it. spans: how many the trace has. command: how the command line is run."""
    before = exposed(gate)
    answered = ask(gate, body)
    decision_id = answered.decision_id
    told = decision(gate, decision_id)
    view = msgspec.convert(told["view"], DecisionView)
    chosen, execution = decision_from(told["decision"]), execution_from(told["execution"])
    trace = stack.jaeger.trace(answered.trace_id, spans)
    ports = {span["gate.attempt.index"]: span["server.port"] for span in trace.spans if span.name.startswith("chat ")}
    attempts = tuple(
        attempt_view(
            chosen,
            record,
            gen_ai_provider="anthropic",
            server_address="127.0.0.1",
            server_port=ports.get(record.index),
        )
        for record in execution.attempts
    )
    return Evidence(
        answered=answered,
        trace=trace,
        told=told,
        view=view,
        attempts=attempts,
        log=log_line(gate, decision_id),
        cli=explain(gate, decision_id, command),
        before=before,
        after=exposed(gate),
    )


def exposed(gate: GateProcess) -> Samples:
    """The samples of `/metrics` now."""
    headers = {"accept": "application/openmetrics-text; version=1.0.0"}
    return samples_of(httpx.get(f"{gate.admin_url}/metrics", headers=headers, timeout=10, trust_env=False).text)


def decision(gate: GateProcess, decision_id: str, timeout: float = 5) -> dict[str, Any]:
    """A stored decision from the API, once its request has ended."""
    deadline = time.monotonic() + timeout
    while True:
        answer = httpx.get(f"{gate.admin_url}/gate/v1/decisions/{decision_id}", timeout=10, trust_env=False)
        if answer.status_code == 200 or time.monotonic() > deadline:
            return answer.raise_for_status().json()
        time.sleep(0.05)


def log_line(gate: GateProcess, decision_id: str, timeout: float = 5) -> dict[str, Any]:
    """The request's one line of the log. Raises AssertionError when there is none, or more than one."""
    deadline = time.monotonic() + timeout
    while True:
        lines = [line for line in gate.log if line.get("decision_id") == decision_id]
        if lines or time.monotonic() > deadline:
            assert len(lines) == 1, f"{len(lines)} lines of {decision_id}"
            return lines[0]
        time.sleep(0.05)


def explain(gate: GateProcess, decision_id: str, command: Sequence[str] = GATE) -> dict[str, Any]:
    """What `gate explain --decision ID --json` prints."""
    asked = [*command, "explain", "--decision", decision_id, "--json", "--url", gate.admin_url]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=30, check=True, cwd=ROOT)
    return json.loads(done.stdout)


def span_data(span: Span) -> SpanData:
    """A span of Jaeger's in the comparer's form."""
    return SpanData(
        name=span.name,
        kind=span.kind.lower(),
        span_id=span.span_id,
        parent_id=span.parent_id,
        attributes=span.attributes,
        status=span.status.lower(),
        start_ns=span.start_ns,
        end_ns=span.end_ns,
    )
