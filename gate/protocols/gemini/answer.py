"""A whole answer of generateContent or countTokens: what Gate reads of it, and the stream it would have been.

A stream is a sequence of whole answers that are to be put together, so one answer is a stream of one event; and a
server that streams, but not as events, sends an array of them. https://ai.google.dev/api/generate-content ,
https://ai.google.dev/api/tokens
"""

from collections.abc import Mapping

import msgspec

from gate.core.dialect import Operation
from gate.core.usage import NOT_REPORTED
from gate.protocols.codec import Answer
from gate.protocols.fields import decoded, identifier, is_null, mapping, text, tokens
from gate.protocols.gemini.usage import read_usage
from gate.protocols.sse import make_event
from gate.protocols.whole import answer_members, array_of, object_of

Members = Mapping[str, msgspec.Raw]
_ANSWERED = ("candidates", "promptFeedback", "usageMetadata")


def read_answer(body: bytes, operation: Operation) -> Answer:
    """See `gate.protocols.codec.Codec`."""
    if operation is Operation.COUNT_TOKENS:
        counted = tokens(decoded(answer_members(body).get("totalTokens")))
        if counted is None:
            raise ValueError("no totalTokens in a countTokens answer")
        return Answer(input_tokens=counted)
    found = Answer()
    for chunk in _chunks(body):
        usage = read_usage(decoded(chunk.get("usageMetadata")))
        found = Answer(
            usage=found.usage if usage == NOT_REPORTED else usage,
            finish_reasons=_reasons(chunk) or found.finish_reasons,
            response_model=found.response_model or identifier(chunk.get("modelVersion")),
            response_id=found.response_id or identifier(chunk.get("responseId")),
        )
    return found


def synthesize(body: bytes) -> bytes:
    """The stream of a whole answer. Raises ValueError."""
    return b"".join(make_event(None, chunk) for chunk in _chunks(body))


def _chunks(body: bytes) -> list[Members]:
    """The answers in a body: one, or the elements of an array. Raises ValueError."""
    if body.lstrip()[:1] == b"[":
        chunks = [answer_members(bytes(each)) for each in array_of(msgspec.Raw(body))]
    else:
        chunks = [answer_members(body)]
    if not chunks or not all(any(name in chunk for name in _ANSWERED) for chunk in chunks):
        raise ValueError("not an answer")
    return chunks


def _reasons(chunk: Members) -> tuple[str, ...]:
    """The finish reasons of all candidates, or why the prompt was blocked. Raises ValueError."""
    raw = chunk.get("candidates")
    if raw is None or is_null(raw):
        blocked = mapping(decoded(chunk.get("promptFeedback"))).get("blockReason")
        return (blocked,) if isinstance(blocked, str) else ()
    found = (text(object_of(candidate).get("finishReason")) for candidate in array_of(raw))
    return tuple(reason for reason in found if reason)
