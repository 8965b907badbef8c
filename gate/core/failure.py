"""Every way an attempt can fail, named once, with the one table that says what may follow.

`FailureKind` is what spans call `error.type`. `RULES` is total: a kind without a rule fails type checking in
`rule_of` (exhaustiveness) and the test of this module. Nothing else in Gate decides whether a failure may be retried.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class FailureKind(StrEnum):
    # the way to the upstream
    DNS_ERROR = "dns_error"
    TLS_ERROR = "tls_error"
    PROXY_ERROR = "proxy_error"
    CONNECT_ERROR = "connect_error"
    CONNECT_TIMEOUT = "connect_timeout"
    POOL_TIMEOUT = "pool_timeout"
    CONNECTION_RESET = "connection_reset"
    PROTOCOL_ERROR = "protocol_error"
    # waiting for it
    FIRST_BYTE_TIMEOUT = "first_byte_timeout"
    IDLE_TIMEOUT = "idle_timeout"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    # its answer, by status and body
    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    OVERLOADED = "overloaded"
    SERVER_ERROR = "server_error"
    UPSTREAM_TIMEOUT = "upstream_timeout"
    INVALID_AUTH = "invalid_auth"
    BILLING = "billing"
    PERMISSION_DENIED = "permission_denied"
    MODEL_UNAVAILABLE = "model_unavailable"
    ENDPOINT_MISMATCH = "endpoint_mismatch"
    INVALID_REQUEST = "invalid_request"
    CONTEXT_OVERFLOW = "context_overflow"
    REQUEST_TOO_LARGE = "request_too_large"
    UNEXPECTED_STATUS = "unexpected_status"
    # an answer of 2xx that is none
    UNEXPECTED_CONTENT = "unexpected_content"
    EMPTY_BODY = "empty_body"
    MALFORMED_BODY = "malformed_body"
    TRUNCATED_STREAM = "truncated_stream"
    STREAM_ERROR = "stream_error"
    # the client's side
    CLIENT_GONE = "client_gone"
    CLIENT_STALLED = "client_stalled"
    # Gate's own side
    UNTRANSLATABLE = "untranslatable"
    OUTRUN = "outrun"
    DRAINING = "draining"
    INTERNAL = "internal_error"


class DowngradeReason(StrEnum):
    """Why a request left the lane it was planned for. A closed list (architecture.md)."""

    RATE_LIMITED = "rate_limited"
    QUOTA_EXHAUSTED = "quota_exhausted"
    PROVIDER_ERROR = "provider_error"
    TIMEOUT = "timeout"
    BREAKER_OPEN = "breaker_open"
    CONTEXT_TOO_LONG = "context_too_long"
    NO_CAPABLE_ROUTE = "no_capable_route"
    BUDGET = "budget"
    POLICY = "policy"


Blame = Literal["route", "credential", "request", "client", "gate"]


@dataclass(frozen=True, slots=True)
class FailureRule:
    """What may follow one kind of failure.

    again: the same route may be tried once more when it is the only one (relation `retry`).
    elsewhere: another route may serve the same request.
    blame: whose fault it is; only `route` counts against the route's breaker.
    downgrade: the reason a lane change after it is given.
    """

    again: bool
    elsewhere: bool
    blame: Blame
    downgrade: DowngradeReason


_PROVIDER = DowngradeReason.PROVIDER_ERROR
_TIMEOUT = DowngradeReason.TIMEOUT
_TRANSIENT = FailureRule(again=True, elsewhere=True, blame="route", downgrade=_PROVIDER)
_BROKEN = FailureRule(again=False, elsewhere=True, blame="route", downgrade=_PROVIDER)
_SLOW = FailureRule(again=False, elsewhere=True, blame="route", downgrade=_TIMEOUT)
_FINAL = FailureRule(again=False, elsewhere=False, blame="request", downgrade=_PROVIDER)
_CLIENT = FailureRule(again=False, elsewhere=False, blame="client", downgrade=_PROVIDER)

RULES: dict[FailureKind, FailureRule] = {
    FailureKind.DNS_ERROR: _TRANSIENT,
    FailureKind.TLS_ERROR: _BROKEN,
    FailureKind.PROXY_ERROR: _BROKEN,
    FailureKind.CONNECT_ERROR: _TRANSIENT,
    FailureKind.CONNECT_TIMEOUT: FailureRule(True, True, "route", _TIMEOUT),
    FailureKind.POOL_TIMEOUT: FailureRule(False, True, "gate", _TIMEOUT),
    FailureKind.CONNECTION_RESET: _TRANSIENT,
    FailureKind.PROTOCOL_ERROR: _TRANSIENT,
    FailureKind.FIRST_BYTE_TIMEOUT: _SLOW,
    FailureKind.IDLE_TIMEOUT: _SLOW,
    FailureKind.DEADLINE_EXCEEDED: FailureRule(False, False, "route", _TIMEOUT),
    FailureKind.RATE_LIMITED: FailureRule(True, True, "route", DowngradeReason.RATE_LIMITED),
    FailureKind.QUOTA_EXHAUSTED: FailureRule(False, True, "route", DowngradeReason.QUOTA_EXHAUSTED),
    FailureKind.OVERLOADED: _TRANSIENT,
    FailureKind.SERVER_ERROR: _TRANSIENT,
    FailureKind.UPSTREAM_TIMEOUT: FailureRule(True, True, "route", _TIMEOUT),
    FailureKind.INVALID_AUTH: FailureRule(False, True, "credential", _PROVIDER),
    FailureKind.BILLING: FailureRule(False, True, "credential", DowngradeReason.QUOTA_EXHAUSTED),
    FailureKind.PERMISSION_DENIED: FailureRule(False, True, "credential", _PROVIDER),
    FailureKind.MODEL_UNAVAILABLE: FailureRule(False, True, "route", _PROVIDER),
    FailureKind.ENDPOINT_MISMATCH: _BROKEN,
    FailureKind.INVALID_REQUEST: _FINAL,
    FailureKind.CONTEXT_OVERFLOW: FailureRule(False, False, "request", DowngradeReason.CONTEXT_TOO_LONG),
    FailureKind.REQUEST_TOO_LARGE: _FINAL,
    FailureKind.UNEXPECTED_STATUS: _BROKEN,
    FailureKind.UNEXPECTED_CONTENT: _BROKEN,
    FailureKind.EMPTY_BODY: _TRANSIENT,
    FailureKind.MALFORMED_BODY: _TRANSIENT,
    FailureKind.TRUNCATED_STREAM: _TRANSIENT,
    FailureKind.STREAM_ERROR: _TRANSIENT,
    FailureKind.CLIENT_GONE: _CLIENT,
    FailureKind.CLIENT_STALLED: _CLIENT,
    FailureKind.UNTRANSLATABLE: FailureRule(False, True, "gate", DowngradeReason.NO_CAPABLE_ROUTE),
    # A hedge or what it was started beside: the other one was quicker. Nobody failed.
    FailureKind.OUTRUN: FailureRule(False, False, "gate", _PROVIDER),
    FailureKind.DRAINING: FailureRule(False, False, "gate", _PROVIDER),
    FailureKind.INTERNAL: FailureRule(False, False, "gate", _PROVIDER),
}


@dataclass(frozen=True, slots=True)
class Failure:
    """One classified failure. `detail` is Gate's own wording, never the upstream's body, a key or a prompt.

    status: the upstream's HTTP status, if it gave one. retry_after_s: seconds it asked to wait, None when it did not.
    """

    kind: FailureKind
    detail: str = ""
    status: int | None = None
    retry_after_s: float | None = None

    @property
    def rule(self) -> FailureRule:
        return RULES[self.kind]
