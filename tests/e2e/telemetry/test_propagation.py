"""What an upstream is told of the trace, by policy; whose trace a request joins."""

import pytest

from tests.e2e.telemetry.world import HEADERS, Start, ask, configuration, environment, message
from tests.harness.gate import GateProcess
from tests.harness.raw import exchange, request_bytes
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
SENT = f"00-{TRACE}-{PARENT}-01"
CONTEXT = {"traceparent": SENT, "tracestate": "rojo=1,congo=2", "baggage": "user=alice"}
TRACE_HEADERS = ("traceparent", "tracestate", "baggage", "b3", "x-b3-traceid", "uber-trace-id", "traceresponse")


def with_policy(upstream: Upstream, policy: str | None) -> dict[str, object]:
    """One route; its provider's own policy, None for the default of its kind."""
    lanes = {"home/mid": {"family": "home", "cluster": "balanced-workhorse"}}
    made = configuration(upstream, routes=1, lanes=lanes, intents={"working": {"start": ["home/mid"]}})
    if policy is not None:
        made["providers"]["first"]["propagate"] = policy
    return made


def told(upstream: Upstream) -> dict[str, list[str]]:
    """The trace headers of the latest request, those that came."""
    call = upstream.calls[-1]
    return {name: call.values(name) for name in TRACE_HEADERS if call.values(name)}


@pytest.mark.parametrize("stream", [False, True])
def test_traceparent_names_gates_own_span(start_gate: Start, upstream: Upstream, stack: Stack, stream: bool) -> None:
    gate = start_gate(with_policy(upstream, "traceparent"), environment(stack))
    trace_id = "9a"[stream] * 32  # one trace per test, for Jaeger keeps them all
    answered = ask(gate, message(stream), {**HEADERS, **CONTEXT, "traceparent": f"00-{trace_id}-{PARENT}-01"})
    headers = told(upstream)
    assert headers.keys() == {"traceparent"}
    (sent,) = headers["traceparent"]
    trace = stack.jaeger.trace(trace_id, 5)
    # The wire request's own span, which is a child of the attempt.
    wire = trace.children(trace.one("chat model-one"))[0]
    assert sent == f"00-{trace_id}-{wire.span_id}-01"
    assert answered.trace_id == trace_id


