"""A whole messages answer: what Gate reads of it, and the stream it would have been.

The stream holds every event and delta a client may need, values exactly as the answer spelled them.
https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Iterator, Mapping

import msgspec

from gate.core.dialect import Operation
from gate.protocols.anthropic_messages.usage import read_usage
from gate.protocols.codec import Answer
from gate.protocols.fields import begins, decoded, identifier, raw_members, text, tokens
from gate.protocols.sse import make_event
from gate.protocols.whole import answer_members, array_of

Block = Mapping[str, msgspec.Raw]

# Clients sum usage up and fail without it; an upstream that reported none leaves nothing better to say in a stream.
_NO_USAGE = msgspec.Raw(b'{"input_tokens":0,"output_tokens":0}')
_NULL = msgspec.Raw(b"null")
# What a stream only knows at its end: these members of the answer come in `message_delta`.
_IN_DELTA = ("stop_reason", "stop_sequence", "stop_details", "container")
_BESIDE_DELTA = ("context_management",)


def read_answer(body: bytes, operation: Operation) -> Answer:
    """See `gate.protocols.codec.Codec`."""
    if operation is Operation.COUNT_TOKENS:
        counted = tokens(decoded(answer_members(body).get("input_tokens")))
        if counted is None:
            raise ValueError("no input_tokens in a count_tokens answer")
        return Answer(input_tokens=counted)
    message = _message(body)
    reason = identifier(message.get("stop_reason"))
    return Answer(
        usage=read_usage(decoded(message.get("usage"))),
        finish_reasons=() if reason is None else (reason,),
        response_model=identifier(message.get("model")),
        response_id=identifier(message.get("id")),
    )


def _message(body: bytes) -> Block:
    message = answer_members(body)
    if text(message.get("type")) != "message" or not begins(message.get("content") or _NULL, b"["):
        raise ValueError("not a message")
    return message


def synthesize(body: bytes) -> bytes:
    """The stream of a whole message. Raises ValueError."""
    message = _message(body)
    return b"".join(make_event(str(event["type"]), event) for event in _events(message))


def _events(message: Block) -> Iterator[dict[str, object]]:
    usage = message.get("usage", _NULL)
    usage = usage if begins(usage, b"{") else _NO_USAGE
    late = (*_IN_DELTA, *_BESIDE_DELTA)
    head = {name: value for name, value in message.items() if name not in late}
    start: dict[str, object] = {**head, "content": [], "stop_reason": None, "stop_sequence": None, "usage": usage}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(array_of(message["content"])):
        shown, deltas = _opened(raw_members(block))
        yield {"type": "content_block_start", "index": index, "content_block": shown or block}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    delta = {name: message[name] for name in _IN_DELTA if name in message}
    beside = {name: message[name] for name in _BESIDE_DELTA if name in message}
    ending: dict[str, object] = {"stop_reason": "end_turn", "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending | delta, "usage": usage, **beside}
    yield {"type": "message_stop"}


def _opened(block: Block) -> tuple[dict[str, object], list[dict[str, object]]]:
    """A block as its start event shows it, and the deltas that fill it. A block of another kind comes whole in its
    start event, as redacted thinking and the results of server tools do in Anthropic's own streams."""
    shown: dict[str, object] = dict(block)
    deltas: list[dict[str, object]] = []
    match text(block.get("type")):
        case "text" if "text" in block:
            shown["text"] = ""
            if begins(block.get("citations", _NULL), b"["):
                shown["citations"] = []
                cited = array_of(block["citations"])
                deltas.extend({"type": "citations_delta", "citation": citation} for citation in cited)
            deltas.append({"type": "text_delta", "text": block["text"]})
        case "thinking" if "thinking" in block:
            shown |= {"thinking": "", "signature": ""}
            deltas.append({"type": "thinking_delta", "thinking": block["thinking"]})
            if begins(block.get("signature", _NULL), b'"'):
                # Clients take the signature for the end of the block's thinking.
                deltas.append({"type": "signature_delta", "signature": block["signature"]})
        case "tool_use" | "server_tool_use" | "mcp_tool_use" if "input" in block:
            shown["input"] = {}
            deltas.append({"type": "input_json_delta", "partial_json": bytes(block["input"]).decode()})
        case _:
            pass
    return shown, deltas
