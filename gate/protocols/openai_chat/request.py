"""What Gate reads of a chat request. https://platform.openai.com/docs/api-reference/chat/create

Only the members below; all others pass as they are. A stream is asked to report its usage
(`stream_options.include_usage`); the tap takes the extra chunk out again when the client did not ask.
"""

import msgspec

from gate.core.dialect import Operation
from gate.protocols import fields
from gate.protocols.codec import Scanned, Span
from gate.protocols.fields import ABSENT
from gate.protocols.splice import JsonObject, read_object

CONTROLLED = frozenset(
    {
        "model",
        "stream",
        "stream_options",
        "messages",
        "tools",
        "functions",
        "max_tokens",
        "max_completion_tokens",
        "reasoning_effort",
        "response_format",
        "prompt_cache_key",
        "user",
        "safety_identifier",
    }
)
_PICTURES = frozenset({"image_url", "image", "input_image", "file", "input_file", "document"})
_CONVERSATION = ("prompt_cache_key", "user", "safety_identifier")
_INCLUDE = "include_usage"


class _Message(msgspec.Struct, gc=False):
    content: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


_MESSAGES = msgspec.json.Decoder(list[_Message])
_MESSAGE = msgspec.json.Decoder(_Message)
_TYPES = msgspec.json.Decoder(list[_Typed])
_TYPED = msgspec.json.Decoder(_Typed)


def scan(body: bytes, operation: Operation) -> Scanned:
    """See `gate.protocols.codec.Codec`. Chat has no operation but this one."""
    del operation
    found = fields.read_controlled(body, CONTROLLED)
    model, model_at = fields.required_model(body, found)
    stream = fields.flag(found, "stream")
    max_tokens = fields.count(found, "max_completion_tokens", "max_tokens")
    tools = fields.filled(fields.array(found, "tools")) or fields.filled(fields.array(found, "functions"))
    messages = fields.array(found, "messages", required=True)
    assert messages is not None
    count, images = fields.look_through(messages, _MESSAGES, _MESSAGE, _has_picture)
    values = found.values
    wanted = fields.lenient(values.get("response_format"), _TYPED)
    asked, usage_at, usage_insert = _usage(body, found) if stream else (False, None, None)
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        tools=tools,
        images=images,
        thinking=(fields.text(values.get("reasoning_effort")) or "none") != "none",
        json_schema=wanted is not None and wanted.type == "json_schema",
        max_tokens=max_tokens,
        messages=count,
        user_id=next((found for name in _CONVERSATION if (found := fields.identifier(values.get(name)))), None),
        asked_usage=asked,
        usage_at=usage_at,
        usage_insert=usage_insert,
    )


def _usage(body: bytes, found: JsonObject) -> tuple[bool, Span | None, bytes | None]:
    """Whether the client asked for usage, and the edit that asks for it where it did not."""
    member = found.member("stream_options")
    if member is None:
        at = found.members[0].key_at
        return False, Span(at, at), b'"stream_options":{"include_usage":true},'
    raw = found.values["stream_options"]
    if fields.is_null(raw):
        return False, member.value, b'{"include_usage":true}'
    if not fields.begins(raw, b"{"):
        raise fields.wrong("stream_options", "an object")
    options = read_object(bytes(raw))
    if options.repeated(frozenset({_INCLUDE})):
        raise fields.duplicate(f"stream_options.{_INCLUDE}")
    include = options.member(_INCLUDE)
    if include is None:
        at = member.value_at + 1
        return False, Span(at, at), b'"include_usage":true' + (b"," if options.members else b"")
    written = body[member.value_at + include.value_at : member.value_at + include.end]
    if written == b"true":
        return True, None, None
    if written not in (b"false", b"null"):
        raise fields.wrong(f"stream_options.{_INCLUDE}", "a boolean")
    return False, Span(member.value_at + include.value_at, member.value_at + include.end), b"true"


def _has_picture(message: _Message) -> bool:
    if not fields.begins(message.content, b"["):
        return False
    parts = fields.lenient(message.content, _TYPES)
    return parts is not None and any(part.type in _PICTURES for part in parts)
