"""A request in a host's envelope: edits where they are meant, every other byte as it was."""

import base64
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gate.core.profile import Envelope
from gate.protocols.envelope import betas, count_answer, count_path, left_out, sealed, sealed_headers
from gate.providers.bedrock import ENVELOPE as BEDROCK
from gate.providers.vertex_anthropic import ENVELOPE as VERTEX

HEADERS = [
    (b"content-type", b"application/json"),
    (b"anthropic-beta", b"context-1m-2025-08-07, claude-code-20250219"),
    (b"Anthropic-Beta", b"interleaved-thinking-2025-05-14"),
]
BODY = (
    b'{ "model" : "claude-x", "max_tokens":64,\n"temperature": 1.0e0, "big":123456789012345678901234567890,'
    b' "messages":[{"role":"user","content":"\\u00e4\\ud83d"}],"stream":true }'
)


def members(body: bytes) -> dict[str, Any]:
    return json.loads(body)


def test_bedrock_has_the_model_in_the_path_and_the_betas_in_the_body() -> None:
    sent = sealed(BODY, BEDROCK, HEADERS)
    assert b'"temperature": 1.0e0' in sent
    assert b'"big":123456789012345678901234567890' in sent
    assert b'"messages":[{"role":"user","content":"\\u00e4\\ud83d"}]' in sent
    assert list(members(sent)) == [
        "max_tokens",
        "temperature",
        "big",
        "messages",
        "anthropic_version",
        "anthropic_beta",
    ]
    assert members(sent)["anthropic_version"] == "bedrock-2023-05-31"
    assert members(sent)["anthropic_beta"] == ["context-1m-2025-08-07", "interleaved-thinking-2025-05-14"]


def test_a_beta_the_host_would_refuse_the_request_for_is_left_out_and_told() -> None:
    assert left_out(HEADERS, BEDROCK) == ["claude-code-20250219"]
    only = Envelope(betas=("interleaved-*",), betas_in_body=True)
    assert members(sealed(BODY, only, HEADERS))["anthropic_beta"] == ["interleaved-thinking-2025-05-14"]
    assert "anthropic_beta" not in members(sealed(BODY, Envelope(betas=(), betas_in_body=True), HEADERS))


def test_betas_that_stay_in_their_header_can_be_chosen_too() -> None:
    lower = [(name.lower(), value) for name, value in HEADERS]
    kept = [(b"content-type", b"application/json"), *lower[1:], (b"content-length", b"3")]
    for every in (VERTEX, Envelope(), Envelope(betas=("*",))):
        assert sealed_headers(lower, every, 3) == kept
    some = sealed_headers(lower, Envelope(betas=("interleaved-*", "claude-*")), 3)
    assert some == [lower[0], (b"anthropic-beta", b"claude-code-20250219,interleaved-thinking-2025-05-14"), kept[-1]]
    assert sealed_headers(lower, Envelope(betas=()), 3) == [lower[0], kept[-1]]


def test_bedrock_is_asked_for_json_whatever_the_client_wants() -> None:
    client = [(b"accept", b"text/event-stream"), (b"content-type", b"application/json; charset=utf-8"), (b"x", b"y")]
    assert sealed_headers(client, BEDROCK, 9) == [
        (b"x", b"y"),
        (b"accept", b"application/json"),
        (b"content-type", b"application/json"),
        (b"content-length", b"9"),
    ]


def test_a_body_that_needs_nothing_is_not_touched() -> None:
    assert sealed(BODY, Envelope(betas=("*",)), HEADERS) is BODY


def test_vertex_keeps_stream_and_the_betas_header() -> None:
    sent = members(sealed(BODY, VERTEX, HEADERS))
    assert sent["anthropic_version"] == "vertex-2023-10-16"
    assert sent["stream"] is True
    assert "model" not in sent and "anthropic_beta" not in sent
    assert left_out(HEADERS, VERTEX) == []


def test_what_the_client_said_itself_stays() -> None:
    body = b'{"anthropic_version":"bedrock-2099-01-01","anthropic_beta":["mine"],"messages":[]}'
    assert sealed(body, BEDROCK, HEADERS) is body


def test_an_empty_body_gets_its_members() -> None:
    assert sealed(b"{}", VERTEX, []) == b'{"anthropic_version":"vertex-2023-10-16"}'


def test_bedrock_counts_a_request_inside_another_one() -> None:
    outer = members(sealed(b'{"model":"m","messages":[]}', BEDROCK, HEADERS, counting=True))
    inner = members(base64.b64decode(outer["input"]["invokeModel"]["body"], validate=True))
    assert list(inner) == ["messages", "anthropic_version", "anthropic_beta", "max_tokens"]
    assert inner["max_tokens"] == 1


def test_the_limit_made_up_for_counting_exceeds_the_thinking_budget() -> None:
    body = b'{"model":"m","messages":[],"thinking":{"type":"enabled","budget_tokens":4096}}'
    outer = members(sealed(body, BEDROCK, [], counting=True))
    assert members(base64.b64decode(outer["input"]["invokeModel"]["body"]))["max_tokens"] == 4097


def test_vertex_counts_with_the_model_in_the_body() -> None:
    assert members(sealed(b'{"model":"m","messages":[]}', VERTEX, [], counting=True))["model"] == "m"


def test_tokens_are_counted_for_the_model_of_an_inference_profile() -> None:
    assert count_path("/model/us.anthropic.claude-x%3A0/count-tokens", BEDROCK) == (
        "/model/anthropic.claude-x%3A0/count-tokens"
    )
    for path in ("/model/anthropic.claude-x/count-tokens", "/model/arn%3Aaws%3Abedrock/count-tokens"):
        assert count_path(path, BEDROCK) == path
    assert count_path("/model/us.anthropic.x/y", VERTEX) == "/model/us.anthropic.x/y"


def test_a_count_is_answered_in_the_vendors_words() -> None:
    assert count_answer(b'{"inputTokens": 17}') == b'{"input_tokens":17}'
    for other in (b'{"input_tokens":3}', b"[]", b"", b'{"inputTokens":"x"}', b"\xff"):
        assert count_answer(other) == other


def test_betas_of_all_headers_in_order() -> None:
    assert betas(HEADERS) == ["context-1m-2025-08-07", "claude-code-20250219", "interleaved-thinking-2025-05-14"]
    assert betas([(b"anthropic-beta", b" , ,")]) == []


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["model", "stream", "anthropic_version", "x"]) | st.text(), VALUES, max_size=6))
def test_nothing_else_of_a_body_changes(value: dict[str, Any]) -> None:
    body = json.dumps(value).encode()
    sent = members(sealed(body, BEDROCK, []))
    assert sent.pop("anthropic_version") == value.get("anthropic_version", "bedrock-2023-05-31")
    kept = {name: one for name, one in value.items() if name not in ("model", "stream", "anthropic_version")}
    assert sent == kept