def test_full_carries_state_and_baggage_as_well(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(with_policy(upstream, "full"), environment(stack))
    ask(gate, headers={**HEADERS, **CONTEXT})
    headers = told(upstream)
    assert headers.keys() == {"traceparent", "tracestate", "baggage"}
    assert headers["tracestate"] == ["rojo=1,congo=2"]
    assert headers["baggage"] == ["user=alice"]
    assert headers["traceparent"][0].startswith(f"00-{TRACE}-")
    assert PARENT not in headers["traceparent"][0]


@pytest.mark.parametrize("policy", ["none", None])
def test_a_third_party_is_told_nothing(start_gate: Start, upstream: Upstream, stack: Stack, policy: str | None) -> None:
    gate = start_gate(with_policy(upstream, policy), environment(stack))
    trace_id = "bc"[policy is None] * 32
    answered = ask(gate, headers={**HEADERS, **CONTEXT, "traceparent": f"00-{trace_id}-{PARENT}-01"})
    assert answered.status == 200
    assert told(upstream) == {}
    # Its own trace is whole all the same.
    assert len(stack.jaeger.trace(trace_id, 5).spans) == 5


@pytest.mark.parametrize("name", ["b3", "x-b3-traceid", "uber-trace-id", "traceresponse"])
def test_other_trace_headers_do_not_pass_either(start_gate: Start, upstream: Upstream, name: str) -> None:
    gate = start_gate(with_policy(upstream, "none"), environment())
    assert ask(gate, headers={**HEADERS, name: SENT}).status == 200
    assert told(upstream) == {}


@pytest.mark.parametrize("policy", ["none", "traceparent", "full"])
def test_the_variable_decides_for_providers_made_from_variables(
    start_gate: Start, upstream: Upstream, policy: str
) -> None:
    made = {"ANTHROPIC_API_KEY": "sk-a", "GATE_ANTHROPIC_BASE_URL": upstream.url, "GATE_PROPAGATE": policy}
    gate = start_gate(env=made)
    assert ask(gate, message(model="claude-sonnet-4-5"), CONTEXT).status == 200
    expected = {"none": "", "traceparent": "traceparent", "full": "traceparent tracestate baggage"}
    assert list(told(upstream)) == expected[policy].split()


def test_an_unknown_policy_refuses_to_start(start_gate: Start) -> None:
    with pytest.raises(AssertionError, match="GATE_PROPAGATE"):
        start_gate(env={"ANTHROPIC_API_KEY": "sk-a", "GATE_PROPAGATE": "some"})


def test_a_clients_trace_is_continued_on_loopback(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(with_policy(upstream, None), environment(stack))
    trace_id = "5" * 32
    answered = ask(gate, headers={"traceparent": f"00-{trace_id}-{PARENT}-01"})
    server = stack.jaeger.trace(trace_id, 5).one("POST /v1/messages")
    assert server.parent_id == PARENT
    assert server.links == ()
    assert answered.headers["traceresponse"] == f"00-{trace_id}-{server.span_id}-01"


def test_a_strangers_trace_is_linked_on_a_public_address(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(
        with_policy(upstream, "full") | {"keys": {}},
        environment(stack),
        args=("--allow-anonymous", "--host", "0.0.0.0"),
    )
    trace_id = "6" * 32
    answered = ask(gate, headers={**CONTEXT, "traceparent": f"00-{trace_id}-{PARENT}-01"})
    assert answered.trace_id != trace_id
    server = stack.jaeger.trace(answered.trace_id, 5).root
    (link,) = server.links
    assert (link.trace_id, link.span_id, link.attributes["gate.link.kind"]) == (trace_id, PARENT, "remote_parent")
    # Nothing of what a stranger says goes on to the upstream.
    assert told(upstream).keys() == {"traceparent"}
    assert answered.trace_id in told(upstream)["traceparent"][0]


def test_a_known_clients_trace_is_continued_on_a_public_address(
    start_gate: Start, upstream: Upstream, stack: Stack
) -> None:
    gate = start_gate(with_policy(upstream, None), environment(stack), args=("--host", "0.0.0.0"))
    answered = ask(gate, headers={**HEADERS, "traceparent": f"00-{'7' * 32}-{PARENT}-01"})
    assert answered.trace_id == "7" * 32


@pytest.mark.parametrize("sampler", [None, "always_off"])
def test_what_is_not_sampled_is_propagated(
    start_gate: Start, upstream: Upstream, stack: Stack, sampler: str | None
) -> None:
    more = {} if sampler is None else {"OTEL_TRACES_SAMPLER": sampler}
    gate = start_gate(with_policy(upstream, "full"), environment(stack, **more))
    trace_id = "8" * 32
    answered = ask(gate, headers={**HEADERS, **CONTEXT, "traceparent": f"00-{trace_id}-{PARENT}-00"})
    (sent,) = told(upstream)["traceparent"]
    version, trace, parent, flags = sent.split("-")
    assert (version, trace, flags) == ("00", trace_id, "00")
    assert parent not in (PARENT, "0" * 16)
    assert told(upstream)["tracestate"] == ["rojo=1,congo=2"]
    assert answered.headers["traceresponse"].endswith("-00")


def test_every_call_has_a_parent_id_of_its_own(start_gate: Start, upstream: Upstream) -> None:
    made = configuration(upstream)
    for provider in made["providers"].values():
        provider["propagate"] = "full"
    gate = start_gate(made, environment())
    upstream.fault("status", status=500, times=3)
    ask(gate, headers={**HEADERS, **CONTEXT})
    parents = [call.header("traceparent") for call in upstream.calls]
    assert len(parents) == 4
    assert len(set(parents)) == 4
    assert all(parent is not None and parent.startswith(f"00-{TRACE}-") for parent in parents)


def raw(gate: GateProcess, *headers: tuple[str, str]) -> bytes:
    """One request with exactly these headers."""
    everything = [("content-type", "application/json"), *headers]
    return exchange(gate.url, request_bytes("POST", "/v1/messages", everything, message()))


def test_two_lines_start_a_new_trace(start_gate: Start, upstream: Upstream, stack: Stack) -> None:
    gate = start_gate(with_policy(upstream, "full"), environment(stack))
    answer = raw(gate, ("traceparent", SENT), ("traceparent", SENT.replace("4736", "4737")), ("tracestate", "a=1"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert told(upstream).keys() == {"traceparent"}
    assert "4bf92f3577" not in told(upstream)["traceparent"][0]
