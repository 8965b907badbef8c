"""Holds a body to the types of OpenAI's own Python client: every member known, every required one there, every value of
its type. Pydantic would look into lists only when they are read, and pass members nobody knows."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from typing import Any, Literal, Union, get_args, get_origin

import pytest
import typing_extensions

_REQUIRED = (typing.Required, typing_extensions.Required)


def request_faults(body: dict[str, Any]) -> list[str]:
    """What OpenAI's client would not have typed in a request body, empty when it would have all of it."""
    params = pytest.importorskip("openai.types.chat.completion_create_params")
    kind = params.CompletionCreateParamsStreaming if body.get("stream") else params.CompletionCreateParamsNonStreaming
    return list(_faults(body, kind, "body"))


def answer_faults(body: dict[str, Any]) -> list[str]:
    """The same for a whole answer, but for members beyond the type (`reasoning_content`, `images`)."""
    chat = pytest.importorskip("openai.types.chat")
    pydantic = pytest.importorskip("pydantic")
    try:
        chat.ChatCompletion.model_validate(body, strict=True)
    except pydantic.ValidationError as error:
        return [str(fault) for fault in error.errors()]
    return []


def _faults(value: Any, kind: Any, at: str) -> Iterable[str]:
    origin = get_origin(kind)
    if origin in _REQUIRED or origin is typing.Annotated:
        yield from _faults(value, get_args(kind)[0], at)
    elif origin in (Union, types.UnionType):
        tried = [list(_faults(value, one, at)) for one in get_args(kind)]
        if all(tried):
            yield min(tried, key=len)[0]
    elif origin is Literal:
        if value not in get_args(kind):
            yield f"{at}: {value!r} is none of {get_args(kind)}"
    elif typing_extensions.is_typeddict(kind):
        yield from _members(value, kind, at)
    elif origin is dict or origin is typing.Mapping:
        if not isinstance(value, dict):
            yield f"{at}: no object"
    elif origin is not None:
        yield from _elements(value, get_args(kind)[0], at)
    elif kind is not Any and kind is not object and not _is(value, kind):
        yield f"{at}: {type(value).__name__} is no {kind}"


def _is(value: Any, kind: Any) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, type(None) if kind is None else kind)


def _elements(value: Any, kind: Any, at: str) -> Iterable[str]:
    if not isinstance(value, list):
        yield f"{at}: no list"
        return
    for place, one in enumerate(value):
        yield from _faults(one, kind, f"{at}[{place}]")


def _members(value: Any, kind: Any, at: str) -> Iterable[str]:
    if not isinstance(value, dict):
        yield f"{at}: no object"
        return
    hints = typing_extensions.get_type_hints(kind, include_extras=True)
    yield from (f"{at}.{name}: unknown" for name in value if name not in hints)
    # The client's modules postpone annotations, so `__required_keys__` does not know of them.
    needed = (name for name, hint in hints.items() if get_origin(hint) in _REQUIRED)
    yield from (f"{at}.{name}: missing" for name in needed if name not in value)
    for name, one in value.items():
        if name in hints:
            yield from _faults(one, hints[name], f"{at}.{name}")
