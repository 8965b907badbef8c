"""gate.protocols.anthropic_messages.errors: every error of Gate's own in Anthropic's shape."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode
from gate.protocols.anthropic_messages.errors import TABLE
from tests.protocols.error_answers import answer

D = Dialect.ANTHROPIC_MESSAGES
# https://platform.claude.com/docs/en/api/errors
TYPE_OF = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(ErrorCode)


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code(code: ErrorCode) -> None:
    status, _, body = answer(D, code)
    assert set(body) == {"type", "error", "request_id"}
    assert (body["type"], body["request_id"]) == ("error", "req_1")
    details = {"details"} if code is ErrorCode.STATE_ELSEWHERE else set[str]()
    assert set(body["error"]) == {"type", "message", *details}
    expected = TYPE_OF.get(status, "api_error" if status >= 500 else "invalid_request_error")
    assert body["error"]["type"] == expected
    if code is not ErrorCode.CONTEXT_TOO_LONG:
        assert body["error"]["message"] == "words"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (ErrorCode.BODY_TOO_LARGE, 413),
        (ErrorCode.OVERLOADED, 529),
        (ErrorCode.DRAINING, 529),
        (ErrorCode.LOOP, 508),
        (ErrorCode.UPGRADE_REFUSED, 426),
        (ErrorCode.UNSUPPORTED_ENCODING, 415),
        (ErrorCode.NO_ROUTE, 400),
        (ErrorCode.UNKNOWN_MODEL, 404),
        (ErrorCode.WRONG_KEY, 401),
    ],
)
def test_statuses(code: ErrorCode, status: int) -> None:
    assert answer(D, code)[0] == status


@pytest.mark.parametrize(("wait", "shown"), [(None, "1"), (0.0, "1"), (2.2, "3"), (30.0, "30"), (float("inf"), "1")])
def test_retry_after(wait: float | None, shown: str) -> None:
    assert answer(D, ErrorCode.OVERLOADED, wait)[1]["retry-after"] == shown


def test_context_too_long_has_the_words_claude_code_recognises() -> None:
    message = "about 300000 input tokens do not fit a context window of 200000"
    status, headers, body = answer(D, ErrorCode.CONTEXT_TOO_LONG, message=message)
    assert (status, headers["x-should-retry"]) == (400, "false")
    assert body["error"]["message"] == "prompt is too long: 300000 tokens > 200000 maximum"
