"""gate.protocols.openai_errors: every error of Gate's own in the shape of both OpenAI dialects."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode
from gate.protocols.openai_errors import TABLE
from tests.protocols.error_answers import answer

DIALECTS = (Dialect.OPENAI_CHAT, Dialect.OPENAI_RESPONSES)


def test_the_table_is_total() -> None:
    assert set(TABLE) == set(ErrorCode)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("code", ErrorCode)
def test_every_code(code: ErrorCode, dialect: Dialect) -> None:
    status, _, body = answer(dialect, code)
    assert set(body) == {"error"}
    error = body["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"] == "words"
    assert error["param"] is None
    # opencode repeats a 4xx of this type for over a minute.
    assert (error["type"] == "server_error") == (status >= 500)


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (ErrorCode.BODY_TOO_LARGE, 400, "request_too_large"),
        (ErrorCode.OVERLOADED, 429, "rate_limit_exceeded"),
        (ErrorCode.DRAINING, 503, "draining"),
        (ErrorCode.LOOP, 508, "loop"),
        (ErrorCode.UNKNOWN_MODEL, 404, "model_not_found"),
        (ErrorCode.NO_ROUTE, 400, "no_route"),
        (ErrorCode.CONTEXT_TOO_LONG, 400, "context_length_exceeded"),
        (ErrorCode.WRONG_KEY, 401, "invalid_api_key"),
        (ErrorCode.UPGRADE_REFUSED, 426, "upgrade_refused"),
    ],
)
def test_statuses_and_codes(code: ErrorCode, status: int, name: str) -> None:
    found, _, body = answer(Dialect.OPENAI_CHAT, code)
    assert (found, body["error"]["code"]) == (status, name)


def test_a_429_always_says_when_to_come_back() -> None:
    assert answer(Dialect.OPENAI_RESPONSES, ErrorCode.OVERLOADED)[1]["retry-after"] == "1"
    assert answer(Dialect.OPENAI_RESPONSES, ErrorCode.OVERLOADED, 7.2)[1]["retry-after"] == "8"


def test_context_too_long_in_openais_words() -> None:
    message = "about 300000 input tokens do not fit a context window of 200000"
    body = answer(Dialect.OPENAI_CHAT, ErrorCode.CONTEXT_TOO_LONG, message=message)[2]
    assert "maximum context length is 200000 tokens" in body["error"]["message"]
