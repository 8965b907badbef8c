"""Bad input gets a clear error in the dialect of whoever sent it, and nothing is lost."""

import gzip
import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import zstandard

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, RESPONSES, Spoken, Start, client, environment, error_of
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

KEY = "gate-client-key-0123456789abcdefghijklmnop"
MEGABYTE = 1 << 20


@pytest.fixture
def gate(start_gate: Start, upstream: Upstream) -> GateProcess:
    return start_gate({}, environment(upstream))


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_bad_bodies(gate: GateProcess, upstream: Upstream, spoken: Spoken) -> None:
    bad = {
        "malformed": b"{nope",
        "empty": b"",
        "not an object": b"[1]",
        "wrong type": b'{"model": 5, "messages": [], "input": "x"}',
        "no model": b'{"messages": [], "input": "x"}',
        "a member twice": b'{"model":"a","mod\\u0065l":"b","messages":[],"input":"x"}',
        "nested": b'{"model":"a","messages":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    }
    with client(gate) as ask:
        for name, body in bad.items():
            answer = ask.post(spoken.path, content=body)
            assert answer.status_code == 400, name
            assert error_of(spoken, answer)["type"] == "invalid_request_error", name
            assert answer.headers["x-should-retry"] == "false"
            assert answer.headers.get("request-id") or answer.headers.get("x-request-id")
            assert answer.headers["traceresponse"]
    assert not upstream.calls


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_a_body_of_40_mb(gate: GateProcess, spoken: Spoken) -> None:
    with client(gate) as ask:
        announced = ask.post(spoken.path, content=b" " * (40 * MEGABYTE))
        chunked = ask.post(spoken.path, content=(b" " * MEGABYTE for _ in range(40)))
    for answer in (announced, chunked):
        error = error_of(spoken, answer)
        if spoken is MESSAGES:
            assert (answer.status_code, error["type"]) == (413, "request_too_large")
        else:
            assert (answer.status_code, error["code"]) == (400, "request_too_large")
        assert answer.headers["x-should-retry"] == "false"


def test_methods_paths_and_names(gate: GateProcess) -> None:
    with client(gate) as ask:
        for spoken in DIALECTS:
            wrong = ask.get(spoken.path)
            assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
            error_of(spoken, wrong)
            unknown = ask.post(spoken.path, json={**spoken.body(), "model": "nobody-knows-this"})
            assert unknown.status_code == 404
            assert "nobody-knows-this" in error_of(spoken, unknown)["message"]
        assert ask.post("/v1/analytics/events", json={}).status_code == 404
        for path in ("/v1/v1/messages", "/v1/messages/", "/v1/messages?beta=true"):
            assert ask.post(path, json=MESSAGES.body()).status_code == 200, path
        assert ask.get("/").status_code == ask.head("/").status_code == 200


def test_encoded_bodies(gate: GateProcess, upstream: Upstream) -> None:
    plain = json.dumps(MESSAGES.body()).encode()
    with client(gate) as ask:
        for name, body in {"gzip": gzip.compress(plain), "zstd": zstandard.compress(plain)}.items():
            assert ask.post(MESSAGES.path, content=body, headers={"content-encoding": name}).status_code == 200
        refused = ask.post(MESSAGES.path, content=b"x", headers={"content-encoding": "br"})
    assert refused.status_code == 415
    error_of(MESSAGES, refused)
    assert all(dict(call.headers).get("content-encoding") is None for call in upstream.calls)
    assert all(call.json["messages"] == MESSAGES.body()["messages"] for call in upstream.calls)


def test_keys(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"listen": {"host": "0.0.0.0"}}, environment(upstream, GATE_CLIENT_KEY=KEY))
    with client(gate) as ask:
        missing = ask.post(MESSAGES.path, json=MESSAGES.body())
        wrong = ask.post(MESSAGES.path, json=MESSAGES.body(), headers={"x-api-key": KEY + "x"})
        right = ask.post(CHAT.path, json=CHAT.body(), headers={"authorization": f"Bearer {KEY}"})
    assert (missing.status_code, error_of(MESSAGES, missing)["type"]) == (401, "authentication_error")
    assert (wrong.status_code, error_of(MESSAGES, wrong)["type"]) == (401, "authentication_error")
    assert right.status_code == 200
    assert KEY not in str(gate.output)


def test_what_no_route_can_carry_names_the_keys_that_would_help(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, {"GROQ_API_KEY": "a-groq-key", "GATE_GROQ_BASE_URL": upstream.url})
    document = {"type": "document", "source": {"type": "file", "file_id": "file_1"}}
    with client(gate) as ask:
        turn = {"role": "user", "content": [document]}
        answer = ask.post(MESSAGES.path, json={"model": "claude-sonnet-4-6", "max_tokens": 9, "messages": [turn]})
    told = error_of(MESSAGES, answer)["message"]
    assert answer.status_code == 400
    assert "ANTHROPIC_API_KEY" in told
    assert "OPENROUTER_API_KEY" in told
    assert "groq in openai_chat would lose documents" in told
    assert upstream.calls == []


def test_a_full_house(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({"limits": {"in_flight": 1, "queue": 0, "retry_after_s": 3}}, environment(upstream))
    upstream.shape(head_delay=2)
    with client(gate) as ask, ThreadPoolExecutor(1) as pool:
        first = pool.submit(httpx.post, gate.url + CHAT.path, json=CHAT.body(), timeout=20, trust_env=False)
        upstream.wait_requests(1)
        full = ask.post(MESSAGES.path, json=MESSAGES.body())
        busy = ask.post(RESPONSES.path, json=RESPONSES.body())
        assert first.result().status_code == 200
    assert (full.status_code, error_of(MESSAGES, full)["type"]) == (529, "overloaded_error")
    assert busy.status_code == 429
    assert full.headers["retry-after"] == busy.headers["retry-after"] == "3"
    assert gate.metric("gate_overload_rejections_total", reason="overloaded") == 2
