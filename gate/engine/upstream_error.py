"""An upstream's error answer on its way to the client: kept whole, read for its words, reworded only for overflow."""

from dataclasses import dataclass

import msgspec

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import Failure, FailureKind
from gate.core.request import RequestFeatures
from gate.core.route import Route
from gate.engine.ports import Header
from gate.protocols.error_words import read_words
from gate.protocols.overflow import numbers

WORDS_LIMIT = 4096

_CODE_OF: dict[FailureKind, ErrorCode] = {
    FailureKind.CONNECT_TIMEOUT: ErrorCode.UPSTREAM_TIMEOUT,
    FailureKind.POOL_TIMEOUT: ErrorCode.OVERLOADED,
    FailureKind.FIRST_BYTE_TIMEOUT: ErrorCode.UPSTREAM_TIMEOUT,
    FailureKind.IDLE_TIMEOUT: ErrorCode.UPSTREAM_TIMEOUT,
    FailureKind.DEADLINE_EXCEEDED: ErrorCode.UPSTREAM_TIMEOUT,
    FailureKind.UPSTREAM_TIMEOUT: ErrorCode.UPSTREAM_TIMEOUT,
    FailureKind.UNEXPECTED_CONTENT: ErrorCode.UPSTREAM_INVALID,
    FailureKind.UNEXPECTED_STATUS: ErrorCode.UPSTREAM_INVALID,
    FailureKind.ENDPOINT_MISMATCH: ErrorCode.UPSTREAM_INVALID,
    FailureKind.EMPTY_BODY: ErrorCode.UPSTREAM_INVALID,
    FailureKind.MALFORMED_BODY: ErrorCode.UPSTREAM_INVALID,
    FailureKind.PROTOCOL_ERROR: ErrorCode.UPSTREAM_INVALID,
    FailureKind.TRUNCATED_STREAM: ErrorCode.UPSTREAM_INTERRUPTED,
    FailureKind.STREAM_ERROR: ErrorCode.UPSTREAM_INTERRUPTED,
    FailureKind.SERVER_ERROR: ErrorCode.UPSTREAM_ERROR,
    FailureKind.RATE_LIMITED: ErrorCode.UPSTREAM_RATE_LIMITED,
    FailureKind.QUOTA_EXHAUSTED: ErrorCode.UPSTREAM_BILLING,
    FailureKind.BILLING: ErrorCode.UPSTREAM_BILLING,
    FailureKind.OVERLOADED: ErrorCode.UPSTREAM_OVERLOADED,
    FailureKind.CONTEXT_OVERFLOW: ErrorCode.CONTEXT_TOO_LONG,
    FailureKind.INVALID_REQUEST: ErrorCode.UPSTREAM_REJECTED,
    FailureKind.UNTRANSLATABLE: ErrorCode.INVALID_BODY,
    FailureKind.REQUEST_TOO_LARGE: ErrorCode.BODY_TOO_LARGE,
    FailureKind.INVALID_AUTH: ErrorCode.UPSTREAM_AUTH,
    FailureKind.PERMISSION_DENIED: ErrorCode.UPSTREAM_PERMISSION,
    FailureKind.MODEL_UNAVAILABLE: ErrorCode.UPSTREAM_MODEL,
    FailureKind.DRAINING: ErrorCode.DRAINING,
}
_UNDERSTOOD_OVERFLOW = (b"prompt is too long", b"context_length_exceeded")


def code_of(kind: FailureKind) -> ErrorCode:
    """The error of Gate's own that says what a failed attempt was, where no answer of the upstream can be passed on."""
    return _CODE_OF.get(kind, ErrorCode.UPSTREAM_UNREACHABLE)


def gate_error(failure: Failure, message: str, request: RequestFeatures, route: Route | None) -> GateError:
    """The error of Gate's own for a failed attempt. message: the upstream's words, or Gate's. route: the one tried."""
    code = code_of(failure.kind)
    if code is ErrorCode.CONTEXT_TOO_LONG:
        message = _with_numbers(message, request.token_estimate, None if route is None else route.context_window)
    return GateError(code, message, retry_after_s=failure.retry_after_s)


def _with_numbers(message: str, estimate: int, window: int | None) -> str:
    """Claude Code makes room only when it is told two numbers, and not every vendor tells them. What is missing is put
    in the catalog's and the estimate's words; the estimate is at least one more than what fits."""
    tokens, maximum = numbers(message)
    if tokens is not None and maximum is not None:
        return message
    most = maximum or window or max(estimate - 1, 0)
    return f"{message} (about {max(tokens or estimate, most + 1)} input tokens do not fit a context window of {most})"


@dataclass(slots=True)
class UpstreamError:
    """An error answer, kept whole so that it can be passed on unmodified."""

    status: int
    headers: list[Header]
    body: bytes

    @property
    def is_json(self) -> bool:
        """Whether clients can read it at all: proxies in between answer HTML, or nothing."""
        try:
            msgspec.json.decode(self.body, type=dict[str, msgspec.Raw])
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        return True

    def words(self) -> str | None:
        """The upstream's own message, whatever the shape it stands in; None when it has none."""
        if self.body.lstrip()[:1] not in (b"{", b"["):
            return None
        return read_words(self.body).message[:WORDS_LIMIT] or None


@dataclass(frozen=True, slots=True)
class ToldError:
    """What an upstream said. body: the JSON it said it in, when that is an error body by itself."""

    message: str
    body: bytes | None


class _Message(msgspec.Struct):
    message: str = ""


class _Failed(msgspec.Struct):
    error: _Message | None = None


class _Event(msgspec.Struct):
    """An error body (`{"error": {...}}`), or the Responses event that holds one (`{"response": {"error": {...}}}`)."""

    error: _Message | None = None
    response: _Failed | None = None


def read_error(data: bytes) -> ToldError | None:
    """The error in a body or in an event's data; None when it is none."""
    try:
        event = msgspec.json.decode(data, type=_Event)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if event.error is not None:
        return ToldError(event.error.message[:WORDS_LIMIT], data)
    if event.response is not None and event.response.error is not None:
        return ToldError(event.response.error.message[:WORDS_LIMIT], None)
    return None


def needs_rewording(kind: FailureKind, error: UpstreamError, dialect: Dialect | None = None) -> bool:
    """Whether the upstream's own answer must give way to one of Gate's: it is not JSON, or a context overflow that
    clients would not understand. Claude Code only compacts on Anthropic's wording, OpenAI's clients on OpenAI's code;
    other vendors that speak their dialects word it in ways of their own. dialect: the client's."""
    if not error.is_json:
        return True
    if dialect is Dialect.GEMINI:
        return False  # whose words are Google's own
    return kind is FailureKind.CONTEXT_OVERFLOW and not any(words in error.body for words in _UNDERSTOOD_OVERFLOW)
