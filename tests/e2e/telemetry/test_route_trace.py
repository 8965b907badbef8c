"""Routes fail one after another until the last serves: the trace in a real Jaeger is exactly the promised tree."""

import json
from itertools import pairwise

import pytest

from tests.e2e.telemetry.world import (
    ASKED,
    LANES,
    MAPPING,
    MODELS,
    PROVIDERS,
    ROUTES,
    Start,
    ask,
    configuration,
    environment,
    fail_three,
    message,
    outline,
)
from tests.harness.upstream import Upstream
from tests.stack.otlp_json import Trace
from tests.stack.stack import Stack

TREE = """\
POST /v1/messages | SERVER | UNSET
  route working | INTERNAL | UNSET
    plan | INTERNAL | UNSET
    chat model-one | CLIENT | ERROR
      POST | CLIENT | ERROR
    chat model-two | CLIENT | ERROR
      POST | CLIENT | ERROR
    chat model-sibling | CLIENT | ERROR
      POST | CLIENT | ERROR
    chat model-cheap | CLIENT | UNSET
      POST | CLIENT | UNSET"""
RELATIONS = ["primary", "same_lane_fallback", "substitution", "downgrade"]


def walked(start_gate: Start, upstream: Upstream, stack: Stack, stream: bool) -> Trace:
    gate = start_gate(configuration(upstream), environment(stack))
    fail_three(upstream)
    answered = ask(gate, message(stream))
    assert answered.status == 200
    assert ("message_stop" in answered.text) is stream
    return stack.jaeger.trace(answered.trace_id, 11)


@pytest.mark.parametrize("stream", [False, True])
def test_the_tree_is_exactly_the_promised_one(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool
) -> None:
    trace = walked(start_gate, upstream, stack, stream)
    assert outline(trace) == TREE

    server, route, plan = trace.root, trace.one("route working"), trace.one("plan")
    attempts = trace.children(route)[1:]
    assert server.parent_id is None
    assert [span.name for span in trace.children(server)] == ["route working"]
    starts = [span.start_ns for span in (server, route, plan, *attempts)]
    assert starts == sorted(starts)
    for earlier, later in pairwise(attempts):
        assert earlier.end_ns <= later.start_ns
    for parent in trace.spans:
        for child in trace.children(parent):
            assert parent.start_ns <= child.start_ns
            assert child.end_ns <= parent.end_ns

    # What each attempt was, and what became of it.
    assert [span["gate.attempt.relation"] for span in attempts] == RELATIONS
    assert [span["gate.attempt.route"] for span in attempts] == list(ROUTES)
    assert [span["gate.attempt.lane"] for span in attempts] == list(LANES)
    assert [span["gate.attempt.index"] for span in attempts] == [0, 1, 2, 3]
    kinds = ["rate_limited", "overloaded", "connection_reset", None]
    assert [span.attributes.get("error.type") for span in attempts] == kinds
    statuses = [429, 529, None, 200]
    assert [span.attributes.get("http.response.status_code") for span in attempts] == statuses
    assert attempts[0]["gate.attempt.retry_after"] == 7
    # The sibling lane and the cheaper one were reached by failing; the second of the first lane left nothing.
    reasons = [span.attributes.get("gate.downgrade.reason") for span in attempts]
    assert reasons == [None, None, "provider_error", "provider_error"]

    # No failure of an attempt that was made good reaches its parents.
    for parent in (server, route, plan):
        assert "error.type" not in parent.attributes
    assert route["gate.serving.relation"] == "downgrade"
    assert route["gate.downgrade.reason"] == "provider_error"
    assert route["gate.plan.order"] == list(ROUTES)
    assert route["gate.executed.order"] == list(ROUTES)
    assert route["gate.executed.attempts"] == 4
    assert (route["gate.chosen.route"], route["gate.chosen.lane"]) == (ROUTES[0], "home/mid")
    assert route["gate.chosen.alternatives"] == [ROUTES[1]]
    assert (route["gate.serving.route"], route["gate.serving.lane"]) == (ROUTES[3], "cheap/fast")
    assert (route["gate.request.model"], route["gate.intent.mapping"]) == (ASKED, MAPPING)
    assert server["gate.sampling.keep"] is True
    assert {"fallback", "downgrade"} <= set(server["gate.sampling.reasons"])


