"""From the command line to the first answer, and what a running Gate lets its operator do."""

import json
import signal
import time

import httpx
import pytest

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, Spoken, Start, client, environment, error_of
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


def test_the_first_answer_comes_quickly(start_gate: Start) -> None:
    began = time.monotonic()
    gate = start_gate({}, {})
    with client(gate) as ask:
        assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
    took = time.monotonic() - began
    print(f"first answer {took:.2f} s after the start")
    assert took < 5


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


def test_an_upstream_that_is_gate_itself(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    with client(gate) as ask:
        ask.post(MESSAGES.path, json=MESSAGES.body())
        via = next(value for name, value in upstream.calls[0].headers if name.lower() == "via")
        again = ask.post(MESSAGES.path, json=MESSAGES.body(), headers={"via": f"1.0 other, {via}"})
    assert again.status_code == 508
    assert "GATE_ANTHROPIC_BASE_URL" in error_of(MESSAGES, again)["message"]


def test_operators_have_a_listener_of_their_own(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream), admin=True)
    for path in ("/metrics", "/gate/v1/decisions", "/gate/v1/routes"):
        assert httpx.get(gate.url + path, trust_env=False).status_code == 404
        assert httpx.get(gate.admin_url + path, trust_env=False).status_code == 200
    assert httpx.post(gate.admin_url + MESSAGES.path, json=MESSAGES.body(), trust_env=False).status_code == 404


def test_on_a_public_listener_operators_need_their_key(start_gate: Start, upstream: Upstream) -> None:
    keys = environment(upstream, GATE_CLIENT_KEY=KEY, GATE_ADMIN_KEY=ADMIN)
    gate = start_gate({"listen": {"host": "0.0.0.0"}}, keys)
    with client(gate) as ask:
        assert ask.get("/metrics").status_code == 401
        assert ask.get("/metrics", headers={"authorization": f"Bearer {KEY}"}).status_code == 401
        assert ask.get("/metrics", headers={"authorization": f"Bearer {ADMIN}"}).status_code == 200
        assert ask.get("/healthz").status_code == 200


def test_a_clients_own_credential_goes_to_its_vendor_only(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, {"GATE_ANTHROPIC_BASE_URL": upstream.url, "GATE_OPENAI_BASE_URL": upstream.url})
    own = {"authorization": "Bearer the-users-own-token"}
    with client(gate) as ask:
        served = ask.post(MESSAGES.path, json=MESSAGES.body(), headers=own)
        upstream.fault("status", status=401)
        for _ in range(8):
            assert ask.post(MESSAGES.path, json=MESSAGES.body(), headers=own).status_code == 401
        routes = ask.get("/gate/v1/routes").json()["routes"]
    assert served.status_code == 200
    assert served.headers["x-gate-route"].startswith("anthropic/")
    assert {route["readiness"] for route in routes if route["provider"] == "anthropic"} == {"missing_key"}
    assert "the-users-own-token" not in str(gate.output)


def test_a_reload_swaps_or_is_refused(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"policy": {"max_attempts": 3}}, environment(upstream))

    def version() -> str:
        with client(gate) as ask:
            ask.post(MESSAGES.path, json=MESSAGES.body())
            return ask.get("/gate/v1/decisions").json()["decisions"][0]["config_version"]

    def until(result: str) -> None:
        for _ in range(100):
            if (gate.metric("gate_config_reloads_total", result=result) or 0) >= 1:
                return
            time.sleep(0.1)
        raise AssertionError(f"no reload was {result}")

    first = version()
    gate.write_config({"policy": {"max_attempt": 1}})
    until("refused")
    assert version() == first
    assert any("did you mean max_attempts" in str(line) for line in gate.log)
    gate.write_config({"policy": {"max_attempts": 2}})
    gate.signal(signal.SIGHUP)
    until("applied")
    assert version() != first


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
