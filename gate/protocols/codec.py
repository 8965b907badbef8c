"""The one small interface every dialect implements; the engine knows nothing else of a wire protocol.

Everything here is pure and works on bytes. A dialect is a package `gate/protocols/<dialect>/` whose `CODEC` object has
these methods; `gate.protocols.registry` finds it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from gate.core.dialect import Dialect, Operation
from gate.core.errors import GateError
from gate.core.failure import Failure
from gate.core.loss import Use
from gate.core.usage import NOT_REPORTED, Usage

Header = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of bytes in a body."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was read of a request body on the raw lane, with the places Gate may touch.

    model: as sent. model_at: the bytes of its JSON value, quotes included. usage_at: where `include_usage` is to be
    inserted, with `usage_insert` to be put there (None = nothing to insert). asked_usage: the client itself asked for
    usage in the stream. user_id: the conversation or session id a body field carries, if any. cache_key: what the
    client gives in common to requests that begin alike, for the sake of prompt caches, if anything. uses: what of this
    request not every dialect can carry. model_at is None where the model stands in the path. conversation_at: the
    value that grows from turn to turn (`messages`, `input`, `contents`), None where there is none. beside: what else
    tells one turn of a conversation from another, short.
    """

    model: str
    model_at: Span | None
    stream: bool
    tools: bool = False
    images: bool = False
    thinking: bool = False
    json_schema: bool = False
    max_tokens: int | None = None
    messages: int | None = None
    user_id: str | None = None
    asked_usage: bool = False
    usage_at: Span | None = None
    usage_insert: bytes | None = None
    uses: frozenset[Use] = frozenset()
    cache_key: str | None = None
    conversation_at: Span | None = None
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was read of a whole (not streamed) answer."""

    usage: Usage = NOT_REPORTED
    finish_reasons: tuple[str, ...] = ()
    response_model: str | None = None
    response_id: str | None = None
    input_tokens: int | None = None
    """Only of a count_tokens answer."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """What a tap made of some whole SSE events. A struct because there is one for every event of every stream.

    forward: the bytes for the client, in order (the same bytes, but for the usage-only chunk it did not ask for).
    content: the first content event is in these or came before (nothing may be re-tried once it was sent).
    events: number of whole events in `forward`. failure: an error event of the upstream is in these bytes; `forward`
    still holds everything up to and including it. done: the dialect's end marker came. words: what the upstream said
    failed, where `forward` does not hold it; the client has still to be told.
    """

    forward: bytes
    content: bool
    events: int
    failure: Failure | None = None
    done: bool = False
    words: str | None = None


class StreamTap(Protocol):
    """Reads along one upstream stream. Never raises on what an upstream sends."""

    def feed(self, events: bytes) -> Piece:
        """`events`: one or more whole SSE events (each with its terminating blank line)."""
        ...

    def end(self) -> Piece:
        """The upstream closed. What is still missing to make the stream complete for the client (for example a chat
        stream with a finish_reason but without `[DONE]`), or the failure `truncated_stream` if it is not complete."""
        ...

    def answer(self) -> Answer:
        """Usage, finish reasons, response id and model as far as read."""
        ...

    def error_event(self, error: GateError) -> bytes:
        """The dialect's in-band error, to end a stream that has begun (same response id, next sequence number)."""
        ...


class Codec(Protocol):
    """One dialect."""

    @property
    def dialect(self) -> Dialect: ...

    @property
    def ping(self) -> bytes:
        """A whole SSE event (or comment) every client of the dialect ignores."""
        ...

    def scan(self, body: bytes, operation: Operation) -> Scanned:
        """Read what the planner needs. Raises GateError (invalid_json, invalid_body, duplicate_member, too_deep)."""
        ...

    def rewrite(self, body: bytes, scanned: Scanned, model: str) -> bytes:
        """The body for the upstream: `model` replaced, usage asked for on chat streams, every other byte as it was."""
        ...

    def tap(self, scanned: Scanned) -> StreamTap: ...

    def read_answer(self, body: bytes, operation: Operation) -> Answer:
        """Raises ValueError when the body is not a whole answer of this dialect (malformed_body)."""
        ...

    def synthesize(self, body: bytes, scanned: Scanned) -> bytes:
        """A whole SSE stream from a whole JSON answer, for an upstream that answered JSON to a streaming request.
        Raises ValueError like `read_answer`."""
        ...

    def classify(self, status: int, headers: Sequence[Header], body: bytes) -> Failure:
        """What an upstream error answer (status >= 300) means."""
        ...

    def error_response(self, error: GateError, request_id: str) -> tuple[int, tuple[Header, ...], bytes]:
        """Status, headers (content-type, retry-after, x-should-retry) and body of an error of Gate's own."""
        ...
