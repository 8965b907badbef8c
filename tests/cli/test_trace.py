"""`gate trace` and `gate link` on real traces: a real Gate, Collector and Jaeger; Tempo by its documented JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from tests.cli import traces
from tests.cli.running import cli, too_wide
from tests.cli.traces import Store
from tests.e2e.telemetry.world import HEADERS, Answered, ask, configuration, environment, fail_three, message
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

Start = Callable[..., GateProcess]


@pytest.fixture
def store() -> Iterator[Store]:
    with traces.store() as running:
        yield running


@pytest.fixture
def downgraded(upstream: Upstream, start_gate: Start, stack: Stack) -> tuple[GateProcess, Answered]:
    """A request that three routes failed and the fourth served, in another lane."""
    gate = start_gate(configuration(upstream), environment(stack), admin=True)
    fail_three(upstream)
    return gate, ask(gate, message(stream=True))


def test_a_decision_is_drawn(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    gate, answered = downgraded
    done = cli("trace", answered.decision_id, "--jaeger", stack.jaeger.url, "--url", gate.admin_url)
    assert done.returncode == 0, done.stderr
    told = done.stdout
    assert told.startswith(f"trace {answered.trace_id}: 11 spans, ")
    assert f"decision   {answered.decision_id}\n" in told
    assert "outcome    served, HTTP 200, by fourth/model-cheap (downgrade), in " in told
    assert "downgrade  provider_error: from home/mid to cheap/fast\n" in told
    assert "cost       $0." in told
    spans = [line.split("|")[0] for line in told.splitlines() if line.count("|") == 2]
    outline = [" ".join(line.split()[:-2]) for line in spans]
    assert outline == [
        "POST /v1/messages",
        "└─ route working",
        "├─ plan",
        "├─ chat model-one ERROR rate_limited",
        "│ └─ POST ERROR 429",
        "├─ chat model-two ERROR overloaded",
        "│ └─ POST ERROR 529",
        "├─ chat model-sibling ERROR connection_reset",
        "│ └─ POST ERROR ReadError",
        "└─ chat model-cheap served",
        "└─ POST",
    ]
    for relation in ("primary", "same_lane_fallback", "substitution", "downgrade"):
        assert f"· {relation}, " in told
    assert "first chunk after" in told
    assert too_wide(told) == []
    assert "incomplete" not in told


def test_the_same_by_trace_id_without_gate(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    gate, answered = downgraded
    by_decision = cli("trace", answered.decision_id, "--jaeger", stack.jaeger.url, "--url", gate.admin_url)
    gate.stop()
    by_trace = cli("trace", answered.trace_id, env={"GATE_JAEGER_URL": stack.jaeger.url})
    assert by_trace.stdout == by_decision.stdout
    forgotten = cli("trace", answered.decision_id, "--jaeger", stack.jaeger.url, "--url", gate.admin_url)
    assert forgotten.stdout == by_decision.stdout


def test_the_plan_and_the_latest(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    gate, _ = downgraded
    done = cli("trace", "latest", "--plan", "--jaeger", stack.jaeger.url, "--url", gate.admin_url)
    assert re.search(r"first/model-one +planned  score 6$", done.stdout, re.MULTILINE), done.stdout
    assert "outside_intent: lane " in done.stdout
    assert too_wide(done.stdout) == []


def test_a_callers_spans_join(upstream: Upstream, start_gate: Start, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    above = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
    answered = ask(gate, headers={**HEADERS, "traceparent": above})
    assert answered.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    done = cli("trace", answered.trace_id, "--jaeger", stack.jaeger.url)
    assert "(its parent span 00f067aa0ba902b7 is not here: not sent, or not yet)\nPOST /v1/messages" in done.stdout


def test_tempo_draws_the_same(downgraded: tuple[GateProcess, Answered], stack: Stack, store: Store) -> None:
    """The spans of a real trace, as Tempo writes them."""
    gate, answered = downgraded
    by_jaeger = cli("trace", answered.trace_id, "--jaeger", stack.jaeger.url)
    raw = _v3(stack, answered.trace_id)
    store.gives("/api/search", {"traces": [{"traceID": answered.trace_id}], "metrics": {}})
    store.gives(f"/api/v2/traces/{answered.trace_id}", {"trace": traces.as_protobuf_json(raw), "metrics": {}})
    by_tempo = cli("trace", answered.decision_id, "--tempo", store.url, "--url", gate.admin_url)
    assert by_tempo.returncode == 0, by_tempo.stderr
    assert by_tempo.stdout == by_jaeger.stdout


def test_an_older_jaeger_draws_the_same(downgraded: tuple[GateProcess, Answered], stack: Stack, store: Store) -> None:
    """Jaeger's own JSON of a real trace, from a server that has no version 3 of the API."""
    _, answered = downgraded
    by_v3 = cli("trace", answered.trace_id, "--jaeger", stack.jaeger.url)
    store.gives(f"/api/traces/{answered.trace_id}", {"data": [stack.jaeger.raw(answered.trace_id)]})
    by_own = cli("trace", answered.trace_id, "--jaeger", store.url)
    assert by_own.returncode == 0, by_own.stderr
    assert _without_times(by_own.stdout) == _without_times(by_v3.stdout)


