"""Errors of Gate's own in the words of both OpenAI dialects: `{"error": {"message", "type", "param", "code"}}`.

Shape and types: https://platform.openai.com/docs/guides/error-codes . A 4xx never has the type `server_error`:
opencode would repeat it for over a minute.
"""

from gate.core.errors import ErrorCode, GateError
from gate.protocols.answers import json_answer, wait_s
from gate.protocols.codec import Header
from gate.protocols.overflow import openai_wording

_INVALID = "invalid_request_error"
_SERVER = "server_error"
_LIMIT = "rate_limit_error"
_E = ErrorCode

TABLE: dict[ErrorCode, tuple[int, str, str]] = {
    _E.INVALID_JSON: (400, _INVALID, "invalid_json"),
    _E.INVALID_BODY: (400, _INVALID, "invalid_body"),
    _E.DUPLICATE_MEMBER: (400, _INVALID, "duplicate_member"),
    _E.TOO_DEEP: (400, _INVALID, "too_deep"),
    # Not 413: it sends opencode into an endless loop.
    _E.BODY_TOO_LARGE: (400, _INVALID, "request_too_large"),
    _E.UNSUPPORTED_ENCODING: (415, _INVALID, "unsupported_encoding"),
    _E.MISSING_KEY: (401, _INVALID, "invalid_api_key"),
    _E.WRONG_KEY: (401, _INVALID, "invalid_api_key"),
    _E.MISSING_ADMIN_KEY: (401, _INVALID, "invalid_api_key"),
    _E.NOT_FOUND: (404, _INVALID, "not_found"),
    _E.METHOD_NOT_ALLOWED: (405, _INVALID, "method_not_allowed"),
    _E.UPGRADE_REFUSED: (426, _INVALID, "upgrade_refused"),
    _E.UNKNOWN_MODEL: (404, _INVALID, "model_not_found"),
    # Not 404: clients answer that with a text of their own about the model's name and hide which key would help.
    _E.NO_ROUTE: (400, _INVALID, "no_route"),
    # The code by which clients learn that they have to send the whole history themselves.
    _E.STATE_ELSEWHERE: (400, _INVALID, "previous_response_not_found"),
    _E.CONTEXT_TOO_LONG: (400, _INVALID, "context_length_exceeded"),
    _E.LOOP: (508, _SERVER, "loop"),
    # 529 is Anthropic's; clients of these dialects know 429 with Retry-After.
    _E.OVERLOADED: (429, _LIMIT, "rate_limit_exceeded"),
    _E.DRAINING: (503, _SERVER, "draining"),
    _E.REPEATED_TURN: (429, _LIMIT, "rate_limit_exceeded"),
    _E.BODY_TIMEOUT: (408, _INVALID, "body_timeout"),
    _E.UPSTREAM_UNREACHABLE: (502, _SERVER, "upstream_unreachable"),
    _E.UPSTREAM_TIMEOUT: (504, _SERVER, "upstream_timeout"),
    _E.UPSTREAM_INVALID: (502, _SERVER, "upstream_invalid"),
    _E.UPSTREAM_INTERRUPTED: (502, _SERVER, "upstream_interrupted"),
    _E.UPSTREAM_REJECTED: (400, _INVALID, "invalid_request"),
    _E.UPSTREAM_AUTH: (401, _INVALID, "invalid_api_key"),
    _E.UPSTREAM_BILLING: (429, "insufficient_quota", "insufficient_quota"),
    _E.UPSTREAM_PERMISSION: (403, _INVALID, "permission_denied"),
    _E.UPSTREAM_MODEL: (404, _INVALID, "model_not_found"),
    _E.UPSTREAM_NOT_FOUND: (404, _INVALID, "not_found"),
    _E.UPSTREAM_RATE_LIMITED: (429, _LIMIT, "rate_limit_exceeded"),
    _E.UPSTREAM_OVERLOADED: (503, _SERVER, "overloaded"),
    _E.UPSTREAM_ERROR: (500, _SERVER, "server_error"),
    _E.INTERNAL: (500, _SERVER, "internal_error"),
}


def error_body(error: GateError) -> dict[str, str | None]:
    """The inner error object. `param` is not known to Gate."""
    _, kind, code = TABLE[error.code]
    return {"message": _message(error), "type": kind, "param": None, "code": code}


def error_response(error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
    """The dialects' bodies carry no request id; it goes into the header like OpenAI's, which the caller writes."""
    del request_id
    return json_answer(TABLE[error.code][0], {"error": error_body(error)}, error)


def failed_error(error: GateError) -> dict[str, str]:
    """The `error` of a `response.failed` event, with OpenAI's codes where one fits. Codex gives up for good on some it
    knows, reads the seconds to wait from the message of `rate_limit_exceeded`, and repeats the request on others."""
    code = TABLE[error.code][2]
    message = _message(error)
    if error.code in (ErrorCode.OVERLOADED, ErrorCode.REPEATED_TURN, ErrorCode.UPSTREAM_RATE_LIMITED):
        return {"code": code, "message": f"{message.rstrip('.')}. Please try again in {wait_s(error)}s."}
    if error.code in (ErrorCode.CONTEXT_TOO_LONG, ErrorCode.UNKNOWN_MODEL, ErrorCode.UPSTREAM_BILLING):
        return {"code": code, "message": message}
    kind = TABLE[error.code][1]
    return {"code": "server_error" if kind == _SERVER else "invalid_prompt", "message": message}


def _message(error: GateError) -> str:
    return openai_wording(error.message) if error.code is ErrorCode.CONTEXT_TOO_LONG else error.message
