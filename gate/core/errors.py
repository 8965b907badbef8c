"""Errors Gate itself answers, before any dialect words them. `gate.protocols` turns them into the client's shape."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Every error that Gate words. An upstream's own error passes as it is wherever the client can read it."""

    INVALID_JSON = "invalid_json"
    INVALID_BODY = "invalid_body"
    DUPLICATE_MEMBER = "duplicate_member"
    TOO_DEEP = "too_deep"
    BODY_TOO_LARGE = "body_too_large"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    MISSING_KEY = "missing_key"
    WRONG_KEY = "wrong_key"
    MISSING_ADMIN_KEY = "missing_admin_key"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    UPGRADE_REFUSED = "upgrade_refused"
    UNKNOWN_MODEL = "unknown_model"
    NO_ROUTE = "no_route"
    STATE_ELSEWHERE = "state_elsewhere"
    CONTEXT_TOO_LONG = "context_too_long"
    LOOP = "loop"
    OVERLOADED = "overloaded"
    REPEATED_TURN = "repeated_turn"
    DRAINING = "draining"
    BODY_TIMEOUT = "body_timeout"
    UPSTREAM_UNREACHABLE = "upstream_unreachable"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    UPSTREAM_INVALID = "upstream_invalid"
    UPSTREAM_INTERRUPTED = "upstream_interrupted"
    # What an upstream answered, for a client that cannot be given the answer as it was.
    UPSTREAM_REJECTED = "upstream_rejected"
    UPSTREAM_AUTH = "upstream_auth"
    UPSTREAM_BILLING = "upstream_billing"
    UPSTREAM_PERMISSION = "upstream_permission"
    UPSTREAM_MODEL = "upstream_model"
    UPSTREAM_NOT_FOUND = "upstream_not_found"
    UPSTREAM_RATE_LIMITED = "upstream_rate_limited"
    UPSTREAM_OVERLOADED = "upstream_overloaded"
    UPSTREAM_ERROR = "upstream_error"
    INTERNAL = "internal_error"


class GateError(Exception):
    """An answer of Gate's own. `message` says what is wrong and what to do, never a key or a text of the client.

    retry_after_s: seconds, for the codes that ask the client to come back.
    """

    def __init__(self, code: ErrorCode, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s
