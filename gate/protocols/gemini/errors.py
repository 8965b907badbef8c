"""Errors in Google's words: `{"error": {"code", "message", "status", "details"}}`.

`status` is a name of google.rpc.Code; the pairs with HTTP statuses are those of cloud.google.com/apis/design/errors and
ai.google.dev/gemini-api/docs/troubleshooting, read 2026-11-21. How long to wait stands in `details` as a
google.rpc.RetryInfo, not in a header.
"""

from gate.core.errors import ErrorCode, GateError
from gate.protocols.answers import json_answer, wait_s
from gate.protocols.canonical.parts import Wire
from gate.protocols.codec import Header
from gate.protocols.overflow import numbers
from gate.protocols.sse import make_event

_INVALID = "INVALID_ARGUMENT"
_UNAVAILABLE = "UNAVAILABLE"
_INTERNAL = "INTERNAL"
_UNAUTHENTICATED = "UNAUTHENTICATED"
_DENIED = "PERMISSION_DENIED"
_NOT_FOUND = "NOT_FOUND"
_EXHAUSTED = "RESOURCE_EXHAUSTED"
_LATE = "DEADLINE_EXCEEDED"
_E = ErrorCode

TABLE: dict[ErrorCode, tuple[int, str]] = {
    _E.INVALID_JSON: (400, _INVALID),
    _E.INVALID_BODY: (400, _INVALID),
    _E.DUPLICATE_MEMBER: (400, _INVALID),
    _E.TOO_DEEP: (400, _INVALID),
    # Google answers a body beyond its limit so, not with 413.
    _E.BODY_TOO_LARGE: (400, _INVALID),
    _E.UNSUPPORTED_ENCODING: (415, _INVALID),
    _E.MISSING_KEY: (401, _UNAUTHENTICATED),
    _E.WRONG_KEY: (401, _UNAUTHENTICATED),
    _E.MISSING_ADMIN_KEY: (401, _UNAUTHENTICATED),
    _E.NOT_FOUND: (404, _NOT_FOUND),
    _E.METHOD_NOT_ALLOWED: (405, "UNIMPLEMENTED"),
    _E.UPGRADE_REFUSED: (426, "FAILED_PRECONDITION"),
    _E.UNKNOWN_MODEL: (404, _NOT_FOUND),
    # Not 404: clients answer that with a text of their own about the model's name and hide which key would help.
    _E.NO_ROUTE: (400, "FAILED_PRECONDITION"),
    _E.STATE_ELSEWHERE: (400, "FAILED_PRECONDITION"),
    _E.CONTEXT_TOO_LONG: (400, _INVALID),
    _E.LOOP: (508, _INTERNAL),
    _E.OVERLOADED: (503, _UNAVAILABLE),
    _E.DRAINING: (503, _UNAVAILABLE),
    _E.REPEATED_TURN: (429, _EXHAUSTED),
    _E.BODY_TIMEOUT: (408, _LATE),
    _E.UPSTREAM_UNREACHABLE: (502, _UNAVAILABLE),
    _E.UPSTREAM_TIMEOUT: (504, _LATE),
    _E.UPSTREAM_INVALID: (502, _INTERNAL),
    _E.UPSTREAM_INTERRUPTED: (502, _UNAVAILABLE),
    _E.UPSTREAM_REJECTED: (400, _INVALID),
    _E.UPSTREAM_AUTH: (401, _UNAUTHENTICATED),
    # What Google answers where billing is off.
    _E.UPSTREAM_BILLING: (403, _DENIED),
    _E.UPSTREAM_PERMISSION: (403, _DENIED),
    _E.UPSTREAM_MODEL: (404, _NOT_FOUND),
    _E.UPSTREAM_NOT_FOUND: (404, _NOT_FOUND),
    _E.UPSTREAM_RATE_LIMITED: (429, _EXHAUSTED),
    _E.UPSTREAM_OVERLOADED: (503, _UNAVAILABLE),
    _E.UPSTREAM_ERROR: (500, _INTERNAL),
    _E.INTERNAL: (500, _INTERNAL),
}
_WAITS = frozenset({429, 503})
_RETRY_INFO = "type.googleapis.com/google.rpc.RetryInfo"


def error_response(error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
    """See `gate.protocols.codec.Codec`. Google's bodies carry no request id."""
    del request_id
    return json_answer(TABLE[error.code][0], {"error": error_body(error)}, error)


def error_event(error: GateError) -> bytes:
    """The in-band error: a chunk with nothing but it."""
    return make_event(None, {"error": error_body(error)})


def error_body(error: GateError) -> Wire:
    """The inner object."""
    code, status = TABLE[error.code]
    details: list[Wire] = [
        {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": error.code.value.upper(), "domain": "gate"}
    ]
    if code in _WAITS:
        details.append({"@type": _RETRY_INFO, "retryDelay": f"{wait_s(error)}s"})
    return {"code": code, "message": _message(error), "status": status, "details": details}


def _message(error: GateError) -> str:
    """Google's sentence where the prompt is too long, with the numbers as far as they are known."""
    if error.code is not ErrorCode.CONTEXT_TOO_LONG:
        return error.message
    tokens, most = numbers(error.message)
    if tokens is None or most is None:
        return f"The input token count exceeds the maximum number of tokens allowed: {error.message}"
    return f"The input token count ({tokens}) exceeds the maximum number of tokens allowed ({most})."