def test_json(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    _, answered = downgraded
    done = cli("trace", answered.trace_id, "--json", "--jaeger", stack.jaeger.url)
    told = json.loads(done.stdout)
    assert (told["store"], told["trace_id"], told["incomplete"]) == ("Jaeger", answered.trace_id, None)
    names = [span["name"] for span in told["spans"]]
    assert sorted(names)[:3] == ["POST", "POST", "POST"]
    assert len(names) == 11


def test_links_lead_to_the_trace(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    gate, answered = downgraded
    stack.jaeger.trace(answered.trace_id, 11)
    where = ("--jaeger", stack.jaeger.url, "--url", gate.admin_url, "--json")
    done = cli("link", "decision", answered.decision_id, *where)
    assert json.loads(done.stdout) == [
        {"title": "The trace (Jaeger)", "url": f"{stack.jaeger.url}/trace/{answered.trace_id}"}
    ]


def test_links_search_what_jaeger_finds(downgraded: tuple[GateProcess, Answered], stack: Stack) -> None:
    """The page takes the same parameters as the API does: what is linked to is asked for here."""
    gate, answered = downgraded
    stack.jaeger.trace(answered.trace_id, 11)
    done = cli("link", "provider", "second", "--jaeger", stack.jaeger.url, "--url", gate.admin_url, "--json")
    (link,) = json.loads(done.stdout)
    assert link["title"] == "All attempts (Jaeger)"
    asked = link["url"].replace("/search?", "/api/traces?")
    found = httpx.get(asked, trust_env=False).raise_for_status().json()["data"]
    assert answered.trace_id in {trace["traceID"] for trace in found}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("0" * 31 + "1", "Spans leave Gate some seconds after the request ended"),
        ("gd-0-ffffffffffffffffffff", "`gate explain --decision gd-0-ffffffffffffffffffff` asks Gate itself"),
    ],
)
def test_what_is_not_there_yet(stack: Stack, given: str, said: str) -> None:
    done = cli("trace", given, "--wait", "0.3", "--jaeger", stack.jaeger.url)
    assert done.returncode == 1
    assert "waited 0.3 s" in done.stderr
    assert said in done.stderr


def test_what_is_no_id() -> None:
    done = cli("trace", "7f", "--jaeger", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "7f is neither a trace id (32 hex digits) nor a decision id (gd-...) nor `latest`" in done.stderr


def test_no_store_was_named() -> None:
    done = cli("trace", "gd-0-ffffffffffffffffffff")
    assert done.returncode == 1
    assert "--jaeger URL or --tempo URL (GATE_JAEGER_URL, GATE_TEMPO_URL)" in done.stderr


def _without_times(told: str) -> str:
    """Jaeger's own form has microseconds only."""
    return re.sub(r"\|[ =]+\|$| *[\d.]+ [mu]?s\b", "", told, flags=re.MULTILINE)


def _v3(stack: Stack, trace_id: str) -> dict[str, object]:
    stack.jaeger.trace(trace_id, 11)
    answer = httpx.get(f"{stack.jaeger.url}/api/v3/traces/{trace_id}", trust_env=False)
    return answer.raise_for_status().json()["result"]
