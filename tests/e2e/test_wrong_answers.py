"""What an upstream may do instead of answering, in every dialect, stream and not."""

import httpx
import pytest

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, Spoken, Start, client, environment, error_of
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

BEFORE_CONTENT = ("html", "empty", "no_content", "garbage", "close_before_head", "reset_before_head")
QUICK = {"timeouts": {"first_byte_s": 1, "whole_s": 1, "idle_s": 1}, "breaker": {"failures": 1000, "min_calls": 1000}}


@pytest.fixture
def gate(start_gate: Start, upstream: Upstream) -> GateProcess:
    return start_gate(QUICK, environment(upstream))


def streamed(gate: GateProcess, spoken: Spoken) -> tuple[int, bytes]:
    with client(gate) as ask, ask.stream("POST", spoken.path, json=spoken.body(stream=True)) as answer:
        return answer.status_code, answer.read()


@pytest.mark.parametrize("fault", BEFORE_CONTENT)
@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_no_answer_is_a_typed_error(gate: GateProcess, upstream: Upstream, spoken: Spoken, fault: str) -> None:
    upstream.fault(fault)
    with client(gate) as ask:
        for stream in (False, True):
            answer = ask.post(spoken.path, json=spoken.body(stream=stream))
            assert answer.status_code == 502
            assert answer.headers["content-type"] == "application/json"
            error_of(spoken, answer)
            assert "x-should-retry" not in answer.headers


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_silence_is_a_timeout(gate: GateProcess, upstream: Upstream, spoken: Spoken) -> None:
    upstream.fault("silence")
    with client(gate) as ask:
        answer = ask.post(spoken.path, json=spoken.body())
    assert answer.status_code == 504
    error_of(spoken, answer)


@pytest.mark.parametrize("fault", ["half_event", "error_event", "stall", "reset_after_head"])
@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_a_stream_that_breaks_ends_with_the_dialects_error(
    gate: GateProcess, upstream: Upstream, spoken: Spoken, fault: str
) -> None:
    upstream.shape(text_chunks=20)
    upstream.fault(fault, **({} if fault == "reset_after_head" else {"after": 8}))
    status, body = streamed(gate, spoken)
    if status == 200:
        assert spoken.failed in body
        assert body.rstrip().split(b"\n\n")[-1].startswith(spoken.failed[:10])
        assert spoken.done not in body
    else:
        assert status in (500, 502), "nothing of it had gone to the client"


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
def test_json_to_a_streaming_request_becomes_the_stream(gate: GateProcess, upstream: Upstream, spoken: Spoken) -> None:
    upstream.fault("json_to_stream")
    status, body = streamed(gate, spoken)
    assert status == 200
    assert spoken.done in body


@pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)
@pytest.mark.parametrize("encoding", ["gzip", "zstd", "deflate"])
def test_a_compressed_answer_loses_no_usage(
    gate: GateProcess, upstream: Upstream, spoken: Spoken, encoding: str
) -> None:
    upstream.shape(encoding=encoding)
    status, body = streamed(gate, spoken)
    assert status == 200
    assert spoken.done in body
    with client(gate) as ask:
        assert ask.post(spoken.path, json=spoken.body()).json()["usage"]
        newest = ask.get("/gate/v1/decisions", params={"limit": 2}).json()["decisions"]
    assert all(decision["input_tokens"] == 200 for decision in newest)


def test_an_overflow_nobody_understands_is_reworded(gate: GateProcess, upstream: Upstream) -> None:
    body = '{"error":{"message":"This model\'s maximum context length is 100 tokens, your prompt has 200"}}'
    upstream.fault("status", status=400, body=body)
    with client(gate) as ask:
        claude = ask.post(MESSAGES.path, json=MESSAGES.body())
        openai = ask.post(CHAT.path, json=CHAT.body())
    assert claude.status_code == openai.status_code == 400
    assert error_of(MESSAGES, claude)["message"].startswith("prompt is too long")
    assert error_of(CHAT, openai)["code"] == "context_length_exceeded"


def test_the_head_is_held_then_pings(start_gate: Start, upstream: Upstream) -> None:
    settings = {"stream": {"head_after_s": 0.3, "ping_every_s": 0.2}}
    gate = start_gate(settings, environment(upstream))
    upstream.shape(head_delay=1.2)
    for spoken in DIALECTS:
        with client(gate) as ask, ask.stream("POST", spoken.path, json=spoken.body(stream=True)) as answer:
            assert "x-gate-decision-id" in answer.headers
            assert "x-gate-lane" not in answer.headers
            body = answer.read()
        assert body.startswith(b"event: ping" if spoken is MESSAGES else b":")
        assert spoken.done in body


def test_a_client_that_leaves_ends_the_upstreams_work(gate: GateProcess, upstream: Upstream) -> None:
    upstream.shape(text_chunks=500, interval=0.05)
    with client(gate) as ask, ask.stream("POST", MESSAGES.path, json=MESSAGES.body(stream=True)) as answer:
        next(answer.iter_bytes())
    upstream.wait_ended(1)
    assert upstream.calls[0].outcome == "client_gone"
    assert httpx.get(gate.url + "/healthz", trust_env=False).status_code == 200
