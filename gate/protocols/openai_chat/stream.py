"""Reads along a chat stream. https://platform.openai.com/docs/api-reference/chat-streaming

Content begins with a delta that says something or with a finish reason. The stream is whole with `[DONE]`, or when
every choice has its finish reason; a missing `[DONE]` is supplied, because clients wait for it.
"""

import msgspec

from gate.core.errors import GateError
from gate.core.failure import Failure, FailureKind
from gate.protocols.classify import in_band
from gate.protocols.codec import Answer
from gate.protocols.fields import ABSENT, begins, decoded, identifier, is_null, raw_members, tolerant
from gate.protocols.openai_chat.usage import read_usage
from gate.protocols.openai_errors import error_body
from gate.protocols.sse import make_event
from gate.protocols.tap import Tap, Verdict

PING = b": gate: still waiting for the model\n\n"
_DONE = b"data: [DONE]\n\n"
_DATA = b"data: {"
_NOTHING = (b"null", b'""', b"[]", b"{}")


class _Choice(msgspec.Struct, gc=False):
    index: int | None = 0
    finish_reason: str | None = None


class _Chunk(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class _Object(msgspec.Struct, gc=False):
    """Any object."""


class _Delta(msgspec.Struct, gc=False):
    """A chunk as most are: usage and error absent or null. Decoded into objects they are seen without a look inside."""

    choices: list[_Choice] | None = None
    usage: _Object | None = None
    error: _Object | None = None


class _FirstChoice(msgspec.Struct, gc=False):
    delta: msgspec.Raw = ABSENT


class _FirstChunk(msgspec.Struct, gc=False):
    id: msgspec.Raw = ABSENT
    model: msgspec.Raw = ABSENT
    choices: list[_FirstChoice] | None = None


_DELTA = msgspec.json.Decoder(_Delta)
_CHUNK = msgspec.json.Decoder(_Chunk)
_FIRST = msgspec.json.Decoder(_FirstChunk)


class ChatTap(Tap):
    """See `gate.protocols.codec.StreamTap`. strip_usage: the client did not ask for usage; its chunk is kept back."""

    def __init__(self, *, strip_usage: bool) -> None:
        super().__init__()
        self._strip = strip_usage
        self._open: set[int | None] = set()
        self._reasons: dict[int | None, str] = {}
        self._usage: object = None
        self._id: str | None = None
        self._model: str | None = None

    def _plain(self, event: bytes) -> bool:
        # Decoding the few members that matter costs less than searching the event for each of them.
        if not event.startswith(_DATA):
            return False
        try:
            chunk = _DELTA.decode(event[6:])
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        if not chunk.choices or chunk.usage is not None or chunk.error is not None:
            return False
        if len(chunk.choices) == 1:
            choice = chunk.choices[0]
            return choice.finish_reason is None and choice.index in self._open
        return all(choice.finish_reason is None and choice.index in self._open for choice in chunk.choices)

    def _read(self, name: str, data: bytes) -> Verdict:
        if data.strip() == b"[DONE]":
            # Of a stream that said nothing the marker makes no answer: `finish` calls it truncated.
            self.done = self.content
            return Verdict.KEEP
        chunk = tolerant(data, _CHUNK)
        if chunk is None:
            return Verdict.UNREAD
        self._remember(data)
        if begins(chunk.usage, b"{"):
            self._usage = decoded(chunk.usage)
            if not chunk.choices and self._strip and is_null(chunk.error):
                return Verdict.DROP
        for choice in chunk.choices or ():
            self._open.add(choice.index)
            if choice.finish_reason is not None:
                self.content = True
                self._reasons[choice.index] = choice.finish_reason
        if not is_null(chunk.error):
            self.failure = in_band(decoded(chunk.error))
        return Verdict.KEEP

    def _remember(self, data: bytes) -> None:
        """What the first chunks alone can tell: who answers, and whether content has begun."""
        if self.content and self._id is not None:
            return
        first = tolerant(data, _FIRST)
        if first is None:
            return
        self._id = self._id or identifier(first.id)
        self._model = self._model or identifier(first.model)
        for choice in first.choices or ():
            delta = raw_members(choice.delta)
            self.content = self.content or any(
                bytes(value) not in _NOTHING for name, value in delta.items() if name != "role"
            )

    def finish(self) -> tuple[bytes, Failure | None]:
        if self.done:
            return b"", None
        if self._reasons and self._open <= self._reasons.keys():
            return _DONE, None
        return b"", Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without a finish reason")

    def answer(self) -> Answer:
        reasons = tuple(self._reasons[index] for index in sorted(self._reasons, key=lambda index: index or 0))
        return Answer(read_usage(self._usage), reasons, self._model, self._id)

    def error_event(self, error: GateError) -> bytes:
        # No [DONE] after it: a client that does not know the error chunk would take the answer for whole.
        return make_event(None, {"error": error_body(error)})
