"""What Gate reads of a chat request. https://platform.openai.com/docs/api-reference/chat/create

Only the members below; all others pass as they are. What the request uses is counted on the way (`census`). A stream
is asked to report its usage (`stream_options.include_usage`); the tap takes the extra chunk out again when the client
did not ask.
"""

from gate.core.dialect import Operation
from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.codec import Scanned, Span
from gate.protocols.openai_chat.census import PICTURED, Census
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
_CONVERSATION = ("prompt_cache_key", "user", "safety_identifier")
_INCLUDE = "include_usage"


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
    values = found.values
    census = Census()
    count = census.messages(messages)
    census.tools(values.get("tools"))
    census.members(values)
    uses = frozenset(census.uses)
    asked, usage_at, usage_insert = _usage(body, found) if stream else (False, None, None)
    return Scanned(
        model=model,
        model_at=model_at,
        stream=stream,
        tools=tools,
        images=not PICTURED.isdisjoint(uses),
        thinking=census.thinks,
        json_schema=Use.JSON_SCHEMA in uses,
        max_tokens=max_tokens,
        messages=count,
        user_id=next((told for name in _CONVERSATION if (told := fields.identifier(values.get(name)))), None),
        asked_usage=asked,
        usage_at=usage_at,
        usage_insert=usage_insert,
        uses=uses,
        # `user` and `safety_identifier` name a person, or one application with all its sessions.
        cache_key=fields.identifier(values.get("prompt_cache_key")),
        conversation_at=fields.place(found, "messages"),
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
