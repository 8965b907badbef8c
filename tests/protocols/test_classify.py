"""gate.protocols.classify: status, headers and body of an upstream's error, to one failure kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.failure import FailureKind as K
from gate.protocols.classify import classify, in_band, read_words, retry_after
from tests.protocols.test_overflow import LOOK_ALIKES, WORDINGS


def anthropic(kind: str, message: str = "words") -> bytes:
    return json.dumps({"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}).encode()


def openai(message: str = "words", kind: str | None = None, code: Any = None) -> bytes:
    return json.dumps({"error": {"message": message, "type": kind, "param": None, "code": code}}).encode()


HTML = b"<html><head><title>502 Bad Gateway</title></head><body>cloudflare</body></html>"
QUOTA = "You exceeded your current quota, please check your plan and billing details."

CASES: list[tuple[int, bytes, K]] = [
    (429, anthropic("rate_limit_error"), K.RATE_LIMITED),
    (429, openai("slow down", "requests", "rate_limit_exceeded"), K.RATE_LIMITED),
    (429, b"", K.RATE_LIMITED),
    (429, openai("Too many tokens, please wait"), K.RATE_LIMITED),
    (429, openai(QUOTA, "insufficient_quota", "insufficient_quota"), K.QUOTA_EXHAUSTED),
    (429, openai(QUOTA), K.QUOTA_EXHAUSTED),
    (529, anthropic("overloaded_error"), K.OVERLOADED),
    (503, HTML, K.OVERLOADED),
    (500, anthropic("overloaded_error"), K.OVERLOADED),
    (500, anthropic("api_error"), K.SERVER_ERROR),
    (502, HTML, K.SERVER_ERROR),
    (520, b"", K.SERVER_ERROR),
    (501, b"", K.UNEXPECTED_STATUS),
    (508, anthropic("api_error"), K.UNEXPECTED_STATUS),
    (504, anthropic("timeout_error"), K.UPSTREAM_TIMEOUT),
    (408, b"", K.UPSTREAM_TIMEOUT),
    (524, HTML, K.UPSTREAM_TIMEOUT),
    (401, anthropic("authentication_error"), K.INVALID_AUTH),
    (400, b'[{"error":{"code":400,"message":"API key not valid. Please pass one.","status":"X"}}]', K.INVALID_AUTH),
    (402, anthropic("billing_error"), K.BILLING),
    (400, anthropic("invalid_request_error", "Your credit balance is too low to access the API."), K.BILLING),
    (403, HTML, K.PERMISSION_DENIED),
    (404, anthropic("not_found_error", "model: claude-x"), K.MODEL_UNAVAILABLE),
    (
        404,
        openai("The model `x` does not exist or you do not have access to it.", None, "model_not_found"),
        K.MODEL_UNAVAILABLE,
    ),
    (404, openai("No endpoints found for x/y.", code=404), K.MODEL_UNAVAILABLE),
    (404, HTML, K.UNEXPECTED_STATUS),
    (404, b'{"detail":"Not Found"}', K.UNEXPECTED_STATUS),
    (400, openai("x/y is not a valid model ID", code=400), K.MODEL_UNAVAILABLE),
    (400, openai("The model `x` has been decommissioned", code="model_decommissioned"), K.MODEL_UNAVAILABLE),
    (400, openai("This model does not support the parameter 'temperature'"), K.INVALID_REQUEST),
    (400, anthropic("invalid_request_error", "messages: at least one message is required"), K.INVALID_REQUEST),
    (422, b'{"detail":[{"msg":"field required"}]}', K.INVALID_REQUEST),
    (413, anthropic("request_too_large"), K.REQUEST_TOO_LARGE),
    (413, HTML, K.REQUEST_TOO_LARGE),
    (413, openai("Request too large for model: tokens per minute", "tokens", "rate_limit_exceeded"), K.RATE_LIMITED),
    (400, b"", K.CONTEXT_OVERFLOW),
    (413, b" \n", K.CONTEXT_OVERFLOW),
    (400, openai("too long", "invalid_request_error", "context_length_exceeded"), K.CONTEXT_OVERFLOW),
    (409, anthropic("conflict_error"), K.UNEXPECTED_STATUS),
    (405, b"", K.UNEXPECTED_STATUS),
    (301, b"", K.UNEXPECTED_STATUS),
]


@pytest.mark.parametrize(("status", "body", "kind"), CASES)
def test_cases(status: int, body: bytes, kind: K) -> None:
    failure = classify(status, [], body)
    assert failure.kind is kind
    assert failure.status == status
    assert failure.detail == f"the upstream answered {status}"


@pytest.mark.parametrize("text", [text for text, _, _ in WORDINGS])
def test_overflow_wordings_in_every_shape(text: str) -> None:
    shapes = [
        anthropic("invalid_request_error", text),
        openai(text),
        json.dumps({"error": text}).encode(),
        json.dumps({"detail": text}).encode(),
        json.dumps([{"error": {"message": text}}]).encode(),
        json.dumps({"error": {"message": "Provider returned error", "code": 400, "metadata": {"raw": text}}}).encode(),
        text.encode(),
    ]
    assert {classify(400, [], body).kind for body in shapes} == {K.CONTEXT_OVERFLOW}
    assert classify(413, [], openai(text)).kind is K.CONTEXT_OVERFLOW
    assert classify(429, [], openai(text)).kind is K.RATE_LIMITED


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_look_alikes_are_no_overflow(text: str) -> None:
    assert classify(400, [], openai(text)).kind is K.INVALID_REQUEST
    assert classify(429, [], openai(text)).kind is K.RATE_LIMITED


def test_a_quota_that_names_a_wait_is_a_rate_limit() -> None:
    failure = classify(429, [(b"Retry-After", b"17")], openai(QUOTA))
    assert (failure.kind, failure.retry_after_s) == (K.RATE_LIMITED, 17.0)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ([(b"retry-after", b"30")], 30.0),
        ([(b"Retry-After", b" 1.5 ")], 1.5),
        ([(b"retry-after-ms", b"250"), (b"retry-after", b"30")], 0.25),
        ([(b"retry-after-ms", b"soon"), (b"retry-after", b"3")], 3.0),
        ([(b"retry-after", b"-3")], None),
        ([(b"retry-after", b"inf")], None),
        ([(b"retry-after", b"Wed, 21 Oct 2026 07:28:00 GMT")], None),
        (
            [(b"retry-after", b"Wed, 21 Oct 2026 07:28:00 GMT"), (b"Date", b"Wed, 21 Oct 2026 07:27:30 GMT")],
            30.0,
        ),
        (
            [(b"retry-after", b"Wed, 21 Oct 2026 07:00:00 GMT"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")],
            0.0,
        ),
        ([(b"retry-after", b"later"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")], None),
        ([(b"retry-after", b"Wed, 21 Oct 2026 07:28:00"), (b"date", b"Wed, 21 Oct 2026 07:27:30 GMT")], None),
        ([], None),
    ],
)
def test_retry_after(headers: list[tuple[bytes, bytes]], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, K.OVERLOADED),
        ({"type": "rate_limit_error", "message": "x"}, K.RATE_LIMITED),
        ({"type": "api_error", "message": "x"}, K.STREAM_ERROR),
        ({"type": "invalid_request_error", "message": "prompt is too long: 2 tokens > 1 maximum"}, K.CONTEXT_OVERFLOW),
        ({"type": "invalid_request_error", "message": "no"}, K.INVALID_REQUEST),
        ({"code": "rate_limit_exceeded", "message": "x"}, K.RATE_LIMITED),
        ({"code": "insufficient_quota", "message": "x"}, K.QUOTA_EXHAUSTED),
        ({"code": "server_error", "message": "x"}, K.STREAM_ERROR),
        ({"code": 429, "message": "x"}, K.RATE_LIMITED),
        ({"code": 503, "message": "x"}, K.OVERLOADED),
        ({"code": 502, "message": "x"}, K.STREAM_ERROR),
        ("text", K.STREAM_ERROR),
        (None, K.STREAM_ERROR),
    ],
)
def test_errors_inside_a_stream(error: object, kind: K) -> None:
    assert in_band(error).kind is kind


@settings(max_examples=300, deadline=None)
@given(
    st.integers(300, 599),
    st.lists(st.tuples(st.sampled_from([b"retry-after", b"date", b"retry-after-ms"]), st.binary(max_size=20))),
    st.binary(max_size=80)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=2)
            | st.dictionaries(st.sampled_from(["error", "message", "type", "code", "metadata", "detail"]), inner)
        ),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
def test_total(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    failure = classify(status, headers, body)
    assert failure.status == status
    assert body[:200].decode("utf-8", "replace") not in failure.detail or len(body) < 4


def test_deep_and_long_bodies() -> None:
    assert classify(500, [], b"[" * 100_000).kind is K.SERVER_ERROR
    assert classify(400, [], openai("x" * 2_000_000)).kind is K.INVALID_REQUEST
    assert len(read_words(b"x" * 100_000).message) <= 8192
