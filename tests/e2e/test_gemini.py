"""Google's own client through Gate, on a Gemini upstream and on another vendor's; and whose key goes where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.serving import ANTHROPIC_KEY, PROMPT, Start
from tests.e2e.serving import client as asking
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream

GOOGLE_KEY = "provider-key-google-0123456789"
OWN = "AIzaSyOwnCredentialOfAUser0123456789abcdef"
GATE_KEY = "gate-key-of-a-client-0123456789abcdefghijkl"
MODEL = "gemini-3.8-flash"
BODY: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": PROMPT}]}]}


def path(verb: str, model: str = MODEL) -> str:
    return f"/v1beta/models/{model}:{verb}"


def environment(upstream: Upstream, **more: str) -> dict[str, str]:
    return {"GATE_GEMINI_BASE_URL": upstream.url, "GATE_ANTHROPIC_BASE_URL": upstream.url, **more}


def google(gate: GateProcess, **options: Any) -> Any:
    genai = pytest.importorskip("google.genai")
    http = genai.types.HttpOptions(base_url=gate.url, **options)
    return genai.Client(api_key="not-a-key-of-anybody", http_options=http)


@pytest.mark.parametrize(
    ("keys", "model"),
    [({"GEMINI_API_KEY": GOOGLE_KEY}, MODEL), ({"ANTHROPIC_API_KEY": ANTHROPIC_KEY}, "claude-sonnet-4-6")],
    ids=["gemini upstream", "messages upstream"],
)
def test_googles_client(start_gate: Start, upstream: Upstream, keys: dict[str, str], model: str) -> None:
    gate = start_gate({}, environment(upstream, **keys))
    with google(gate) as client:
        whole = client.models.generate_content(model=model, contents=PROMPT)
        pieces = list(client.models.generate_content_stream(model=model, contents=PROMPT))
        listed = [one.name for one in client.models.list()]
        one = client.models.get(model="claude-gate-auto")
    assert whole.text
    assert "".join(one.text or "" for one in pieces) == whole.text
    assert whole.usage_metadata.total_token_count == pieces[-1].usage_metadata.total_token_count > 0
    assert whole.candidates[0].finish_reason == pieces[-1].candidates[0].finish_reason == "STOP"
    assert "models/claude-gate-auto" in listed
    assert one.display_name == "Gate: auto"
    assert {call.key for call in upstream.calls} == set(keys.values())


def test_counting_asks_google(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    with google(gate) as client:
        counted = client.models.count_tokens(model=MODEL, contents=PROMPT)
    assert counted.total_tokens > 0
    assert [call.path for call in upstream.requests] == [path("countTokens")]


def test_googles_client_understands_errors(start_gate: Start, upstream: Upstream) -> None:
    errors = pytest.importorskip("google.genai.errors")
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    upstream.fault("status", status=400, times=1)
    with google(gate) as client:
        with pytest.raises(errors.ClientError) as refused:
            client.models.generate_content(model=MODEL, contents=PROMPT)
        with pytest.raises(errors.ClientError) as unknown:
            list(client.models.generate_content_stream(model="no-such-model", contents=PROMPT))
    assert (refused.value.code, refused.value.status) == (400, "INVALID_ARGUMENT")
    assert (unknown.value.code, unknown.value.status) == (404, "NOT_FOUND")


def test_a_stream_without_sse_is_an_array(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    with asking(gate) as ask:
        whole = ask.post(path("generateContent"), json=BODY)
        array = ask.post(path("streamGenerateContent"), json=BODY)
        refused = ask.post(path("streamGenerateContent", "no-such-model"), json=BODY)
    assert array.headers["content-type"] == "application/json; charset=UTF-8"
    texts = [part["text"] for one in array.json() for part in one["candidates"][0]["content"]["parts"]]
    assert "".join(texts) == whole.json()["candidates"][0]["content"]["parts"][0]["text"]
    assert refused.status_code == 404
    assert refused.json()[0]["error"]["status"] == "NOT_FOUND"
    assert upstream.calls[-1].target.endswith(":streamGenerateContent?alt=sse"), "asked for events all the same"


@pytest.mark.parametrize("where", ["query", "header"])
def test_a_users_own_key_goes_to_google_and_nowhere_else(start_gate: Start, upstream: Upstream, where: str) -> None:
    gate = start_gate({}, environment(upstream))
    sent: dict[str, Any] = {"params": {"key": OWN}} if where == "query" else {"headers": {"x-goog-api-key": OWN}}
    with asking(gate) as ask:
        answer = ask.post(path("generateContent"), json=BODY, **sent)
        decisions = ask.get("/gate/v1/decisions").text
        metrics = ask.get("/metrics").text
    assert answer.status_code == 200, answer.text
    (call,) = upstream.calls
    assert call.key == OWN
    assert OWN not in call.target, "never in an address"
    for told in (gate.output, decisions, metrics, str(answer.headers)):
        assert OWN not in told
        assert PROMPT not in told


def test_a_gate_key_in_the_query_opens_gate_and_never_leaves(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY, GATE_CLIENT_KEY=GATE_KEY))
    with asking(gate) as ask:
        answer = ask.post(path("generateContent"), json=BODY, params={"key": GATE_KEY})
        wrong = ask.post(path("generateContent"), json=BODY, params={"key": GATE_KEY + "x"})
    assert answer.status_code == 200, answer.text
    assert (wrong.status_code, wrong.json()["error"]["status"]) == (401, "UNAUTHENTICATED")
    (call,) = upstream.calls
    assert call.key == GOOGLE_KEY
    assert all(GATE_KEY not in text for text in (call.target, gate.output, json.dumps(call.headers)))


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", path("generateContent"), 405),
        ("POST", path("embedContent"), 404),
        ("GET", "/v1beta/nothing", 404),
        ("GET", "/v1beta/models/nothing", 404),
    ],
)
def test_every_refusal_has_googles_shape(
    start_gate: Start, upstream: Upstream, method: str, target: str, status: int
) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    with asking(gate) as ask:
        answer = ask.request(method, target)
        listed = ask.get("/v1beta/models/claude-gate-auto").json()
    assert answer.status_code == status
    assert answer.json()["error"]["code"] == status
    assert listed["name"] == "models/claude-gate-auto"


@pytest.mark.parametrize("asked", ["models%2F" + MODEL, "gemini/" + MODEL, "gemini%2F" + MODEL, MODEL])
def test_a_models_name_may_hold_slashes(start_gate: Start, upstream: Upstream, asked: str) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    with asking(gate) as ask:
        for version in ("v1beta", "v1", "v1/v1beta"):
            answer = ask.post(f"/{version}/models/{asked}:generateContent", json=BODY)
            assert answer.status_code == 200, answer.text
    assert {call.path for call in upstream.calls} == {path("generateContent")}


def test_a_stream_that_breaks_off_ends_with_googles_error(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    upstream.shape(text_chunks=6)
    upstream.fault("cut", after=2)
    with asking(gate) as ask:
        answer = ask.post(path("streamGenerateContent"), json=BODY, params={"alt": "sse"})
    last = json.loads(answer.text.rstrip().rpartition("data: ")[2])
    assert last["error"]["status"] == "UNAVAILABLE"


def test_the_first_request_works_without_any_key(start_gate: Start) -> None:
    gate = start_gate({}, {})
    with asking(gate) as ask:
        whole = ask.post(path("generateContent", "auto"), json=BODY)
        stream = ask.post(path("streamGenerateContent", "auto"), json=BODY, params={"alt": "sse"})
        counted = ask.post(path("countTokens", "auto"), json=BODY)
    assert "simulated" in whole.json()["candidates"][0]["content"]["parts"][0]["text"]
    assert json.loads(stream.text.removeprefix("data: "))["candidates"][0]["finishReason"] == "STOP"
    assert counted.json()["totalTokens"] > 0


def test_googles_own_errors_pass_as_they_are(start_gate: Start, upstream: Upstream) -> None:
    """Also an overflow, which other dialects' clients are told in other words; how long to wait stands in the body."""
    gate = start_gate({}, environment(upstream, GEMINI_API_KEY=GOOGLE_KEY))
    overflow = "The input token count (9) exceeds the maximum number of tokens allowed (8)."
    limit = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}
    for status, error in (
        (400, {"code": 400, "message": overflow, "status": "INVALID_ARGUMENT"}),
        (429, {"code": 429, "message": "Quota", "status": "RESOURCE_EXHAUSTED", "details": [limit]}),
    ):
        body = json.dumps({"error": error}, indent=2)
        upstream.fault("status", status=status, body=body, times=1)
        with asking(gate) as ask:
            answer = ask.post(path("generateContent"), json=BODY)
        assert (answer.status_code, answer.text) == (status, body)
    assert answer.headers["retry-after"] == "35"
