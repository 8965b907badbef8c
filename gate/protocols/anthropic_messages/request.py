"""What Gate reads of a messages request. https://platform.claude.com/docs/en/api/messages

Only the members below; all others, betas and unknown ones included, pass as they are.
"""

from collections.abc import Mapping

import msgspec

from gate.core.dialect import Operation
from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.anthropic_messages.census import MESSAGE, MESSAGES, Census
from gate.protocols.codec import Scanned
from gate.protocols.fields import ABSENT

CONTROLLED = frozenset(
    {"model", "stream", "messages", "system", "tools", "max_tokens", "thinking", "output_config", "metadata"}
)


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


class _OutputConfig(msgspec.Struct, gc=False):
    format: _Typed | None = None


class _Metadata(msgspec.Struct, gc=False):
    user_id: msgspec.Raw = ABSENT


class _UserId(msgspec.Struct, gc=False):
    session_id: str = ""


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
    values = found.values
    census = Census()
    count, _ = fields.look_through(messages, MESSAGES, MESSAGE, census.message)
    census.rest(values, tools)
    thinking = fields.lenient(values.get("thinking"), _TYPED)
    wanted = thinking is not None and thinking.type == "enabled"
    schema = _asks_for_schema(values)
    if wanted:
        census.uses.add(Use.THINKING)
    if schema:
        census.uses.add(Use.JSON_SCHEMA)
    user_id = _user_id(values.get("metadata"))
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        tools=fields.filled(tools),
        images=census.pictures,
        # Claude Code sends `adaptive` for every model, those it does not know included: no sign that it is needed.
        thinking=wanted,
        json_schema=schema,
        max_tokens=max_tokens,
        messages=count,
        user_id=user_id,
        cache_key=user_id,
        uses=frozenset(census.uses),
        conversation_at=fields.place(found, "messages"),
        beside=fields.beside(found, sized=("system",), told=("thread",)),
    )


def _asks_for_schema(values: Mapping[str, msgspec.Raw]) -> bool:
    """`output_config.format`, or `output_format` as it was called before."""
    config = fields.lenient(values.get("output_config"), _OUTPUT_CONFIG)
    asked = config.format if config is not None else None
    asked = asked or fields.lenient(values.get("output_format"), _TYPED)
    return asked is not None and asked.type == "json_schema"


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
