"""gate.protocols.gemini.errors: Google's shape, and what stands in Google's details."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode
from gate.core.failure import FailureKind
from gate.protocols.gemini import CODEC
from gate.protocols.gemini.errors import TABLE
from tests.protocols.error_answers import answer

D = Dialect.GEMINI
RPC = {
    400: {"INVALID_ARGUMENT", "FAILED_PRECONDITION"},
    401: {"UNAUTHENTICATED"},
    403: {"PERMISSION_DENIED"},
    404: {"NOT_FOUND"},
    405: {"UNIMPLEMENTED"},
    408: {"DEADLINE_EXCEEDED"},
    415: {"INVALID_ARGUMENT"},
    426: {"FAILED_PRECONDITION"},
    429: {"RESOURCE_EXHAUSTED"},
    500: {"INTERNAL"},
    502: {"INTERNAL", "UNAVAILABLE"},
    503: {"UNAVAILABLE"},
    504: {"DEADLINE_EXCEEDED"},
    508: {"INTERNAL"},
}


@pytest.mark.parametrize("code", ErrorCode)
def test_every_error_has_googles_shape(code: ErrorCode) -> None:
    status, _, body = answer(D, code)
    error = body["error"]
    assert error["code"] == status
    assert error["status"] in RPC[status]
    assert error["details"][0]["reason"] == code.value.upper()
    assert set(TABLE) == set(ErrorCode)


def test_how_long_to_wait_stands_in_the_details() -> None:
    _, headers, body = answer(D, ErrorCode.UPSTREAM_RATE_LIMITED, wait=6.2)
    assert headers["retry-after"] == "7"
    assert body["error"]["details"][1] == {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}
    assert len(answer(D, ErrorCode.UPSTREAM_ERROR)[2]["error"]["details"]) == 1


def test_an_overflow_is_told_in_googles_words() -> None:
    words = "prompt is too long: 1200000 tokens > 1048576 maximum"
    message = answer(D, ErrorCode.CONTEXT_TOO_LONG, message=words)[2]["error"]["message"]
    assert message == "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    vague = answer(D, ErrorCode.CONTEXT_TOO_LONG, message="too much")[2]["error"]["message"]
    assert vague.startswith("The input token count exceeds the maximum")
    assert vague.endswith("too much")


def refusal(status: int, message: str = "", name: str = "", details: Any = ()) -> bytes:
    return json.dumps(
        {"error": {"code": status, "message": message, "status": name, "details": list(details)}}
    ).encode()


RETRY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.074824224s"}
PER_MINUTE = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateContentInputTokensPerModelPerMinute-FreeTier"}],
}
PER_DAY = {
    "@type": "type.googleapis.com/google.rpc.QuotaFailure",
    "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}],
}
QUOTA = "You exceeded your current quota, please check your plan and billing details."


@pytest.mark.parametrize(
    ("status", "body", "kind", "wait"),
    [
        (429, refusal(429, QUOTA, "RESOURCE_EXHAUSTED", [PER_MINUTE, RETRY]), FailureKind.RATE_LIMITED, 34.074824224),
        (429, refusal(429, QUOTA, "RESOURCE_EXHAUSTED", [PER_DAY, RETRY]), FailureKind.QUOTA_EXHAUSTED, 34.074824224),
        (429, refusal(429, "Resource exhausted", "RESOURCE_EXHAUSTED"), FailureKind.RATE_LIMITED, None),
        (400, refusal(400, "API key not valid. Please pass a valid API key."), FailureKind.INVALID_AUTH, None),
        (403, refusal(403, "denied", "PERMISSION_DENIED"), FailureKind.PERMISSION_DENIED, None),
        (
            404,
            refusal(404, "models/gemini-9 is not found for API version v1beta, or is not supported", "NOT_FOUND"),
            FailureKind.MODEL_UNAVAILABLE,
            None,
        ),
        (
            400,
            refusal(400, "The input token count (9) exceeds the maximum number of tokens allowed (8)."),
            FailureKind.CONTEXT_OVERFLOW,
            None,
        ),
        (400, refusal(400, "Invalid JSON payload received.", "INVALID_ARGUMENT"), FailureKind.INVALID_REQUEST, None),
        (500, refusal(500, "An internal error has occurred.", "INTERNAL"), FailureKind.SERVER_ERROR, None),
        (503, refusal(503, "The model is overloaded.", "UNAVAILABLE"), FailureKind.OVERLOADED, None),
        (504, refusal(504, "Deadline expired", "DEADLINE_EXCEEDED"), FailureKind.UPSTREAM_TIMEOUT, None),
        (503, b"[" + refusal(503, "overloaded", details=[RETRY]) + b"]", FailureKind.OVERLOADED, 34.074824224),
        (502, b"<html>", FailureKind.SERVER_ERROR, None),
        (429, b'{"error": {"details": 3, "message": []}}', FailureKind.RATE_LIMITED, None),
    ],
)
def test_what_googles_errors_mean(status: int, body: bytes, kind: FailureKind, wait: float | None) -> None:
    failure = CODEC.classify(status, [], body)
    assert (failure.kind, failure.retry_after_s, failure.status) == (kind, wait, status)


def test_a_header_comes_before_the_details() -> None:
    found = CODEC.classify(429, [(b"Retry-After", b"3")], refusal(429, details=[RETRY]))
    assert found.retry_after_s == 3
