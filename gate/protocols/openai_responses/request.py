"""What Gate reads of a responses request. https://platform.openai.com/docs/api-reference/responses/create

Only the members below; all others pass as they are. What the request uses is counted on the way (`census`).
"""

import msgspec

from gate.core.dialect import Operation
from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.codec import Scanned
from gate.protocols.fields import ABSENT, UNREADABLE
from gate.protocols.openai_responses.census import PICTURED, Census, Item
from gate.protocols.splice import JsonObject

CONTROLLED = frozenset(
    {
        "model",
        "stream",
        "input",
        "tools",
        "max_output_tokens",
        "reasoning",
        "text",
        "conversation",
        "prompt_cache_key",
        "user",
        "safety_identifier",
    }
)
_SESSION = ("conversation", "prompt_cache_key")
_PERSON = ("user", "safety_identifier")


class _Conversation(msgspec.Struct, gc=False):
    id: msgspec.Raw = ABSENT


_ITEMS, _ITEM = msgspec.json.Decoder(list[Item]), msgspec.json.Decoder(Item)
_CONVERSATION_ID = msgspec.json.Decoder(_Conversation)


def scan(body: bytes, operation: Operation) -> Scanned:
    """See `gate.protocols.codec.Codec`."""
    found = fields.read_controlled(body, CONTROLLED)
    model, model_at = fields.required_model(body, found)
    stream = fields.flag(found, "stream") and operation is not Operation.COUNT_TOKENS
    max_tokens = fields.count(found, "max_output_tokens")
    tools = fields.array(found, "tools")
    items = _items(found)
    values = found.values
    census = Census()
    for item in items:
        census.item(item)
    census.tools(tools)
    census.members(values)
    uses = frozenset(census.uses)
    cache_key = _id(found, _SESSION)
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        # Codex puts its tools for the newest models into the input.
        tools=fields.filled(tools) or census.has_tools,
        images=not PICTURED.isdisjoint(uses),
        thinking=Use.THINKING in uses,
        json_schema=Use.JSON_SCHEMA in uses,
        max_tokens=max_tokens,
        messages=len(items) or None,
        user_id=cache_key or _id(found, _PERSON),
        uses=uses,
        cache_key=cache_key,
        conversation_at=fields.place(found, "input"),
        beside=fields.beside(found, sized=("instructions",), told=("previous_response_id", "conversation", "prompt")),
    )


def _items(found: JsonObject) -> list[Item]:
    """The input's items; none of an input that is a string or absent. Raises GateError invalid_body."""
    raw = found.values.get("input")
    if raw is None or fields.is_null(raw) or fields.begins(raw, b'"'):
        return []
    if not fields.begins(raw, b"["):
        raise fields.wrong("input", "a string or an array")
    if fields.crowded(raw):
        return []
    try:
        return _ITEMS.decode(raw)
    except UNREADABLE:
        # One item of a shape not foreseen must not hide the others.
        return [fields.lenient(item, _ITEM) or Item() for item in fields.elements(raw)]


def _id(found: JsonObject, names: tuple[str, ...]) -> str | None:
    for name in names:
        raw = found.values.get(name)
        value = fields.identifier(raw)
        if value is None and name == "conversation":
            conversation = fields.lenient(raw, _CONVERSATION_ID)
            value = None if conversation is None else fields.identifier(conversation.id)
        if value is not None:
            return value
    return None
