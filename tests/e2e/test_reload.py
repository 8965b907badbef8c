"""A new configuration while Gate serves: applied without a cut, or refused while the old one keeps serving."""

import signal

import pytest

from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.e2e.sink import eventually
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream


def mapped(to: str) -> dict[str, object]:
    return {"models": {"house-model": to}}


def served(gate: GateProcess) -> str:
    with client(gate) as ask:
        answer = ask.post(MESSAGES.path, json={**MESSAGES.body(), "model": "house-model"})
        assert answer.status_code == 200, answer.text
    with client(gate) as ask:
        return ask.get("/gate/v1/decisions").json()["decisions"][0]["intent"]


def reloads(gate: GateProcess, result: str) -> float:
    return gate.metric("gate_config_reloads_total", result=result)


@pytest.mark.parametrize("by", ["signal", "file"])
def test_refused_then_applied(start_gate: Start, upstream: Upstream, by: str) -> None:
    gate = start_gate(mapped("premium"), environment(upstream))
    assert served(gate) == "premium"

    gate.config_file.write_text("models: {house-model: eco}\nlimts: {in_flight: 3}\n")
    if by == "signal":
        gate.signal(signal.SIGHUP)
    assert eventually(lambda: reloads(gate, "refused") >= 1)
    assert served(gate) == "premium", "the old one keeps serving"
    assert "configuration refused" in gate.output
    assert "limits" in gate.output, "names the nearest valid key"

    gate.write_config(mapped("eco"))
    if by == "signal":
        gate.signal(signal.SIGHUP)
    assert eventually(lambda: reloads(gate, "applied") >= 1)
    assert served(gate) == "eco"
    assert "configuration reloaded" in gate.output


def test_a_stream_survives_a_reload(start_gate: Start, upstream: Upstream) -> None:
    upstream.shape(text_chunks=30, interval=0.05)
    gate = start_gate(mapped("premium"), environment(upstream), workers=2)
    with client(gate) as ask, ask.stream("POST", MESSAGES.path, json=MESSAGES.body(stream=True)) as answer:
        parts = answer.iter_bytes()
        body = next(parts)
        gate.write_config(mapped("eco"))
        gate.signal(signal.SIGHUP)
        body += b"".join(parts)
    assert MESSAGES.done in body
    assert eventually(lambda: reloads(gate, "applied") >= 2), "both workers"
    assert all(served(gate) == "eco" for _ in range(4))
