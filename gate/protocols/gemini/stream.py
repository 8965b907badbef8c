"""Reads along a streamGenerateContent stream (`alt=sse`). https://ai.google.dev/api/generate-content

Every event is an answer of its own with the counts so far. There is no end marker: the stream is whole when every
candidate has its finish reason, or when the prompt was blocked.
"""

import msgspec

from gate.core.errors import GateError
from gate.core.failure import Failure, FailureKind
from gate.protocols.classify import in_band
from gate.protocols.codec import Answer
from gate.protocols.fields import ABSENT, begins, decoded, identifier, is_null, mapping, raw_members, text, tolerant
from gate.protocols.gemini.errors import error_event
from gate.protocols.gemini.usage import read_usage
from gate.protocols.tap import Tap, Verdict

PING = b"\n\n"
"""Empty lines: Google's Python client takes a comment for a piece of JSON and fails."""
_SIGNS = (b'"finishReason"', b'"error"', b'"promptFeedback"')
_USAGE = b'"usageMetadata"'
_EMPTY = frozenset({b'""', b"null", b"false"})


class _Content(msgspec.Struct, gc=False):
    parts: msgspec.Raw = ABSENT


class _Candidate(msgspec.Struct, gc=False):
    index: int | None = 0
    content: _Content | None = None
    finishReason: msgspec.Raw = ABSENT


class _Chunk(msgspec.Struct, gc=False):
    candidates: list[_Candidate] | None = None
    usageMetadata: msgspec.Raw = ABSENT
    modelVersion: msgspec.Raw = ABSENT
    responseId: msgspec.Raw = ABSENT
    promptFeedback: msgspec.Raw = ABSENT
    error: msgspec.Raw = ABSENT


class _Counts(msgspec.Struct, gc=False):
    usageMetadata: msgspec.Raw = ABSENT


_CHUNK = msgspec.json.Decoder(_Chunk)
_COUNTS = msgspec.json.Decoder(_Counts)
_PARTS = msgspec.json.Decoder(list[msgspec.Raw])


class GeminiTap(Tap):
    """See `gate.protocols.codec.StreamTap`."""

    def __init__(self) -> None:
        super().__init__()
        self._seen: set[int] = set()
        self._reasons: dict[int, str] = {}
        self._blocked: str | None = None
        self._usage: object = None
        self._unread: bytes | None = None
        self._id: str | None = None
        self._model: str | None = None

    def _plain(self, event: bytes) -> bool:
        if not event.startswith(b"data: {") or any(sign in event for sign in _SIGNS):
            return False
        if _USAGE in event:
            self._unread = event  # read when somebody asks: the counts of the last event are the ones that matter
        return True

    def _read(self, name: str, data: bytes) -> Verdict:
        chunk = tolerant(data, _CHUNK)
        if chunk is None:
            return Verdict.UNREAD
        self._id = self._id or identifier(chunk.responseId)
        self._model = self._model or identifier(chunk.modelVersion)
        if begins(chunk.usageMetadata, b"{"):
            self._usage, self._unread = decoded(chunk.usageMetadata), None
        for candidate in chunk.candidates or ():
            self._candidate(candidate)
        if not is_null(chunk.promptFeedback):
            blocked = mapping(decoded(chunk.promptFeedback)).get("blockReason")
            if isinstance(blocked, str):
                self._blocked, self.content = blocked, True
        if not is_null(chunk.error):
            self.failure = in_band(decoded(chunk.error))
        self.done = self._whole
        return Verdict.KEEP

    def _candidate(self, candidate: _Candidate) -> None:
        index = candidate.index or 0
        self._seen.add(index)
        reason = text(candidate.finishReason)
        if reason:
            self._reasons[index] = reason
            self.content = True
        elif not self.content and candidate.content is not None:
            self.content = _says_something(candidate.content.parts)

    @property
    def _whole(self) -> bool:
        if self._blocked is not None:
            return True
        return bool(self._reasons) and self._seen <= self._reasons.keys()

    def finish(self) -> tuple[bytes, Failure | None]:
        if self._whole:
            return b"", None
        return b"", Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without a finish reason")

    def answer(self) -> Answer:
        if self._unread is not None:
            counts = tolerant(self._unread.removeprefix(b"data: "), _COUNTS)
            self._unread = None
            if counts is not None and begins(counts.usageMetadata, b"{"):
                self._usage = decoded(counts.usageMetadata)
        reasons = tuple(self._reasons[index] for index in sorted(self._reasons))
        if not reasons and self._blocked is not None:
            reasons = (self._blocked,)
        return Answer(read_usage(self._usage), reasons, self._model, self._id)

    def error_event(self, error: GateError) -> bytes:
        return error_event(error)


def _says_something(parts: msgspec.Raw) -> bool:
    """Whether a part holds more than an empty text."""
    for part in tolerant(bytes(parts), _PARTS) or ():
        if any(name != "thought" and bytes(value) not in _EMPTY for name, value in raw_members(part).items()):
            return True
    return False
