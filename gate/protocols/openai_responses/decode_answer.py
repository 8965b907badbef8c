"""A whole response in canonical form, and why a response ended.

https://platform.openai.com/docs/api-reference/responses/object (read 2026-11-21)
"""

from collections.abc import Sequence

import msgspec

from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Response, Stop
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Refusal, Text, Thinking, ToolCall, Wire
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.content import parts_of
from gate.protocols.openai_responses.items import Seal, is_client_call, kind_of, part_of
from gate.protocols.openai_responses.stream import finish_reason
from gate.protocols.openai_responses.usage import read_usage
from gate.protocols.openai_responses.values import array, filled, integer, read_json

_OBJECT = msgspec.json.Decoder(dict[str, object])
_KEPT = ("service_tier", "tool_usage", "moderation", "prompt_cache_diagnostics", "input_transformations")
_INCOMPLETE = {
    "max_output_tokens": Stop.MAX_TOKENS,
    "max_tokens": Stop.MAX_TOKENS,
    "content_filter": Stop.REFUSAL,
    "max_tool_calls": Stop.PAUSE,
    "steered": Stop.PAUSE,
}


def decode_answer(body: bytes, vendor: str, quirks: Quirks = NO_QUIRKS) -> Response:
    """See `gate.protocols.translation.Translator`."""
    wire = read_json(body, _OBJECT)
    if wire is None or not isinstance(wire.get("output"), list):
        raise ValueError("not a response")
    if wire.get("error") is not None:
        raise ValueError("an error in place of a response")
    told = [part for item in map(mapping, array(wire["output"])) for part in parts_of_item(item, sealed(vendor))]
    # After a picture there is a message without words.
    parts = [part for part in told if not isinstance(part, Text) or part.text]
    stop, word = stop_of(wire, parts)
    return Response(
        id=filled(wire.get("id")),
        model=filled(wire.get("model")),
        parts=tuple(parts),
        stop=stop,
        usage=read_usage(wire.get("usage")),
        created=integer(wire.get("created_at")),
        stop_word=word,
        raw=kept(wire),
    )


def kept(wire: Wire) -> Wire | None:
    """Members of a response that only this dialect knows and a client may want to see."""
    return {name: wire[name] for name in _KEPT if wire.get(name) is not None} or None


def sealed(vendor: str) -> Seal:
    """Marks tokens as this vendor's."""
    return lambda token, item: Opaque(vendor, "encrypted", token, item)


def parts_of_item(item: Wire, seal: Seal) -> Sequence[Part]:
    """What one item of an output is; reasoning of which nothing is shown or kept is nothing."""
    kind = kind_of(item)
    if kind == "message":
        return parts_of(item.get("content"))
    part = part_of(item, kind, seal)
    if isinstance(part, Thinking) and not part.text and part.opaque is None:
        return ()
    return (part,)


def stop_of(response: Wire, parts: Sequence[Part]) -> tuple[Stop, str | None]:
    """Why a response with these parts ended, and the vendor's word for it."""
    word = finish_reason(response.get("status"), response.get("incomplete_details"))
    status = response.get("status")
    if status == "incomplete":
        return _INCOMPLETE.get(word or "", Stop.OTHER), word
    if status in ("cancelled", "failed", "in_progress", "queued"):
        return Stop.OTHER, word
    if any(map(_asks_client, parts)):
        return Stop.TOOL_USE, word
    if any(isinstance(part, Refusal) for part in parts):
        return Stop.REFUSAL, word
    return Stop.END, word


def _asks_client(part: Part) -> bool:
    return isinstance(part, ToolCall) or (isinstance(part, Foreign) and is_client_call(part.raw, part.kind))
