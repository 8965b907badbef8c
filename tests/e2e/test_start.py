"""Gate from its first second on: without anything configured, what it refuses, and which listener shows what."""

import json
import subprocess
import sys
import tempfile
import time

import httpx
import pytest

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, PROMPT, Spoken, Start, client, environment, error_of
from tests.harness.gate import ROOT, GateNotReady, GateProcess
from tests.harness.ports import free_port, free_ports
from tests.harness.upstream import Upstream

ADMIN_KEY = "gate-admin-key-0123456789abcdefghijklmnop"
CLIENT_KEY = "gate-client-key-0123456789abcdefghijklmnop"
OPERATORS = ("/metrics", "/gate/v1/decisions")


def test_with_nothing_configured_the_simulated_provider_answers(start_gate: Start) -> None:
    gate = start_gate()
    with client(gate) as ask:
        for spoken in DIALECTS:
            for model in (spoken.model, "auto"):
                whole = ask.post(spoken.path, json={**spoken.body(), "model": model})
                assert whole.status_code == 200, whole.text
                assert "simulated" in whole.json()["model"]
                streamed = ask.post(spoken.path, json={**spoken.body(stream=True), "model": model})
                assert streamed.status_code == 200
                assert streamed.headers["content-type"].startswith("text/event-stream")
                assert spoken.done in streamed.content
                assert b"simulated" in streamed.content


def test_the_printed_lines_work(start_gate: Start) -> None:
    """What the start prints can be pasted: the curl, and the key of the Claude Code line."""
    gate = start_gate()
    printed = gate.output
    begin = printed.index("  curl ")
    command = printed[begin : printed.index("'\n", begin + printed[begin:].index("-d ")) + 1]
    told = subprocess.run(["bash", "-c", command + " -sS"], capture_output=True, text=True, timeout=20, check=True)
    assert "simulated" in json.loads(told.stdout)["model"], told.stderr
    key = printed.partition("ANTHROPIC_AUTH_TOKEN=")[2].split()[0]
    with client(gate, headers={"authorization": f"Bearer {key}"}) as ask:
        assert "simulated" in ask.post(MESSAGES.path, json=MESSAGES.body()).json()["model"]


def test_the_first_answer_comes_soon() -> None:
    """The issue asks for one second; a busy machine gets five."""
    port = free_port()
    began = time.monotonic()
    answered = None
    with tempfile.TemporaryFile() as sink:
        command = [sys.executable, "-m", "gate", "serve", "--port", str(port)]
        running = subprocess.Popen(command, cwd=ROOT, stdout=sink, stderr=sink, env={"PATH": "/usr/bin:/bin"})
        try:
            while answered is None and time.monotonic() - began < 20:
                try:
                    url = f"http://127.0.0.1:{port}{MESSAGES.path}"
                    assert httpx.post(url, json=MESSAGES.body(), trust_env=False).status_code == 200
                    answered = time.monotonic() - began
                except httpx.TransportError:
                    time.sleep(0.01)
        finally:
            running.terminate()
            running.wait(20)
    assert answered is not None
    print(f"first answer after {answered:.2f} s")
    assert answered < 5


def test_an_address_that_is_not_loopback_needs_client_keys(start_gate: Start) -> None:
    with pytest.raises(GateNotReady, match="client key") as refused:
        start_gate({"listen": {"host": "0.0.0.0"}})
    assert refused.value.code not in (0, None)
    assert "Traceback" not in refused.value.output
    allowed = start_gate({"listen": {"host": "0.0.0.0"}}, args=["--allow-anonymous"])
    assert "WARNING" in allowed.output


def test_an_upstream_that_is_gate_itself_is_refused(start_gate: Start) -> None:
    port = str(free_port())
    for name in ("127.0.0.1", "localhost"):
        address = f"http://{name}:{port}"
        with pytest.raises(GateNotReady) as refused:
            start_gate(None, {"ANTHROPIC_API_KEY": "k", "GATE_ANTHROPIC_BASE_URL": address}, ["--port", port])
        assert refused.value.code not in (0, None)
        assert "anthropic" in refused.value.output
        assert "Traceback" not in refused.value.output


