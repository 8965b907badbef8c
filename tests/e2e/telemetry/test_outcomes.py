"""What the trace says of requests that ended otherwise: nobody served, the client's own fault, a stream that broke, a
client that left."""

import sys
from itertools import pairwise

import httpx
import pytest

from tests.e2e.telemetry.world import (
    CLIENT_KEY,
    HEADERS,
    MODELS,
    ROUTES,
    Start,
    ask,
    configuration,
    environment,
    message,
    outline,
)
from tests.harness.raw import RawClient, request_bytes
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

SPOKEN = {
    "model": "claude-test-1",
    "messages": [
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}]}
    ],
}
"""What the only routes of the intent, which speak messages, could not carry."""


def test_no_route(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    answer = httpx.post(f"{gate.url}/v1/chat/completions", json=SPOKEN, headers=headers, trust_env=False)
    trace = stack.jaeger.trace(answer.headers["traceresponse"].split("-")[1], 3)
    status = "ERROR" if answer.status_code >= 500 else "UNSET"
    assert outline(trace) == (
        f"POST /v1/chat/completions | SERVER | {status}\n"
        f"  route working | INTERNAL | {status}\n"
        "    plan | INTERNAL | UNSET"
    )
    route, plan = trace.one("route working"), trace.one("plan")
    assert route["gate.outcome"] == "no_route"
    assert trace.root["gate.error.code"] == route["gate.error.code"] == "no_route"
    assert route["gate.executed.attempts"] == 0
    assert plan["gate.plan.qualifying"] == 0
    assert {event.attributes["gate.candidate.verdict"] for event in plan.events} == {"out"}
    assert upstream.requests == []


def test_the_plan_says_why_the_routes_of_the_intent_are_out(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    """Those with a key, that only what this request holds rules out, are more telling than a catalog without keys."""
    gate = start_gate(configuration(upstream), environment(stack))
    headers = {"authorization": f"Bearer {CLIENT_KEY}"}
    answer = httpx.post(f"{gate.url}/v1/chat/completions", json=SPOKEN, headers=headers, trust_env=False)
    plan = stack.jaeger.trace(answer.headers["traceresponse"].split("-")[1], 3).one("plan")
    whys = {event.attributes["gate.candidate.route"]: event.attributes for event in plan.events}
    assert set(ROUTES) <= whys.keys(), list(whys)
    for route in ROUTES:
        assert any("would_lose" in text for text in whys[route]["gate.candidate.reasons"])


def test_an_error_of_gates_own_is_not_a_client_that_left(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    program = (sys.executable, "-m", "tests.e2e.telemetry.broken", "crash", "serve")
    gate = start_gate(configuration(upstream), environment(stack), command=program)
    answered = ask(gate)
    assert answered.status == 500
    trace = stack.jaeger.trace(answered.trace_id, 5)
    assert outline(trace).splitlines()[:4] == [
        "POST /v1/messages | SERVER | ERROR",
        "  route working | INTERNAL | ERROR",
        "    plan | INTERNAL | UNSET",
        "    chat model-one | CLIENT | ERROR",
    ]
    attempt, route = trace.one("chat model-one"), trace.one("route working")
    assert attempt.attributes.get("gate.attempt.cancelled_by") is None
    assert attempt["error.type"] == "internal_error"
    assert (route["gate.outcome"], route["gate.last_failure"]) == ("internal_error", "internal_error")
    assert "a quiet little secret" not in gate.output + answered.text + str(trace)


def test_a_request_without_a_valid_key_is_a_span_without_a_decision(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    gate = start_gate(configuration(upstream), environment(stack), args=("--host", "0.0.0.0"))
    answered = ask(gate, headers={"x-api-key": "gate-wrong"})
    assert answered.status == 401
    trace = stack.jaeger.trace(answered.trace_id)
    assert outline(trace) == "POST /v1/messages | SERVER | UNSET"
    assert trace.root["gate.outcome"] == "rejected"
    assert trace.root["http.response.status_code"] == 401
    assert "gate-wrong" not in str(trace)


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_that_the_upstream_finds_wrong(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool
) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    upstream.fault("status", status=400, message="messages: not so")
    answered = ask(gate, message(stream))
    assert answered.status == 400
    trace = stack.jaeger.trace(answered.trace_id, 5)
    assert outline(trace) == (
        "POST /v1/messages | SERVER | UNSET\n"
        "  route working | INTERNAL | UNSET\n"
        "    plan | INTERNAL | UNSET\n"
        "    chat model-one | CLIENT | ERROR\n"
        "      POST | CLIENT | ERROR"
    )
    attempt = trace.one("chat model-one")
    assert (attempt["error.type"], attempt["http.response.status_code"]) == ("invalid_request", 400)
    assert "error.type" not in trace.root.attributes
    assert trace.root["http.response.status_code"] == 400


@pytest.mark.parametrize("stream", [False, True])
def test_an_upstream_that_stays_broken(start_gate: Start, upstream: Upstream, stack: Stack, stream: bool) -> None:
    gate = start_gate(configuration(upstream, routes=1, lanes=LANES_FOR_ONE, intents=HOME_ONLY), environment(stack))
    upstream.fault("status", status=500)
    answered = ask(gate, message(stream))
    assert answered.status == 500
    trace = stack.jaeger.trace(answered.trace_id, 7)
    assert outline(trace) == (
        "POST /v1/messages | SERVER | ERROR\n"
        "  route working | INTERNAL | ERROR\n"
        "    plan | INTERNAL | UNSET\n"
        "    chat model-one | CLIENT | ERROR\n"
        "      POST | CLIENT | ERROR\n"
        "    chat model-one | CLIENT | ERROR\n"
        "      POST | CLIENT | ERROR"
    )
    attempts = trace.named("chat model-one")
    assert [span["gate.attempt.relation"] for span in attempts] == ["primary", "retry"]
    assert [span["error.type"] for span in attempts] == ["server_error"] * 2
    first, second = trace.named("POST")[-2:]
    assert "http.request.resend_count" not in first.attributes
    assert trace.root["error.type"] == "500"
    assert trace.one("route working")["error.type"] == "server_error"
    assert trace.one("route working")["gate.outcome"] == "upstream_error"
    assert second.attributes["error.type"] == "500"


LANES_FOR_ONE = {"home/mid": {"family": "home", "cluster": "balanced-workhorse"}}
HOME_ONLY = {"working": {"start": ["home/mid"]}}


@pytest.mark.parametrize("how", ["end", "reset"])
def test_a_stream_that_dies_in_the_middle(start_gate: Start, upstream: Upstream, stack: Stack, how: str) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    upstream.shape(text_chunks=20)
    upstream.fault("cut", after=8, how=how)
    answered = ask(gate, message(stream=True))
    assert answered.status == 200
    assert "event: error" in answered.text
    trace = stack.jaeger.trace(answered.trace_id, 5)
    attempt, route = trace.one("chat model-one"), trace.one("route working")
    assert attempt.status == "ERROR"
    assert attempt["error.type"] == ("truncated_stream" if how == "end" else "connection_reset")
    assert attempt["gen_ai.response.finish_reasons"] == ["error"]
    assert attempt["gate.attempt.chunks"] > 3
    assert attempt["gen_ai.response.time_to_first_chunk"] > 0
    assert (route.status, route["gate.outcome"]) == ("ERROR", "interrupted")
    # No other attempt follows a commit, and what was on its way when the stream broke is still this route's answer.
    assert len(trace.children(route)) == 2
    assert route["gate.serving.route"] == ROUTES[0]
    assert trace.root["gate.sampling.keep"] is True
    assert "error" in trace.root["gate.sampling.reasons"]
    assert gate.metric("gate_stream_interruptions_total", provider="first") == 1


def test_a_client_that_leaves_is_nobodys_failure(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    upstream.shape(text_chunks=200, interval=0.1)
    with RawClient(gate.url) as client:
        client.send(request_bytes("POST", "/v1/messages", list(HEADERS.items()), message(stream=True)))
        head = client.read(until=b"content_block_delta").decode("latin-1")
    trace_id = head.lower().split("traceresponse: ")[1].split("-")[1]
    assert upstream.wait_ended(1)[0].outcome == "client_gone"
    trace = stack.jaeger.trace(trace_id, 5)
    assert outline(trace).splitlines()[:4] == [
        "POST /v1/messages | SERVER | UNSET",
        "  route working | INTERNAL | UNSET",
        "    plan | INTERNAL | UNSET",
        "    chat model-one | CLIENT | UNSET",
    ]
    attempt = trace.one("chat model-one")
    assert attempt["gate.attempt.cancelled_by"] == "client_gone"
    assert "error.type" not in attempt.attributes
    assert trace.root["gate.outcome"] == "client_gone"
    assert gate.metric("gate_attempts_total", route=ROUTES[0], error_type="client_gone") == 1
    assert gate.metric("gate_breaker_state", route=ROUTES[0]) == 0


def test_requests_of_one_session_are_linked(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    traces = [stack.jaeger.trace(ask(gate).trace_id, 5) for _ in range(3)]
    other = ask(gate, headers={**HEADERS, "x-claude-code-session-id": "session-2"})
    roots = [trace.root for trace in traces]
    assert roots[0].links == ()
    for earlier, later in pairwise(roots):
        (link,) = later.links
        assert (link.trace_id, link.span_id) == (earlier.trace_id, earlier.span_id)
        assert link.attributes["gate.link.kind"] == "session"
    assert stack.jaeger.trace(other.trace_id, 5).root.links == ()
    route = traces[0].one("route working")
    names = ("gate.session.id", "gate.session.agent_id", "gate.session.parent_agent_id")
    assert [route[name] for name in names] == ["session-1", "agent-1", "agent-0"]
    labels = {value for sample in gate.metrics() for value in sample.labels.values()}
    assert not labels & {"session-1", "session-2", "agent-1", "agent-0", "laptop"}


def test_an_exemplar_of_a_metric_leads_to_its_trace(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack), admin=True)
    upstream.fault("status", status=429, model=MODELS[0], times=1)
    stack.prometheus.scrape(gate.admin_url, job="exemplars")
    try:
        trace_id = ask(gate).trace_id
        instance = gate.admin_url.removeprefix("http://")
        for name in ("gate_requests_total", "gate_request_duration_seconds_bucket", "gate_fallbacks_total"):
            selector = f'{name}{{instance="{instance}"}}'
            stack.prometheus.wait(selector)
            found = {one.labels.get("trace_id") for one in stack.prometheus.exemplars(selector)}
            assert found == {trace_id}, name
        trace = stack.jaeger.trace(trace_id, 7)
        assert {one.labels.get("span_id") for one in stack.prometheus.exemplars(selector)} == {trace.root.span_id}
    finally:
        stack.prometheus.unscrape(gate.admin_url)