def test_wire_requests_follow_the_stable_conventions(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    trace = walked(start_gate, upstream, stack, stream=False)
    wires = trace.named("POST")
    doors = [call.header("host") for call in upstream.calls]
    assert [f"{span['server.address']}:{span['server.port']}" for span in wires] == doors
    assert [span["url.full"] for span in wires] == [f"http://{door}/v1/messages" for door in doors]
    assert [span["http.request.method"] for span in wires] == ["POST"] * 4
    assert [span.attributes.get("http.response.status_code") for span in wires] == [429, 529, None, 200]
    assert wires[2]["error.type"]
    server = trace.root
    assert (server["http.request.method"], server["url.path"], server["url.scheme"]) == ("POST", "/v1/messages", "http")
    assert (server["http.route"], server["http.response.status_code"]) == ("/v1/messages", 200)
    outdated = {"http.method", "http.url", "http.status_code", "http.target", "gen_ai.system"}
    assert not any(outdated & span.attributes.keys() for span in trace.spans)


def test_the_plan_tells_of_every_candidate_it_tried(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    plan = walked(start_gate, upstream, stack, stream=False).one("plan")
    assert plan["gate.plan.qualifying"] == 4
    candidates = [event.attributes for event in plan.events if event.name == "gate.candidate"]
    assert [one["gate.candidate.route"] for one in candidates[:4]] == list(ROUTES)
    assert {one["gate.candidate.verdict"] for one in candidates[:4]} == {"planned"}
    assert len(candidates) <= 12
    assert plan["gate.plan.candidates"] == len(candidates) + plan.attributes.get("gate.plan.omitted", 0)


@pytest.mark.parametrize("stream", [False, True])
def test_attempts_follow_the_genai_conventions(
    start_gate: Start, upstream: Upstream, stack: Stack, stream: bool
) -> None:
    trace = walked(start_gate, upstream, stack, stream)
    attempts = [span for span in trace.spans if span.name.startswith("chat ")]
    for span, model, provider in zip(attempts, MODELS, PROVIDERS, strict=True):
        assert (span["gen_ai.operation.name"], span["gen_ai.provider.name"]) == ("chat", "anthropic")
        assert (span["gen_ai.request.model"], span["gate.attempt.provider"]) == (model, provider)
        assert span["gen_ai.request.max_tokens"] == 64
        assert span.attributes.get("gen_ai.request.stream", False) is stream
        assert span.attributes.get("gen_ai.conversation.id") in (None, "session-1")
        assert isinstance(span["server.port"], int)
    served = attempts[-1]
    # Anthropic reports uncached input; the convention wants all of it: 120 + 50 read + 30 written.
    assert served["gen_ai.usage.input_tokens"] == 200
    assert served["gen_ai.usage.output_tokens"] == 25
    assert served["gen_ai.usage.cache_read.input_tokens"] == 50
    assert served["gen_ai.usage.cache_creation.input_tokens"] == 30
    assert served["gen_ai.response.finish_reasons"]
    assert served["gen_ai.response.model"] == "model-cheap"
    assert ("gen_ai.response.time_to_first_chunk" in served.attributes) is stream
    assert ("gate.attempt.chunks" in served.attributes) is stream
    counted = [span.name for span in trace.spans if any(name.startswith("gen_ai.usage") for name in span.attributes)]
    assert counted == ["chat model-cheap"]


def test_counts_nobody_reported_are_absent(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(configuration(upstream), environment(stack))
    upstream.shape(usage="missing")
    for stream in (False, True):
        trace = stack.jaeger.trace(ask(gate, message(stream)).trace_id, 5)
        found = [name for span in trace.spans for name in span.attributes if name.startswith("gen_ai.usage")]
        assert found == []
        assert trace.one("route working").attributes.get("gate.cost.usd") is None
        assert trace.one("route working")["gate.cost.confidence"] == "unknown"


def test_no_secret_and_no_text_reaches_the_trace(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    trace = walked(start_gate, upstream, stack, stream=True)
    said = json.dumps(stack.jaeger.raw(trace.root.trace_id))
    for secret in ("sk-first", "sk-fourth", "gate-client-key", "a quiet little question"):
        assert secret not in said