def test_a_request_that_comes_round_again_is_told_so(start_gate: Start) -> None:
    """Two Gates, each the other's upstream."""
    one, two = free_ports(2)
    gates: list[GateProcess] = []
    for own, other in ((one, two), (two, one)):
        address = f"http://127.0.0.1:{other}"
        env = {"ANTHROPIC_API_KEY": "k", "GATE_ANTHROPIC_BASE_URL": address}
        gates.append(start_gate(None, env, ["--port", str(own)]))
    with client(gates[0]) as ask:
        answer = ask.post(MESSAGES.path, json=MESSAGES.body())
    assert answer.status_code == 508, answer.text
    assert "already passed through this Gate" in error_of(MESSAGES, answer)["message"]
    assert gates[0].metric("gate_in_flight_requests") == gates[1].metric("gate_in_flight_requests") == 0


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_the_mark_of_a_request_that_was_here_is_508_in_the_dialect(
    start_gate: Start, upstream: Upstream, spoken: Spoken
) -> None:
    gate = start_gate({}, environment(upstream))
    with client(gate) as ask:
        assert ask.post(spoken.path, json=spoken.body()).status_code == 200
        via = dict(upstream.calls[0].headers)["via"]
        assert via.startswith("1.1 gate-")
        again = ask.post(spoken.path, json=spoken.body(), headers={"via": f"1.1 other, {via}"})
    assert again.status_code == 508
    error_of(spoken, again)
    assert len(upstream.calls) == 1


def test_the_operators_part_is_on_its_listener_only(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream), admin=True)
    assert gate.admin_url != gate.url
    with client(gate) as public, httpx.Client(base_url=gate.admin_url, trust_env=False) as admin:
        decision_id = public.post(MESSAGES.path, json=MESSAGES.body()).headers["x-gate-decision-id"]
        for path in (*OPERATORS, f"/gate/v1/decisions/{decision_id}"):
            assert public.get(path).status_code == 404, path
            assert admin.get(path).status_code == 200, path
        assert public.post("/gate/v1/explain", json={"model": "auto"}).status_code == 404
        assert admin.post("/gate/v1/explain", json={"model": "auto"}).status_code == 200
        assert admin.post(MESSAGES.path, json=MESSAGES.body()).status_code == 404
        assert public.get("/healthz").status_code == admin.get("/healthz").status_code == 200


def test_a_public_listener_asks_for_the_admin_key(start_gate: Start, upstream: Upstream) -> None:
    env = environment(upstream, GATE_CLIENT_KEY=CLIENT_KEY, GATE_ADMIN_KEY=ADMIN_KEY)
    gate = start_gate({"listen": {"host": "0.0.0.0"}}, env)
    with client(gate) as ask:
        for path in OPERATORS:
            for key in (None, CLIENT_KEY, ADMIN_KEY + "x"):
                headers = {"authorization": f"Bearer {key}"} if key else {}
                assert ask.get(path, headers=headers).status_code == 401, (path, key)
            assert ask.get(path, headers={"authorization": f"Bearer {ADMIN_KEY}"}).status_code == 200
        admins = ask.post(MESSAGES.path, json=MESSAGES.body(), headers={"x-api-key": ADMIN_KEY})
        assert admins.status_code == 401, "an admin key is not a client key"
        assert ask.get("/healthz").status_code == 200
    assert ADMIN_KEY not in gate.output


def test_a_path_prefix(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"listen": {"path_prefix": "/team/ai"}}, environment(upstream))
    with client(gate) as ask:
        for path in ("/team/ai/v1/messages", "/team/ai/v1/v1/messages", "/team/ai/v1/messages/?beta=true"):
            assert ask.post(path, json=MESSAGES.body()).status_code == 200, path
        assert ask.post("/team/ai/v1/chat/completions", json=CHAT.body()).status_code == 200
        for path in ("/team/ai", "/team/ai/"):
            assert ask.get(path).status_code == ask.head(path).status_code == 200, path
        unknown = ask.post("/team/ai/v1/nothing", json={"input": PROMPT})
    assert unknown.status_code == 404
    assert PROMPT not in unknown.text
