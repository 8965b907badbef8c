"""What Gate reads of a responses request. https://platform.openai.com/docs/api-reference/responses/create

Only the members below; all others pass as they are.
"""

import msgspec

from gate.core.dialect import Operation
from gate.protocols import fields
from gate.protocols.codec import Scanned
from gate.protocols.fields import ABSENT, UNREADABLE
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
_PICTURES = frozenset({"input_image", "input_file", "image_url", "image", "file"})
_CONVERSATION = ("conversation", "prompt_cache_key", "user", "safety_identifier")


class _Item(msgspec.Struct, gc=False):
    type: str = ""
    content: msgspec.Raw = ABSENT
    output: msgspec.Raw = ABSENT
    tools: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


class _Text(msgspec.Struct, gc=False):
    format: _Typed | None = None


class _Reasoning(msgspec.Struct, gc=False):
    effort: str | None = None


class _Conversation(msgspec.Struct, gc=False):
    id: msgspec.Raw = ABSENT


_ITEMS = msgspec.json.Decoder(list[_Item])
_ITEM = msgspec.json.Decoder(_Item)
_TYPES = msgspec.json.Decoder(list[_Typed])
_TEXT = msgspec.json.Decoder(_Text)
_REASONING = msgspec.json.Decoder(_Reasoning)
_CONVERSATION_ID = msgspec.json.Decoder(_Conversation)


def scan(body: bytes, operation: Operation) -> Scanned:
    """See `gate.protocols.codec.Codec`. Responses have no operation but this one."""
    del operation
    found = fields.read_controlled(body, CONTROLLED)
    model, model_at = fields.required_model(body, found)
    stream = fields.flag(found, "stream")
    max_tokens = fields.count(found, "max_output_tokens")
    tools = fields.filled(fields.array(found, "tools"))
    items = _items(found)
    values = found.values
    text = fields.lenient(values.get("text"), _TEXT)
    reasoning = fields.lenient(values.get("reasoning"), _REASONING)
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        # Codex puts its tools for the newest models into the input.
        tools=tools or any(item.type == "additional_tools" and fields.filled(item.tools) for item in items),
        images=any(map(_has_picture, items)),
        # Codex sends `{"summary": "auto"}` also for models it does not know; only an effort is a wish.
        thinking=reasoning is not None and (reasoning.effort or "none") != "none",
        json_schema=text is not None and text.format is not None and text.format.type == "json_schema",
        max_tokens=max_tokens,
        messages=len(items) or None,
        user_id=_user_id(found),
    )


def _items(found: JsonObject) -> list[_Item]:
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
        return [fields.lenient(item, _ITEM) or _Item() for item in fields.elements(raw)]


def _has_picture(item: _Item) -> bool:
    if item.type in _PICTURES:
        return True
    return any(
        part.type in _PICTURES
        for raw in (item.content, item.output)
        if fields.begins(raw, b"[")
        for part in fields.lenient(raw, _TYPES) or ()
    )


def _user_id(found: JsonObject) -> str | None:
    for name in _CONVERSATION:
        raw = found.values.get(name)
        value = fields.identifier(raw)
        if value is None and name == "conversation":
            conversation = fields.lenient(raw, _CONVERSATION_ID)
            value = None if conversation is None else fields.identifier(conversation.id)
        if value is not None:
            return value
    return None
