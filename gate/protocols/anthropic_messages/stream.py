"""Reads along a messages stream. https://platform.claude.com/docs/en/build-with-claude/streaming

Content begins with the first event that is neither `message_start` nor `ping`. The stream is whole with `message_stop`;
where only that is missing it is supplied, but never while a block is open: its tool call would be half of one.
"""

import msgspec

from gate.core.errors import GateError
from gate.core.failure import Failure, FailureKind
from gate.protocols.anthropic_messages.errors import error_event
from gate.protocols.anthropic_messages.usage import UsageCount
from gate.protocols.classify import in_band
from gate.protocols.codec import Answer
from gate.protocols.fields import ABSENT, decoded, identifier, tokens, tolerant
from gate.protocols.tap import Tap, Verdict

PING = b'event: ping\ndata: {"type": "ping"}\n\n'
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_DELTA = b"event: content_block_delta\n"


class _Part(msgspec.Struct, gc=False):
    """The head of a message or the delta at its end; whatever type its members have."""

    id: msgspec.Raw = ABSENT
    model: msgspec.Raw = ABSENT
    usage: msgspec.Raw = ABSENT
    stop_reason: msgspec.Raw = ABSENT


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    index: msgspec.Raw = ABSENT
    message: _Part | None = None
    delta: _Part | None = None
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


_EVENT = msgspec.json.Decoder(_Event)


class MessagesTap(Tap):
    """See `gate.protocols.codec.StreamTap`."""

    def __init__(self) -> None:
        super().__init__()
        self._usage = UsageCount()
        self._open: set[int] = set()
        self._stop_reason: str | None = None
        self._id: str | None = None
        self._model: str | None = None

    def _plain(self, event: bytes) -> bool:
        return event.startswith(_DELTA)

    def _read(self, name: str, data: bytes) -> Verdict:
        event = tolerant(data, _EVENT)
        if event is None:
            return Verdict.UNREAD
        match event.type or name:
            case "message_start":
                self._started(event.message)
            case "ping":
                pass
            case "error":
                self.failure = in_band(decoded(event.error))
            case "message":
                return Verdict.UNREAD  # neither the event nor its data says what it is
            case kind:
                self.content = True
                self._noted(kind, event)
        return Verdict.KEEP

    def _started(self, message: _Part | None) -> None:
        if message is None:
            return
        self._id = identifier(message.id)
        self._model = identifier(message.model)
        self._usage.report(decoded(message.usage))

    def _noted(self, kind: str, event: _Event) -> None:
        match kind:
            case "content_block_start" | "content_block_stop":
                index = tokens(decoded(event.index))
                if index is None:
                    return
                if kind == "content_block_start":
                    self._open.add(index)
                else:
                    self._open.discard(index)
            case "message_delta":
                self._usage.report(decoded(event.usage))
                if event.delta is not None:
                    self._stop_reason = identifier(event.delta.stop_reason) or self._stop_reason
            case "message_stop":
                self.done = True
            case _:
                pass

    def finish(self) -> tuple[bytes, Failure | None]:
        if self.done:
            return b"", None
        if self._stop_reason is not None and not self._open:
            return _STOP, None
        where = "inside a content block" if self._open else "without its end"
        return b"", Failure(FailureKind.TRUNCATED_STREAM, f"the upstream's stream ended {where}")

    def answer(self) -> Answer:
        reasons = () if self._stop_reason is None else (self._stop_reason,)
        return Answer(self._usage.usage(), reasons, self._model, self._id)

    def error_event(self, error: GateError) -> bytes:
        return error_event(error)
