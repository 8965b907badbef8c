"""gate.protocols.classify: status, headers and body of an upstream's error, to one failure kind."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.failure import FailureKind as K
from gate.protocols.classify import classify, in_band
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
    (405, b"", K.ENDPOINT_MISMATCH),
    (301, b"", K.ENDPOINT_MISMATCH),
    (404, b"", K.ENDPOINT_MISMATCH),
    (404, HTML, K.ENDPOINT_MISMATCH),
    (404, b"404 page not found\n", K.ENDPOINT_MISMATCH),
    (404, b'{"detail":"Not Found"}', K.ENDPOINT_MISMATCH),
    (404, b'{"message":"no Route matched with those values"}', K.ENDPOINT_MISMATCH),
    (404, b'{"error":{"code":"404","message":"Resource not found"}}', K.ENDPOINT_MISMATCH),
    (404, anthropic("not_found_error", "Not Found"), K.ENDPOINT_MISMATCH),
    (
        404,
        openai("Invalid URL (POST /v1/chat/completions/chat/completions)", "invalid_request_error"),
        K.ENDPOINT_MISMATCH,
    ),
    (
        404,
        openai("Unknown request URL: POST /openai/v1/v1/x. Please check the URL.", code="unknown_url"),
        K.ENDPOINT_MISMATCH,
    ),
    (404, openai("Previous response with id 'resp_1' not found.", "invalid_request_error"), K.UNEXPECTED_STATUS),
]

XAI_SPENT = (
    "Your team 16f2 has either used all available credits or reached its monthly spending limit. To continue making "
    "API requests, please purchase more credits or raise your spending limit."
)
SUSPENDED = (
    "Account acme is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices. "
    "Please go to https://fireworks.ai/account/billing for more information."
)
ANTHROPIC_SPENT = "You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC."
# As quoted in the issues that the module names.
VENDORS: list[tuple[str, int, bytes, K]] = [
    (
        "xAI, no credits",
        429,
        json.dumps({"code": "Some resource has been exhausted", "error": XAI_SPENT}).encode(),
        K.QUOTA_EXHAUSTED,
    ),
    ("xAI, no credits", 403, json.dumps({"code": "permission-denied", "error": XAI_SPENT}).encode(), K.QUOTA_EXHAUSTED),
    (
        "xAI, wrong key",
        400,
        b'{"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***"}',
        K.INVALID_AUTH,
    ),
    (
        "xAI, model",
        404,
        b'{"code":"Some requested entity was not found","error":"The model grok-beta does not exist or your team b"}',
        K.MODEL_UNAVAILABLE,
    ),
    ("Fireworks, suspended", 412, openai(SUSPENDED, "error", "PRECONDITION_FAILED"), K.BILLING),
    (
        "Fireworks, model",
        404,
        openai("Model not found, inaccessible, and/or not deployed", "error", "NOT_FOUND"),
        K.MODEL_UNAVAILABLE,
    ),
    ("Together, no credit", 402, openai("Credit limit exceeded. Please add credit.", "credit_limit"), K.BILLING),
    (
        "Together, model",
        400,
        openai(
            "Unable to access non-serverless model MiniMaxAI/M2.5. Please create a dedicated endpoint.",
            "invalid_request_error",
            "model_not_available",
        ),
        K.MODEL_UNAVAILABLE,
    ),
    ("Together, limited", 429, openai("slow down", "dynamic_request_limited"), K.RATE_LIMITED),
    ("DeepSeek, no balance", 402, openai("Insufficient Balance", "unknown_error", "invalid_request_error"), K.BILLING),
    (
        "DeepSeek, model",
        400,
        openai("Model Not Exist", "invalid_request_error", "invalid_request_error"),
        K.MODEL_UNAVAILABLE,
    ),
    (
        "Mistral, model",
        400,
        b'{"object":"error","message":"Invalid model: x","type":"invalid_model","param":null,"code":"1500"}',
        K.MODEL_UNAVAILABLE,
    ),
    (
        "Mistral, limited",
        429,
        b'{"object":"error","message":"Rate limit exceeded","type":"rate_limited","code":"1300"}',
        K.RATE_LIMITED,
    ),
    ("Mistral, wrong key", 401, b'{"detail":"Unauthorized"}', K.INVALID_AUTH),
    (
        "Cerebras, a day",
        429,
        b'{"message":"Tokens per day limit exceeded - too many tokens processed."}',
        K.QUOTA_EXHAUSTED,
    ),
    (
        "Cerebras, a minute",
        429,
        b'{"message":"Tokens per minute limit exceeded - too many tokens processed."}',
        K.RATE_LIMITED,
    ),
    (
        "OpenRouter, a day",
        429,
        openai("Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000", code=429),
        K.QUOTA_EXHAUSTED,
    ),
    ("OpenRouter, a minute", 429, openai("Rate limit exceeded: free-models-per-min.", code=429), K.RATE_LIMITED),
    (
        "OpenRouter, no credits",
        402,
        openai("This request requires more credits, or fewer max_tokens.", code=402),
        K.BILLING,
    ),
    ("OpenAI, spending", 429, openai("limit", "insufficient_quota", "project_spend_limit_exceeded"), K.QUOTA_EXHAUSTED),
    ("OpenAI, usage", 429, openai("limit", None, "organization_usage_limit_exceeded"), K.QUOTA_EXHAUSTED),
    ("OpenAI, credits", 429, openai("limit", None, "credit_balance_exhausted"), K.QUOTA_EXHAUSTED),
    (
        "OpenAI, project",
        403,
        openai("Project `p` does not have access to model `gpt-4o`", "invalid_request_error", "model_not_found"),
        K.MODEL_UNAVAILABLE,
    ),
    ("OpenAI, scope", 401, openai("You have insufficient permissions. Missing scopes: x."), K.PERMISSION_DENIED),
    ("Anthropic, spending", 400, anthropic("invalid_request_error", ANTHROPIC_SPENT), K.QUOTA_EXHAUSTED),
    (
        "Anthropic, spending",
        429,
        b'{"type":"error","error":{"type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}}}',
        K.QUOTA_EXHAUSTED,
    ),
    (
        "AWS, a day",
        429,
        anthropic("rate_limit_error", "Too many tokens per day, please wait before trying again."),
        K.QUOTA_EXHAUSTED,
    ),
    (
        "AWS, a minute",
        429,
        anthropic("rate_limit_error", "Too many tokens, please wait before trying again."),
        K.RATE_LIMITED,
    ),
    (
        "AWS, old model",
        404,
        anthropic("not_found_error", "This model version has reached the end of its life."),
        K.MODEL_UNAVAILABLE,
    ),
    (
        "AWS, on demand",
        400,
        anthropic(
            "invalid_request_error", "Invocation of model ID a.b with on-demand throughput isn\u2019t supported."
        ),
        K.MODEL_UNAVAILABLE,
    ),
    (
        "AWS, access",
        403,
        anthropic("permission_error", "You don't have access to the model with the specified model ID."),
        K.MODEL_UNAVAILABLE,
    ),
    ("AWS, no such operation", 404, b"<UnknownOperationException/>\n", K.ENDPOINT_MISMATCH),
    (
        "Azure, deployment",
        404,
        openai("The API deployment for this resource does not exist.", code="DeploymentNotFound"),
        K.MODEL_UNAVAILABLE,
    ),
    (
        "Azure, limited",
        429,
        openai(
            "Requests have exceeded token rate limit of your current OpenAI S0 pricing tier.",
            code="429",
        ),
        K.RATE_LIMITED,
    ),
    ("Google, billing", 403, openai("This API method requires billing to be enabled.", code=403), K.BILLING),
    ("Google, no key", 403, openai("Method doesn't allow unregistered callers", code=403), K.INVALID_AUTH),
    (
        "Google, leaked key",
        403,
        openai("Your API key was reported as leaked. Please use another API key.", code=403),
        K.INVALID_AUTH,
    ),
    ("Ollama, model", 404, openai('model "x" not found, try pulling it first', "api_error"), K.MODEL_UNAVAILABLE),
    (
        "vLLM, model",
        404,
        b'{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError","code":404}',
        K.MODEL_UNAVAILABLE,
    ),
    (
        "a feature of a model",
        400,
        openai("The model x does not support tools; see the list of models"),
        K.INVALID_REQUEST,
    ),
    ("a proxy", 403, HTML, K.PERMISSION_DENIED),
    ("a teapot", 412, b"", K.UNEXPECTED_STATUS),
]


@pytest.mark.parametrize(
    ("status", "body", "kind"), [pytest.param(*case, id=f"{who}-{case[0]}") for who, *case in VENDORS]
)
def test_vendors_words(status: int, body: bytes, kind: K) -> None:
    assert classify(status, [], body).kind is kind


def test_when_an_account_may_go_on() -> None:
    body = anthropic("invalid_request_error", ANTHROPIC_SPENT)
    date = (b"date", b"Mon, 30 Nov 2026 23:00:00 GMT")
    assert classify(400, [date], body).retry_after_s == 3600
    assert classify(400, [], body).retry_after_s is None


def test_googles_details_count_in_its_chat_layer_too() -> None:
    def google(quota: str) -> bytes:
        violations = [{"quotaId": quota}]
        details = [{"violations": violations}, {"retryDelay": "34.5s"}]
        return json.dumps([{"error": {"code": 429, "message": QUOTA, "details": details}}]).encode()

    failure = classify(429, [], google("GenerateRequestsPerMinutePerProjectPerModel-FreeTier"))
    assert (failure.kind, failure.retry_after_s) == (K.RATE_LIMITED, 34.5)
    assert classify(429, [], google("GenerateRequestsPerDayPerProjectPerModel-FreeTier")).kind is K.QUOTA_EXHAUSTED


def test_words_about_waiting_count_where_waiting_helps() -> None:
    body = openai("Rate limit reached for gpt-4o on tokens per min. Please try again in 1m12.5s.")
    assert classify(429, [], body).retry_after_s == 72.5
    assert classify(429, [(b"retry-after", b"3")], body).retry_after_s == 3
    assert classify(400, [], body).retry_after_s is None


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
