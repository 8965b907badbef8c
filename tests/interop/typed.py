"""Compares a body with the vendor's own description of it: the parameter types of its Python SDK.

A member that the SDK does not know, a missing one and a value of another kind are reported, wherever they stand.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal, Union, cast, get_args, get_origin

import pydantic
from anthropic.types.message_create_params import MessageCreateParamsBase as AnthropicMessage
from anthropic.types.tool_param import InputSchemaTyped as JsonSchema
from google.genai import types as google
from openai.types.chat.completion_create_params import CompletionCreateParamsBase as OpenAIChat
from openai.types.responses.response_create_params import ResponseCreateParamsBase as OpenAIResponse
from typing_extensions import get_type_hints, is_typeddict

SCALARS: dict[Any, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
# What chat providers other than OpenAI take (DeepSeek's thinking; vLLM and llama.cpp too).
BEYOND = {"reasoning_content"}
# What Claude models before 4.7 take; the SDK only describes newer ones.
BEFORE_4_7 = {"temperature", "top_p", "top_k"}
_GOOGLE: dict[str, Any] = {
    "contents": list[google.Content],
    "systemInstruction": google.Content,
    "tools": list[google.Tool],
    "toolConfig": google.ToolConfig,
    "generationConfig": google.GenerationConfig,
    "safetySettings": list[google.SafetySetting],
    "cachedContent": str,
    "serviceTier": str,
}


def findings(dialect: str, body: Mapping[str, Any]) -> list[str]:
    """What the vendor's SDK would not have sent, in words; empty when there is nothing."""
    match dialect:
        case "anthropic_messages":
            return _compare(body, AnthropicMessage, "", {"stream", *BEFORE_4_7})
        case "openai_chat":
            return _compare(body, OpenAIChat, "", {"stream"})
        case "openai_responses":
            return _compare({**body, "input": _completed(body["input"])}, OpenAIResponse, "", {"stream"})
        case _:
            return _google(body)


def _completed(given: Any) -> Any:
    """OpenAI takes an assistant's turn without the members that only its answers need; Codex sends it so."""
    if not isinstance(given, list):
        return given
    whole: list[Any] = []
    for item in cast("list[dict[str, Any]]", given):
        if item.get("role") == "assistant" and isinstance(item["content"], list):
            parts = [{"annotations": [], **part} for part in item["content"]]
            item = {"id": "msg_1", "status": "completed", "type": "message", **item, "content": parts}
        whole.append(item)
    return whole


def _google(body: Mapping[str, Any]) -> list[str]:
    found = [f"{name}: no such member" for name in body if name not in _GOOGLE]
    for name, kind in _GOOGLE.items():
        if name in body:
            try:
                pydantic.TypeAdapter(kind).validate_python(body[name])
            except pydantic.ValidationError as error:
                found += [f"{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    return found


def _compare(value: Any, kind: Any, path: str, beside: set[str] | None = None) -> list[str]:
    origin = get_origin(kind)
    if kind in (Any, object):
        return []
    if kind is None or kind is type(None):
        return [] if value is None else [f"{path}: not null"]
    if origin is typing.Annotated or origin in (typing.Required, typing.NotRequired):
        return _compare(value, get_args(kind)[0], path)
    if origin is Literal:
        return [] if value in get_args(kind) else [f"{path}: {str(value)[:40]!r} is not one of {get_args(kind)}"]
    if kind is JsonSchema:
        return [] if isinstance(value, dict) and value.get("type") == "object" else [f"{path}: no schema of an object"]
    if origin in (Union, types.UnionType):
        return _closest(value, get_args(kind), path)
    if kind in SCALARS:
        right = isinstance(value, SCALARS[kind]) and (kind is bool or not isinstance(value, bool))
        return [] if right else [f"{path}: {type(value).__name__} is no {kind.__name__}"]
    if is_typeddict(kind):
        return _object(value, kind, path, beside or set())
    if origin is dict or kind is dict or origin is Mapping:
        return [] if isinstance(value, dict) else [f"{path}: no object"]
    if origin is not None and (origin in (list, tuple) or issubclass(origin, Iterable)):
        if not isinstance(value, list):
            return [f"{path}: no list"]
        (inner, *_) = get_args(kind)
        return [one for index, item in enumerate(value) for one in _compare(item, inner, f"{path}[{index}]")]
    if origin is not None:
        return _compare(value, list[get_args(kind)[0]], path)  # a list by another name (SequenceNotStr)
    return [f"{path}: {type(value).__name__} is no {kind.__name__}"]  # one of the SDK's own objects, never JSON


def _closest(value: Any, kinds: tuple[Any, ...], path: str) -> list[str]:
    """The findings of the alternative that fits best; one with the same `type` or `role` before any other."""
    judged = sorted(
        (
            (_tag(value, kind), len(found), index)
            for index, kind in enumerate(kinds)
            for found in [_compare(value, kind, path)]
        ),
    )
    return _compare(value, kinds[judged[0][2]], path)


def _tag(value: Any, kind: Any) -> int:
    """0 when value and alternative agree on what they are, 2 when they do not, 1 when neither says."""
    if isinstance(value, list):
        return 0 if get_origin(kind) not in (None, dict, Literal) else 2
    if kind in SCALARS:
        return 0 if isinstance(value, SCALARS[kind]) else 2
    if not (is_typeddict(kind) and isinstance(value, dict)):
        return 1
    hints = _hints(kind)
    for name in ("type", "role"):
        if name in hints and name in value:
            return 0 if not _compare(cast("dict[str, Any]", value)[name], hints[name], "") else 2
    return 1


def _object(value: Any, kind: Any, path: str, beside: set[str]) -> list[str]:
    if not isinstance(value, dict):
        return [f"{path}: no object"]
    hints = _hints(kind)
    members = cast("dict[str, Any]", value)
    found = [f"{path}.{name}: no such member" for name in members if name not in hints and name not in beside | BEYOND]
    found += [f"{path}.{name}: is missing" for name in _required(kind) if name not in members]
    for name, inner in members.items():
        if name in hints:
            found += _compare(inner, hints[name], f"{path}.{name}".lstrip("."))
    return found


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


@cache
def _required(kind: Any) -> tuple[str, ...]:
    """`__required_keys__` is not to be trusted where annotations are postponed."""
    whole = get_type_hints(kind, include_extras=True)
    return tuple(name for name, hint in whole.items() if get_origin(hint) is typing.Required)
