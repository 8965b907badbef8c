"""What a simulated Gate answers, what cannot be served at all, and what operators may ask."""

import json

import pytest

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, Spoken, Start, client, environment
from tests.harness.gate import GateNotReady
from tests.harness.upstream import Upstream

KEY = "gate-client-key-0123456789abcdefghijklmnop"
ADMIN = "gate-admin-key-0123456789abcdefghijklmnop"


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_without_any_key_a_simulated_provider_answers(start_gate: Start, spoken: Spoken) -> None:
    gate = start_gate({}, {})
    with client(gate) as ask:
        for model in (spoken.model, "claude-opus-5-5", "anything-at-all"):
            answer = ask.post(spoken.path, json={**spoken.body(), "model": model})
            assert answer.status_code == 200, answer.text
            assert answer.json()["model"] == "gate-simulated"
        with ask.stream("POST", spoken.path, json=spoken.body(stream=True)) as stream:
            assert spoken.done in stream.read()
    assert "simulated" in str(gate.output)


@pytest.mark.parametrize(
    ("config", "env", "said"),
    [
        ({"listen": {"host": "0.0.0.0"}}, {}, "no client keys"),
        ({"listn": {}}, {}, "did you mean listen"),
        (
            {},
            {"OTEL_EXPORTER_OTLP_PROTOCOL": "carrier-pigeon", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"},
            "OTLP_PROTOCOL",
        ),
        ({}, {"GATE_SEMCONV_PROFILE": "9.9"}, "GATE_SEMCONV_PROFILE"),
    ],
)
def test_what_cannot_be_served_is_refused_at_start(start_gate: Start, config: dict, env: dict, said: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(GateNotReady) as refused:
        start_gate(config, env)
    assert refused.value.code == 1
    assert said in str(refused.value.output)
    assert "Traceback" not in str(refused.value.output)


def test_a_prefix_and_an_explicit_model(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"listen": {"path_prefix": "/llm"}}, environment(upstream))
    with client(gate) as ask:
        body = {**MESSAGES.body(), "model": "anthropic/claude-of-tomorrow"}
        answer = ask.post("/llm/v1/messages", json=body)
        assert ask.post("/llm/v1/chat/completions", json=CHAT.body()).status_code == 200
        why = ask.post("/gate/v1/explain", json={"model": "auto", "tools": True}).json()
        bad = ask.post("/gate/v1/explain", json={"modle": "auto"})
    assert answer.status_code == 200
    assert upstream.calls[0].model == "claude-of-tomorrow"
    assert json.dumps(why["decision"])
    assert "anthropic/" in why["text"]
    assert bad.status_code == 400


def test_what_is_no_model_request_is_counted_by_its_path(start_gate: Start) -> None:
    gate = start_gate({}, {})
    with client(gate) as ask:
        assert [ask.get(path).status_code for path in ("/healthz", "/healthz", "/v1/models", "/nowhere")] == [
            200
        ] * 3 + [404]
    counted = "http_server_request_duration_seconds_count"
    assert gate.metric(counted, http_route="/healthz") >= 2
    assert gate.metric(counted, http_route="/v1/models", http_response_status_code="200") == 1
    assert gate.metric(counted, http_request_method="GET", http_response_status_code="404") == 1
