"""Errors of Gate's own in Anthropic's words: `{"type":"error","error":{"type","message"},"request_id"}`.

Types and statuses: https://platform.claude.com/docs/en/api/errors
"""

from gate.core.errors import ErrorCode, GateError
from gate.protocols.answers import json_answer
from gate.protocols.codec import Header
from gate.protocols.overflow import anthropic_wording
from gate.protocols.sse import make_event

_INVALID = "invalid_request_error"
_AUTH = "authentication_error"
_API = "api_error"
_OVERLOADED = "overloaded_error"
_E = ErrorCode

TABLE: dict[ErrorCode, tuple[int, str]] = {
    _E.INVALID_JSON: (400, _INVALID),
    _E.INVALID_BODY: (400, _INVALID),
    _E.DUPLICATE_MEMBER: (400, _INVALID),
    _E.TOO_DEEP: (400, _INVALID),
    _E.BODY_TOO_LARGE: (413, "request_too_large"),
    _E.UNSUPPORTED_ENCODING: (415, _INVALID),
    _E.MISSING_KEY: (401, _AUTH),
    _E.WRONG_KEY: (401, _AUTH),
    _E.MISSING_ADMIN_KEY: (401, _AUTH),
    _E.NOT_FOUND: (404, "not_found_error"),
    _E.METHOD_NOT_ALLOWED: (405, _INVALID),
    _E.UPGRADE_REFUSED: (426, _INVALID),
    _E.UNKNOWN_MODEL: (404, "not_found_error"),
    # Not 404: Claude Code answers that with a text of its own about the model's name and hides which key would help.
    _E.NO_ROUTE: (400, _INVALID),
    _E.STATE_ELSEWHERE: (400, _INVALID),
    _E.CONTEXT_TOO_LONG: (400, _INVALID),
    _E.LOOP: (508, _API),
    _E.OVERLOADED: (529, _OVERLOADED),
    _E.DRAINING: (529, _OVERLOADED),
    _E.REPEATED_TURN: (429, "rate_limit_error"),
    _E.BODY_TIMEOUT: (408, _INVALID),
    _E.UPSTREAM_UNREACHABLE: (502, _API),
    _E.UPSTREAM_TIMEOUT: (504, "timeout_error"),
    _E.UPSTREAM_INVALID: (502, _API),
    _E.UPSTREAM_INTERRUPTED: (502, _API),
    _E.UPSTREAM_REJECTED: (400, _INVALID),
    _E.UPSTREAM_AUTH: (401, _AUTH),
    _E.UPSTREAM_BILLING: (402, "billing_error"),
    _E.UPSTREAM_PERMISSION: (403, "permission_error"),
    _E.UPSTREAM_MODEL: (404, "not_found_error"),
    _E.UPSTREAM_NOT_FOUND: (404, "not_found_error"),
    _E.UPSTREAM_RATE_LIMITED: (429, "rate_limit_error"),
    _E.UPSTREAM_OVERLOADED: (529, _OVERLOADED),
    _E.UPSTREAM_ERROR: (500, _API),
    _E.INTERNAL: (500, _API),
}

# By this the vendor's SDK knows that it has to send the whole history itself, and does
# (github.com/anthropics/anthropic-sdk-python 2.12.0, lib/threads/_thread_state.py, read 2026-11-21).
_NO_THREADS = {"error_code": "thread_unsupported_request", "unsupported": ["thread"]}


def error_response(error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
    """See `gate.protocols.codec.Codec`."""
    return json_answer(TABLE[error.code][0], {**_body(error), "request_id": request_id}, error)


def error_event(error: GateError) -> bytes:
    """The in-band `error` event. https://platform.claude.com/docs/en/build-with-claude/streaming#error-events"""
    return make_event("error", _body(error))


def _body(error: GateError) -> dict[str, object]:
    long = error.code is ErrorCode.CONTEXT_TOO_LONG
    message = anthropic_wording(error.message) if long else error.message
    told: dict[str, object] = {"type": TABLE[error.code][1], "message": message}
    if error.code is ErrorCode.STATE_ELSEWHERE:
        told["details"] = _NO_THREADS
    return {"type": "error", "error": told}
