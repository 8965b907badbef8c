"""A whole chat completion: what Gate reads of it, and the stream it would have been.

https://platform.openai.com/docs/api-reference/chat-streaming
"""

from collections.abc import Iterator, Mapping

import msgspec

from gate.protocols.codec import Answer
from gate.protocols.fields import begins, decoded, identifier, is_null, raw_members
from gate.protocols.openai_chat.usage import read_usage
from gate.protocols.sse import make_event
from gate.protocols.whole import answer_members, array_of, object_of

_DONE = b"data: [DONE]\n\n"
_NULL = msgspec.Raw(b"null")
_CHUNK = msgspec.Raw(b'"chat.completion.chunk"')
Members = Mapping[str, msgspec.Raw]


def read_answer(body: bytes) -> Answer:
    """See `gate.protocols.codec.Codec`."""
    answer = answer_members(body)
    reasons = (decoded(choice.get("finish_reason")) for choice in _choices(answer))
    return Answer(
        usage=read_usage(decoded(answer.get("usage"))),
        finish_reasons=tuple(reason for reason in reasons if isinstance(reason, str)),
        response_model=identifier(answer.get("model")),
        response_id=identifier(answer.get("id")),
    )


def _choices(answer: Members) -> list[Members]:
    """Raises ValueError when this is no chat completion."""
    choices = [object_of(choice) for choice in array_of(answer.get("choices", _NULL))]
    if not choices or any(not begins(choice.get("message", _NULL), b"{") for choice in choices):
        raise ValueError("no choices with messages")
    return choices


def synthesize(body: bytes, *, with_usage: bool) -> bytes:
    """The stream of a whole completion. with_usage: the client asked for the usage chunk. Raises ValueError."""
    answer = answer_members(body)
    head: dict[str, object] = {name: value for name, value in answer.items() if name not in ("choices", "usage")}
    head["object"] = _CHUNK
    events = [make_event(None, {**head, "choices": [choice]}) for choice in _pieces(_choices(answer))]
    usage = answer.get("usage", _NULL)
    if with_usage and not is_null(usage):
        events.append(make_event(None, {**head, "choices": [], "usage": usage}))
    return b"".join([*events, _DONE])


def _pieces(choices: list[Members]) -> Iterator[dict[str, object]]:
    """Every choice as one that names the role, one with all that was said, one with the finish reason."""
    for place, choice in enumerate(choices):
        message = raw_members(choice["message"])
        kept = {"index": choice.get("index", place), "logprobs": None}
        said: dict[str, object] = {
            name: value for name, value in message.items() if name not in ("role", "tool_calls") and not is_null(value)
        }
        calls = message.get("tool_calls", _NULL)
        if begins(calls, b"["):
            said["tool_calls"] = [_call(call, at) for at, call in enumerate(array_of(calls))]
        role = message.get("role", msgspec.Raw(b'"assistant"'))
        yield {**kept, "delta": {"role": role, "content": ""}, "finish_reason": None}
        if said:
            logprobs = choice.get("logprobs", _NULL)
            yield {**kept, "logprobs": logprobs, "delta": said, "finish_reason": None}
        reason = choice.get("finish_reason", _NULL)
        # Without one a client waits for the rest of the answer.
        yield {**kept, "delta": {}, "finish_reason": "stop" if is_null(reason) else reason}


def _call(call: msgspec.Raw, at: int) -> dict[str, object]:
    """Calls have an index in a stream, and none in a whole answer."""
    return {"index": at, **object_of(call)}
