"""Reads along a responses stream. https://platform.openai.com/docs/api-reference/responses-streaming

`response.created`, `.queued` and `.in_progress` are not content; every other `response.*` event is. The stream is whole
with `response.completed` or `response.incomplete`. Without one of these nothing is supplied: only they hold the answer.
"""

import re

import msgspec

from gate.core.errors import GateError
from gate.core.failure import Failure, FailureKind
from gate.protocols.classify import in_band
from gate.protocols.codec import Answer, Piece
from gate.protocols.fields import ABSENT, decoded, identifier, is_null, mapping, tolerant
from gate.protocols.openai_errors import failed_error
from gate.protocols.openai_responses.usage import read_usage
from gate.protocols.sse import make_event
from gate.protocols.tap import Tap, Verdict

PING = b": gate: still waiting for the model\n\n"
_WAITING = frozenset({"response.created", "response.queued", "response.in_progress"})
_FINAL = frozenset({"response.completed", "response.incomplete", "response.cancelled"})
_SEQUENCE = re.compile(rb'"sequence_number"\s*:\s*(\d{1,15})')
_NOT_TOLD = "resp_gate"
"""The id of a failed response when the upstream had not yet given one."""


class _Response(msgspec.Struct, gc=False):
    """The members Gate reads of a response; whatever type they have."""

    id: msgspec.Raw = ABSENT
    model: msgspec.Raw = ABSENT
    created_at: msgspec.Raw = ABSENT
    status: msgspec.Raw = ABSENT
    usage: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT
    incomplete_details: msgspec.Raw = ABSENT


class _Event(msgspec.Struct, gc=False):
    type: str = ""
    response: _Response | None = None
    error: msgspec.Raw = ABSENT


_EVENT = msgspec.json.Decoder(_Event)


class ResponsesTap(Tap):
    """See `gate.protocols.codec.StreamTap`. model: the requested one, shown where the upstream has named none."""

    def __init__(self, model: str) -> None:
        super().__init__()
        self._asked = model
        self._model: str | None = None
        self._id: str | None = None
        self._created_at: object = None
        self._usage: object = None
        self._reasons: tuple[str, ...] = ()
        self._last = b""

    def feed(self, events: bytes) -> Piece:
        # Sequence numbers are looked up only when one is needed, in the latest events.
        self._last = events or self._last
        return super().feed(events)

    def _plain(self, event: bytes) -> bool:
        end = event.find(b"\n")
        return event.startswith(b"event: response.") and event[end - 6 : end] == b".delta"

    def _read(self, name: str, data: bytes) -> Verdict:
        event = tolerant(data, _EVENT)
        if event is None:
            return Verdict.UNREAD
        kind = event.type or name
        if kind == "message":
            return Verdict.UNREAD  # neither the event nor its data says what it is
        if kind == "error":
            nested = decoded(event.error)
            self.failure = in_band(nested if mapping(nested) else decoded(data))
        elif kind == "response.failed":
            self._note(event.response)
            self.failure = in_band(None if event.response is None else decoded(event.response.error))
        elif kind in _WAITING:
            self._note(event.response)
        elif kind.startswith("response."):
            self.content = True
            if kind in _FINAL:
                self.done = True
                self._note(event.response)
                self._finished(event.response)
        return Verdict.KEEP

    def _note(self, response: _Response | None) -> None:
        if response is None:
            return
        self._id = self._id or identifier(response.id)
        self._model = identifier(response.model) or self._model
        if self._created_at is None:
            self._created_at = decoded(response.created_at)
        if not is_null(response.usage):
            self._usage = decoded(response.usage)

    def _finished(self, response: _Response | None) -> None:
        if response is None:
            return
        reason = finish_reason(decoded(response.status), decoded(response.incomplete_details))
        self._reasons = () if reason is None else (reason,)

    def finish(self) -> tuple[bytes, Failure | None]:
        if self.done:
            return b"", None
        return b"", Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without its last event")

    def answer(self) -> Answer:
        return Answer(read_usage(self._usage), self._reasons, self._model, self._id)

    def error_event(self, error: GateError) -> bytes:
        if self.content:
            numbers = _SEQUENCE.findall(self._last)
            return self._event("failed", int(numbers[-1]) + 1 if numbers else 0, failed_error(error))
        # Nothing of this stream has been passed on yet, and clients refuse one that begins with anything else.
        return self._event("created", 0, None) + self._event("failed", 1, failed_error(error))

    def _event(self, kind: str, number: int, error: dict[str, str] | None) -> bytes:
        name = f"response.{kind}"
        created_at = self._created_at if isinstance(self._created_at, int | float) else 0  # clients want a number
        response: dict[str, object] = {
            "id": self._id or _NOT_TOLD,
            "object": "response",
            "created_at": created_at,
            "status": "in_progress" if error is None else "failed",
            "error": error,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "model": self._model or self._asked,
            "output": [],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "usage": None,
        }
        return make_event(name, {"type": name, "sequence_number": number, "response": response})


def finish_reason(status: object, incomplete: object) -> str | None:
    """Why a response ended: the reason it is incomplete, or its status."""
    reason = mapping(incomplete).get("reason")
    if status == "incomplete" and isinstance(reason, str):
        return reason
    return status if isinstance(status, str) else None
