"""More of what an upstream may do, in every dialect: refuse, stop without an end marker, fail in a stream, say when."""

import pytest

from tests.e2e.serving import CHAT, DIALECTS, MESSAGES, RESPONSES, Spoken, Start, client, environment, error_of
from tests.harness.gate import GateProcess
from tests.harness.ports import refusing_port
from tests.harness.upstream import Upstream

NO_BREAKER = {"breaker": {"failures": 1000, "min_calls": 1000}, "limits": {"retry_wait_cap_s": 0.1}}
each_dialect = pytest.mark.parametrize("spoken", DIALECTS, ids=lambda spoken: spoken.path)


@pytest.fixture
def gate(start_gate: Start, upstream: Upstream) -> GateProcess:
    return start_gate(NO_BREAKER, environment(upstream))


@each_dialect
def test_a_refused_connection(start_gate: Start, upstream: Upstream, spoken: Spoken) -> None:
    with refusing_port() as port:
        env = environment(upstream)
        env |= {
            "GATE_ANTHROPIC_BASE_URL": f"http://127.0.0.1:{port}",
            "GATE_OPENAI_BASE_URL": f"http://127.0.0.1:{port}",
        }
        gate = start_gate(NO_BREAKER, env)
        with client(gate) as ask:
            for streamed in (False, True):
                answer = ask.post(spoken.path, json=spoken.body(stream=streamed))
                assert answer.status_code == 502, answer.text
                assert error_of(spoken, answer)
                assert "x-should-retry" not in answer.headers


@each_dialect
@pytest.mark.parametrize("how", ["end", "close", "reset"])
def test_a_stream_without_its_end_marker(gate: GateProcess, upstream: Upstream, spoken: Spoken, how: str) -> None:
    """A clean close would lose tool calls silently: the client is told, by its dialect's error as the last event."""
    upstream.shape(text_chunks=30, interval=0.01)
    upstream.fault("cut", after=12, how=how)
    with client(gate) as ask:
        answer = ask.post(spoken.path, json=spoken.body(stream=True))
        newest = ask.get("/gate/v1/decisions").json()["decisions"][0]
    assert answer.status_code == 200
    assert answer.content.rstrip().rpartition(b"\n\n")[2].startswith(spoken.failed), answer.text[-300:]
    assert spoken.done not in answer.content
    assert answer.content.count(spoken.failed) == 1
    assert newest["outcome"] != "served"


@each_dialect
def test_an_error_event_keeps_its_words(gate: GateProcess, upstream: Upstream, spoken: Spoken) -> None:
    upstream.shape(text_chunks=30, interval=0.01)
    upstream.fault("error_event", after=12, message="the upstream's very own words")
    with client(gate) as ask:
        answer = ask.post(spoken.path, json=spoken.body(stream=True))
    assert answer.status_code == 200
    assert "the upstream's very own words" in answer.text
    assert answer.content.count(spoken.failed) == 1
    assert spoken.done not in answer.content


@pytest.mark.parametrize("spoken", [CHAT, RESPONSES], ids=lambda spoken: spoken.path)
@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_errors_pass_byte_for_byte(gate: GateProcess, upstream: Upstream, spoken: Spoken, status: int) -> None:
    body = '{ "error": {"message": "own \\u0077ords", "type": "x", "param": null, "code": "y"}, "more": 1.0 }'
    upstream.fault("status", status=status, body=body, headers={"retry-after": "77"})
    with client(gate) as ask:
        for streamed in (False, True):
            answer = ask.post(spoken.path, json=spoken.body(stream=streamed))
            assert (answer.status_code, answer.text) == (status, body)
            assert answer.headers["retry-after"] == "77"
            assert answer.headers["x-request-id"] == upstream.calls[-1].request_id


@each_dialect
def test_every_429_says_when(gate: GateProcess, upstream: Upstream, spoken: Spoken) -> None:
    """Codex does not retry a 429 without Retry-After."""
    upstream.fault("status", status=429)
    with client(gate) as ask:
        answer = ask.post(spoken.path, json=spoken.body())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert "x-should-retry" not in answer.headers


def test_usage_is_counted_once(gate: GateProcess, upstream: Upstream) -> None:
    upstream.shape(text_chunks=5)
    with client(gate) as ask:
        for spoken in (MESSAGES, CHAT, RESPONSES):
            ask.post(spoken.path, json=spoken.body(stream=True))
            ask.post(spoken.path, json=spoken.body())
            told = ask.get("/gate/v1/decisions", params={"limit": 2}).json()["decisions"]
            assert told[0]["input_tokens"] == told[1]["input_tokens"] == 200
            assert told[0]["output_tokens"] == told[1]["output_tokens"]
