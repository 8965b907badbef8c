"""What Gate reads of a messages request. https://platform.claude.com/docs/en/api/messages

Only the members below; all others, betas and unknown ones included, pass as they are.
"""

import msgspec

from gate.core.dialect import Operation
from gate.protocols import fields
from gate.protocols.codec import Scanned
from gate.protocols.fields import ABSENT

CONTROLLED = frozenset(
    {"model", "stream", "messages", "system", "tools", "max_tokens", "thinking", "output_config", "metadata"}
)
_PICTURES = frozenset({"image", "document"})


class _Block(msgspec.Struct, gc=False):
    type: str = ""
    content: msgspec.Raw = ABSENT


class _Message(msgspec.Struct, gc=False):
    content: str | list[_Block] | None = None


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


class _OutputConfig(msgspec.Struct, gc=False):
    format: _Typed | None = None


class _Metadata(msgspec.Struct, gc=False):
    user_id: msgspec.Raw = ABSENT


class _UserId(msgspec.Struct, gc=False):
    session_id: str = ""


_MESSAGES = msgspec.json.Decoder(list[_Message])
_MESSAGE = msgspec.json.Decoder(_Message)
_TYPES = msgspec.json.Decoder(list[_Typed])
_TYPED = msgspec.json.Decoder(_Typed)
_OUTPUT_CONFIG = msgspec.json.Decoder(_OutputConfig)
_METADATA = msgspec.json.Decoder(_Metadata)
_USER_ID = msgspec.json.Decoder(_UserId)


def scan(body: bytes, operation: Operation) -> Scanned:
    """See `gate.protocols.codec.Codec`."""
    found = fields.read_controlled(body, CONTROLLED)
    model, model_at = fields.required_model(body, found)
    stream = fields.flag(found, "stream") and operation is not Operation.COUNT_TOKENS
    max_tokens = fields.count(found, "max_tokens")
    tools = fields.array(found, "tools")
    messages = fields.array(found, "messages", required=True)
    assert messages is not None
    count, images = fields.look_through(messages, _MESSAGES, _MESSAGE, _has_picture)
    values = found.values
    thinking = fields.lenient(values.get("thinking"), _TYPED)
    output = fields.lenient(values.get("output_config"), _OUTPUT_CONFIG)
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        tools=fields.filled(tools),
        images=images,
        # Claude Code sends `adaptive` for every model, those it does not know included: no sign that it is needed.
        thinking=thinking is not None and thinking.type == "enabled",
        json_schema=output is not None and output.format is not None and output.format.type == "json_schema",
        max_tokens=max_tokens,
        messages=count,
        user_id=_user_id(values.get("metadata")),
    )


def _has_picture(message: _Message) -> bool:
    if not isinstance(message.content, list):
        return False
    for block in message.content:
        if block.type in _PICTURES:
            return True
        if block.type == "tool_result" and fields.begins(block.content, b"["):
            inner = fields.lenient(block.content, _TYPES)
            if inner is not None and any(part.type in _PICTURES for part in inner):
                return True
    return False


def _user_id(raw: msgspec.Raw | None) -> str | None:
    """The session in `metadata.user_id` where one can be seen (Claude Code puts JSON there, before 2.1 it joined words
    with `_session_`), else the id itself."""
    metadata = fields.lenient(raw, _METADATA)
    value = None if metadata is None else fields.text(metadata.user_id)
    if not value:
        return None
    if value.startswith("{"):
        inner = fields.lenient(msgspec.Raw(value.encode()), _USER_ID)
        value = inner.session_id if inner is not None else value
    session = value.rpartition("_session_")[2]
    return session[: fields.ID_CHARACTERS] or None
