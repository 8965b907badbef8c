"""A chat request in canonical form. https://platform.openai.com/docs/api-reference/chat/create

Members as in github.com/openai/openai-python 3.54.0 (read 2026-11-21), and the ways other vendors of the dialect ask
for thinking. What has no canonical place goes into `others` under its own name.
"""

from collections.abc import Mapping
from typing import cast

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.request import Request, Sampling
from gate.protocols.fields import mapping, wrong
from gate.protocols.openai_chat.asked import ASKED, read_reasoning
from gate.protocols.openai_chat.body import request_object
from gate.protocols.openai_chat.content import said
from gate.protocols.openai_chat.decode_messages import read_messages
from gate.protocols.openai_chat.decode_tools import WEB_SEARCH_MEMBER, read_choice, read_output, read_tools

_CANONICAL = {
    "model",
    "messages",
    "stream",
    "max_tokens",
    "max_completion_tokens",
    "tools",
    "functions",
    "function_call",
    "parallel_tool_calls",
    WEB_SEARCH_MEMBER,
    "stop",
    "temperature",
    "top_p",
    "top_k",
    "seed",
    "presence_penalty",
    "frequency_penalty",
    "n",
    "logprobs",
    "top_logprobs",
    "user",
    "metadata",
    "verbosity",
    "service_tier",
    "cache_control",
}


def decode_request(body: bytes, *, model: str, stream: bool) -> Request:
    """See `gate.protocols.translation.Translator`."""
    asked = request_object(body)
    messages = asked.get("messages")
    if not isinstance(messages, list):
        raise wrong("messages", "an array")
    tools = read_tools(asked)
    choice, choice_is_whole = read_choice(asked, tools)
    output = read_output(asked.get("response_format"))
    options = mapping(asked.get("stream_options"))
    others = {name: value for name, value in asked.items() if name not in _CANONICAL and value is not None}
    reasoning = read_reasoning(asked)
    if reasoning is not None:
        others = {name: value for name, value in others.items() if name not in ASKED}
    if choice_is_whole:
        others.pop("tool_choice", None)
    if output is not None or mapping(asked.get("response_format")).get("type") == "text":
        others.pop("response_format", None)
    if options.keys() <= {"include_usage"}:
        others.pop("stream_options", None)
    return Request(
        dialect=Dialect.OPENAI_CHAT,
        model=model,
        messages=read_messages(cast("list[object]", messages)),
        stream=stream,
        include_usage=options.get("include_usage") is True,
        max_tokens=_count(asked, "max_completion_tokens", "max_tokens"),
        tools=tools,
        tool_choice=choice,
        reasoning=reasoning,
        output=output,
        stop=_stop(asked.get("stop")),
        sampling=_sampling(asked),
        user=said(asked, "user") or None,
        metadata=mapping(asked.get("metadata")) or None,
        verbosity=said(asked, "verbosity") or None,
        service_tier=said(asked, "service_tier") or None,
        cache=mapping(asked.get("cache_control")) or None,
        others=others,
    )


def _sampling(asked: Mapping[str, object]) -> Sampling:
    top = _count(asked, "top_logprobs")
    return Sampling(
        temperature=_number(asked, "temperature"),
        top_p=_number(asked, "top_p"),
        top_k=_count(asked, "top_k"),
        seed=_count(asked, "seed"),
        presence_penalty=_number(asked, "presence_penalty"),
        frequency_penalty=_number(asked, "frequency_penalty"),
        choices=_count(asked, "n"),
        logprobs=(top or 0) if asked.get("logprobs") is True else None,
    )


def _stop(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    if not isinstance(value, list):
        return ()
    return tuple(one for one in cast("list[object]", value) if isinstance(one, str) and one)


def _number(asked: Mapping[str, object], name: str) -> float | None:
    """A number as sent. Raises GateError invalid_body."""
    value = asked.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise GateError(ErrorCode.INVALID_BODY, f"{name} must be a number")
    return value


def _count(asked: Mapping[str, object], *names: str) -> int | None:
    """The first of these that is there. Raises GateError invalid_body."""
    for name in names:
        value = asked.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise GateError(ErrorCode.INVALID_BODY, f"{name} must be an integer")
        return int(value)
    return None
