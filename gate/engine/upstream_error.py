"""An upstream's error answer on its way to the client: kept whole, read for its words, reworded only for overflow."""

from dataclasses import dataclass

import msgspec

from gate.core.errors import ErrorCode
from gate.core.failure import FailureKind
from gate.engine.ports import Header

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
    FailureKind.EMPTY_BODY: ErrorCode.UPSTREAM_INVALID,
    FailureKind.MALFORMED_BODY: ErrorCode.UPSTREAM_INVALID,
    FailureKind.PROTOCOL_ERROR: ErrorCode.UPSTREAM_INVALID,
    FailureKind.TRUNCATED_STREAM: ErrorCode.UPSTREAM_INTERRUPTED,
    FailureKind.STREAM_ERROR: ErrorCode.UPSTREAM_INTERRUPTED,
    FailureKind.SERVER_ERROR: ErrorCode.UPSTREAM_INTERRUPTED,
    FailureKind.RATE_LIMITED: ErrorCode.OVERLOADED,
    FailureKind.OVERLOADED: ErrorCode.OVERLOADED,
    FailureKind.CONTEXT_OVERFLOW: ErrorCode.CONTEXT_TOO_LONG,
    FailureKind.INVALID_REQUEST: ErrorCode.INVALID_BODY,
    FailureKind.REQUEST_TOO_LARGE: ErrorCode.BODY_TOO_LARGE,
    FailureKind.INVALID_AUTH: ErrorCode.WRONG_KEY,
    FailureKind.DRAINING: ErrorCode.DRAINING,
}
_UNDERSTOOD_OVERFLOW = (b"prompt is too long", b"context_length_exceeded")


def code_of(kind: FailureKind) -> ErrorCode:
    """The error of Gate's own that says what a failed attempt was, where no answer of the upstream can be passed on."""
    return _CODE_OF.get(kind, ErrorCode.UPSTREAM_UNREACHABLE)


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
        """The upstream's own message; None when it has none."""
        told = read_error(self.body)
        return told.message if told is not None else None


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


def needs_rewording(kind: FailureKind, error: UpstreamError) -> bool:
    """Whether the upstream's own answer must give way to one of Gate's: it is not JSON, or a context overflow that
    clients would not understand. Claude Code only compacts on Anthropic's wording, OpenAI's clients on OpenAI's code;
    other vendors that speak their dialects word it in ways of their own."""
    if not error.is_json:
        return True
    return kind is FailureKind.CONTEXT_OVERFLOW and not any(words in error.body for words in _UNDERSTOOD_OVERFLOW)
