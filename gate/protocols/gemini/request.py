"""What Gate reads of a generateContent or countTokens request, and the one place it may change.

https://ai.google.dev/api/generate-content . The model and whether to stream stand in the path, so `Scanned.model` is
empty and `stream` False here, and the engine fills them in. Only the body of countTokens may hold the model's name once
more (`generateContentRequest.model`).
"""

from collections.abc import Iterable
from dataclasses import replace as changed
from typing import TypeVar

import msgspec

from gate.core.dialect import Operation
from gate.core.errors import ErrorCode, GateError
from gate.protocols import fields
from gate.protocols.codec import Scanned, Span
from gate.protocols.gemini.census import Content, Seen, Tool, config_of, look_at
from gate.protocols.gemini.names import snake
from gate.protocols.splice import JsonObject, Member, read_object, replace

T = TypeVar("T")

_NAMES = ("contents", "systemInstruction", "tools", "toolConfig", "generationConfig", "cachedContent")
_WRAPPED = "generateContentRequest"
_CONTROLLED = frozenset(spelling for name in (*_NAMES, _WRAPPED) for spelling in (name, snake(name)))
_PREFIX = "models/"

_CONTENTS = msgspec.json.Decoder(list[Content])
_CONTENT = msgspec.json.Decoder(Content)
_TOOLS = msgspec.json.Decoder(list[Tool])
_TOOL = msgspec.json.Decoder(Tool)


def scan(body: bytes, operation: Operation) -> Scanned:
    """See `gate.protocols.codec.Codec`."""
    found = fields.read_controlled(body, _CONTROLLED)
    wrapped = _one(found, _WRAPPED) if operation is Operation.COUNT_TOKENS else None
    if wrapped is None:
        return _scan(found)
    raw = found.values[wrapped.key]
    if not fields.begins(raw, b"{"):
        raise fields.wrong(_WRAPPED, "an object")
    inner = read_object(bytes(raw))
    twice = inner.repeated(_CONTROLLED | {"model"})
    if twice is not None:
        raise fields.duplicate(f"{_WRAPPED}.{twice}")
    scanned = _scan(inner, wrapped.value_at)
    model = inner.member("model")
    if model is None or not fields.text(inner.values["model"]):
        return scanned
    at = wrapped.value_at
    return changed(scanned, model_at=Span(at + model.value_at, at + model.end))


def rewrite(body: bytes, scanned: Scanned, model: str) -> bytes:
    """The body with the model's name, where it holds one, replaced; every other byte as it was."""
    if scanned.model_at is None or model == scanned.model:
        return body
    return replace(body, [(scanned.model_at, msgspec.json.encode(_PREFIX + model.removeprefix(_PREFIX)))])


def _scan(found: JsonObject, at: int = 0) -> Scanned:
    """at: where the object stands in the body."""
    seen = Seen()
    contents, contents_at = _value(found, "contents"), fields.place(found, "contents")
    if contents is None or contents_at is None:
        raise GateError(ErrorCode.INVALID_BODY, "contents is missing: an array is expected")
    if not fields.begins(contents, b"[") and not fields.begins(contents, b"{"):
        raise fields.wrong("contents", "an array")
    count = _each_content(contents, seen)
    tools = _value(found, "tools")
    offered = [] if tools is None else _decoded(tools, _TOOLS, _TOOL)
    for tool in offered:
        seen.tool(tool)
    config = config_of(_value(found, "generationConfig"), seen)
    if fields.text(_value(found, "cachedContent")):
        seen.cached()
    return Scanned(
        model="",
        model_at=None,
        stream=False,
        tools=any(tool.offers for tool in offered),
        images=seen.pictures,
        thinking=config.thinking,
        json_schema=config.json_schema,
        max_tokens=config.max_tokens,
        messages=count,
        asked_usage=True,
        uses=frozenset(seen.uses),
        conversation_at=Span(at + contents_at.start, at + contents_at.end),
        beside=fields.beside(
            found, sized=("systemInstruction", "system_instruction"), told=("cachedContent", "cached_content")
        ),
    )


def _each_content(contents: msgspec.Raw, seen: Seen) -> int | None:
    """How many there are, None for too many to be looked at."""
    if fields.crowded(contents):
        return None
    found = _decoded(contents, _CONTENTS, _CONTENT)
    for content in found:
        look_at(content, seen)
    return len(found)


def _decoded(raw: msgspec.Raw, many: msgspec.json.Decoder[list[T]], one: msgspec.json.Decoder[T]) -> list[T]:
    """The elements that can be read, of an array or of the one object in its place."""
    if fields.begins(raw, b"{"):
        single = fields.lenient(raw, one)
        return [] if single is None else [single]
    try:
        return many.decode(raw)
    except fields.UNREADABLE:
        return _known(fields.lenient(each, one) for each in fields.elements(raw))


def _known(values: Iterable[T | None]) -> list[T]:
    return [value for value in values if value is not None]


def _one(found: JsonObject, name: str) -> Member | None:
    """The member under either spelling. Raises GateError duplicate_member when it stands under both."""
    camel, other = found.member(name), found.member(snake(name)) if snake(name) != name else None
    if camel is not None and other is not None:
        raise fields.duplicate(name)
    return camel or other


def _value(found: JsonObject, name: str) -> msgspec.Raw | None:
    """The value of a member under either spelling; None when it is absent or null."""
    member = _one(found, name)
    raw = None if member is None else found.values[member.key]
    return None if raw is None or fields.is_null(raw) else raw
