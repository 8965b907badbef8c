"""Whose key goes where: the configured one, the client's own to its own vendor, and none of them into anything told."""

import json

import pytest

from tests.e2e.serving import (
    ANTHROPIC_KEY,
    CHAT,
    DIALECTS,
    MESSAGES,
    OPENAI_KEY,
    PROMPT,
    Spoken,
    Start,
    environment,
    error_of,
)
from tests.e2e.serving import client as asking
from tests.e2e.sink import Sink, eventually
from tests.harness.upstream import Upstream

OWN = "sk-own-credential-of-a-user-0123456789"
GATE_KEY = "gate-key-of-a-client-0123456789abcdefghijkl"


def without_keys(upstream: Upstream) -> dict[str, str]:
    return {"GATE_ANTHROPIC_BASE_URL": upstream.url, "GATE_OPENAI_BASE_URL": upstream.url}


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_a_clients_own_credential_passes_to_its_own_vendor(
    start_gate: Start, upstream: Upstream, spoken: Spoken
) -> None:
    gate = start_gate({}, without_keys(upstream))
    model = "claude-sonnet-4-6" if spoken is MESSAGES else spoken.model
    with asking(gate, headers={"authorization": f"Bearer {OWN}"}) as ask:
        answer = ask.post(spoken.path, json={**spoken.body(), "model": model})
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert answer.status_code == 200, answer.text
    assert [call.key for call in upstream.calls] == [OWN]
    assert newest["serving_provider"] == ("anthropic" if spoken is MESSAGES else "openai")


def test_its_401_does_not_shut_others_out(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"breaker": {"failures": 2, "min_calls": 2}}, without_keys(upstream))
    upstream.fault("status", status=401, key=OWN + "-bad")
    body = {**MESSAGES.body(), "model": "claude-sonnet-4-6"}
    with asking(gate) as ask:
        for _ in range(8):
            refused = ask.post(MESSAGES.path, json=body, headers={"x-api-key": OWN + "-bad"})
            assert refused.status_code == 401
            assert refused.headers["x-should-retry"] == "false"
        good = ask.post(MESSAGES.path, json=body, headers={"x-api-key": OWN})
    assert good.status_code == 200, good.text
    assert gate.metric("gate_breaker_state") == 0, "all closed"


def test_the_configured_key_comes_before_the_clients_own(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    with asking(gate, headers={"authorization": f"Bearer {OWN}", "x-api-key": OWN}) as ask:
        for spoken in DIALECTS:
            assert ask.post(spoken.path, json=spoken.body()).status_code == 200
    assert {call.key for call in upstream.calls} == {ANTHROPIC_KEY, OPENAI_KEY}
    assert all(OWN not in value for call in upstream.calls for _, value in call.headers)


def test_a_gate_key_never_leaves(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, {**without_keys(upstream), "GATE_CLIENT_KEY": GATE_KEY})
    both = {"x-api-key": GATE_KEY, "authorization": f"Bearer {OWN}"}
    with asking(gate) as ask:
        answer = ask.post(MESSAGES.path, json={**MESSAGES.body(), "model": "claude-sonnet-4-6"}, headers=both)
    assert answer.status_code == 200, answer.text
    assert [call.key for call in upstream.calls] == [OWN]
    assert all(GATE_KEY not in value for call in upstream.calls for _, value in call.headers)


def test_a_provider_and_model_are_honoured_as_asked(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream))
    asked = {"anthropic/claude-opus-4-6": MESSAGES, "openai/gpt-5": CHAT}
    with asking(gate) as ask:
        for name, spoken in asked.items():
            answer = ask.post(spoken.path, json={**spoken.body(), "model": name})
            assert answer.status_code == 200, answer.text
            assert upstream.calls[-1].model == name.partition("/")[2]
            newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
            assert newest["serving_provider"] == name.partition("/")[0]


def test_nothing_told_has_a_secret_in_it(start_gate: Start, upstream: Upstream) -> None:
    """Not the log, spans, metrics or logs over OTLP, not errors, not the API: whether answers go well or badly."""
    answered = "words-of-the-answer-nobody-may-log"
    secrets = (ANTHROPIC_KEY, OPENAI_KEY, OWN, GATE_KEY, PROMPT, answered)
    told: list[str] = []
    with Sink() as sink:
        signals = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_LOGS_EXPORTER": "otlp"}
        more = {"GATE_CLIENT_KEY": GATE_KEY, **sink.environment(), **signals}
        gate = start_gate({"breaker": {"failures": 1000, "min_calls": 1000}}, environment(upstream, **more))
        headers = {"x-api-key": GATE_KEY, "authorization": f"Bearer {OWN}", "cookie": f"a={OWN}"}
        kinds = ("status", "garbage", "reset_before_head", "half_event", "html", "error_event")
        with asking(gate, headers=headers) as ask:
            for spoken in DIALECTS:
                for stream in (False, True):
                    ask.post(spoken.path, json=spoken.body(stream=stream))
                    for kind in kinds:
                        words = {"body": json.dumps({"error": {"message": answered}})} if kind == "status" else {}
                        upstream.fault(kind, **words)
                        ask.post(spoken.path, json=spoken.body(stream=stream))
                        upstream.clear()
                for bad in (b"{" + PROMPT.encode(), json.dumps([PROMPT]).encode(), b'{"model":"x","input":5}'):
                    told.append(ask.post(spoken.path, content=bad).text)
                unknown = ask.post(spoken.path, json={**spoken.body(), "model": "no-such"})
                assert error_of(spoken, unknown)
                told.append(unknown.text)
            told.append(ask.post(MESSAGES.path, json=MESSAGES.body(), headers={"x-api-key": GATE_KEY + "y"}).text)
            listed = ask.get("/gate/v1/decisions", params={"limit": 1000}).json()["decisions"]
            told.append(json.dumps(listed))
            told += [ask.get(f"/gate/v1/decisions/{one['decision_id']}").text for one in listed]
            told.append(ask.get("/metrics").text)
        assert eventually(lambda: len(sink.servers()) >= 40)
        assert gate.stop().code == 0
        told += [gate.output, sink.raw().decode("latin-1")]
    found = [
        (secret, text[max(0, at - 200) : at + 60])
        for secret in secrets
        for text in told
        if (at := text.find(secret)) >= 0
    ]
    assert not found
