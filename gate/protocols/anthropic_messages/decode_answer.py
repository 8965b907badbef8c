"""A whole answer in canonical form. https://platform.claude.com/docs/en/api/messages"""

from gate.protocols.anthropic_messages.body import answer_object, array, filled
from gate.protocols.anthropic_messages.decode_blocks import read_block, sealed
from gate.protocols.anthropic_messages.usage import read_usage
from gate.protocols.anthropic_messages.words import stop_of
from gate.protocols.canonical.answer import Response
from gate.protocols.canonical.parts import ToolCall, Wire
from gate.protocols.fields import mapping, tokens

EXTRA = ("stop_details", "container", "context_management", "diagnostics", "input_transformations")
"""Members of an answer that mean something to a client of this dialect only."""
EXTRA_USAGE = ("server_tool_use", "service_tier", "inference_geo", "speed", "iterations", "fallback_credit")


def decode_answer(body: bytes, vendor: str) -> Response:
    """See `gate.protocols.translation.Translator`."""
    message = answer_object(body)
    if message.get("type") != "message" or not isinstance(message.get("content"), list):
        raise ValueError("not a message")
    seal = sealed(vendor)
    parts = tuple([read_block(block, seal) for block in array(message["content"])])
    word = filled(message, "stop_reason")
    return Response(
        id=filled(message, "id"),
        model=filled(message, "model"),
        parts=parts,
        stop=stop_of(word, called=any(isinstance(part, ToolCall) for part in parts)),
        usage=read_usage(message.get("usage")),
        stop_word=word,
        stop_sequence=filled(message, "stop_sequence"),
        raw=extra(message),
    )


def extra(*sources: Wire) -> Wire | None:
    """What of a message (and of the event that ends its stream) no canonical member holds; None when there is
    nothing."""
    found: dict[str, object] = {}
    usage: dict[str, object] = {}
    for source in sources:
        found |= {name: source[name] for name in EXTRA if source.get(name) is not None}
        counted = mapping(source.get("usage"))
        usage |= {name: counted[name] for name in EXTRA_USAGE if counted.get(name) is not None}
    if usage:
        found["usage"] = usage
    return found or None


def decode_count(body: bytes) -> int:
    """See `gate.protocols.translation.Translator`."""
    counted = tokens(answer_object(body).get("input_tokens"))
    if counted is None:
        raise ValueError("no input_tokens in an answer that counts tokens")
    return counted
