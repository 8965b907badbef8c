"""One chunk of a chat stream, decoded. https://platform.openai.com/docs/api-reference/chat-streaming

The usual types are decoded straight into structs. A chunk that has something else in one of these places (arguments
as an object, a float for a time, a null index) is read member by member instead; what cannot be read is left out.
"""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from gate.protocols.fields import decoded, mapping, tokens
from gate.protocols.openai_chat.content import said, text_of
from gate.protocols.splice import mend_surrogates


class Function(msgspec.Struct, gc=False):
    """name, arguments of a call; of a custom tool's, its input."""

    name: str | None = None
    arguments: str | None = None
    input: str | None = None


class Call(msgspec.Struct, gc=False):
    """A piece of a tool call."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None
    custom: Function | None = None
    extra_content: dict[str, Any] | None = None


class Delta(msgspec.Struct, gc=False):
    """What a choice says more. `content` is a list with Mistral."""

    content: str | list[Any] | None = None
    tool_calls: list[Call] | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    reasoning_details: list[Any] | None = None
    refusal: str | None = None
    function_call: Function | None = None
    annotations: list[Any] | None = None
    images: list[Any] | None = None
    audio: dict[str, Any] | None = None
    executed_tools: list[Any] | None = None


class Choice(msgspec.Struct, gc=False):
    """message: some servers send the whole message in a stream of one chunk. error: OpenRouter's."""

    index: int = 0
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None
    native_finish_reason: str | None = None
    stop_reason: str | int | None = None
    error: dict[str, Any] | None = None


class Chunk(msgspec.Struct, gc=False):
    """citations, search_results: Perplexity's, beside the choices. x_groq: Groq's usage, and its error. object,
    message: of an error that vLLM and others send bare."""

    choices: list[Choice] | None = None
    id: str | None = None
    model: str | None = None
    created: int | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    x_groq: dict[str, Any] | None = None
    citations: list[Any] | None = None
    search_results: list[Any] | None = None
    object: str | None = None
    message: str | None = None

    @property
    def failure(self) -> dict[str, Any] | None:
        """The error this chunk is, if it is one."""
        if self.error is None and self.object == "error":
            return {"message": self.message or ""}
        return self.error


_CHUNK = msgspec.json.Decoder(Chunk)


def read_chunk(data: bytes) -> Chunk | None:
    """None when this is no JSON object."""
    try:
        return _CHUNK.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        value = decoded(data)
        if value is None:
            value = decoded(mend_surrogates(data.decode("utf-8", "replace").encode()))
        if isinstance(value, list) and value:
            value = cast("list[object]", value)[0]  # Google's chat layer puts its errors into a list
        return _chunk(cast("Mapping[str, object]", value)) if isinstance(value, dict) else None


def _chunk(value: Mapping[str, object]) -> Chunk:
    choices = [_choice(mapping(choice)) for choice in _list(value.get("choices"))]
    error = value.get("error")
    return Chunk(
        choices=choices,
        id=said(value, "id") or None,
        model=said(value, "model") or None,
        created=tokens(value.get("created")),
        usage=_object(value.get("usage")),
        error={"message": error} if isinstance(error, str) else _object(error),
        x_groq=_object(value.get("x_groq")),
        citations=_list(value.get("citations")),
        search_results=_list(value.get("search_results")),
        object=said(value, "object") or None,
        message=said(value, "message") or None,
    )


def _choice(value: Mapping[str, object]) -> Choice:
    stop = value.get("stop_reason")
    return Choice(
        index=tokens(value.get("index")) or 0,
        delta=_delta(value.get("delta")),
        message=_delta(value.get("message")),
        finish_reason=said(value, "finish_reason") or None,
        native_finish_reason=said(value, "native_finish_reason") or None,
        stop_reason=stop if isinstance(stop, str) else None,
        error=_object(value.get("error")),
    )


def _delta(value: object) -> Delta | None:
    delta = mapping(value)
    if not delta:
        return None
    content = delta.get("content")
    return Delta(
        content=content if isinstance(content, str) else _list(content),
        tool_calls=[_call(mapping(call)) for call in _list(delta.get("tool_calls"))],
        reasoning_content=text_of(delta.get("reasoning_content")),
        reasoning=text_of(delta.get("reasoning")),
        reasoning_details=_list(delta.get("reasoning_details")),
        refusal=said(delta, "refusal"),
        function_call=_function(delta.get("function_call")),
        annotations=_list(delta.get("annotations")),
        images=_list(delta.get("images")),
        audio=_object(delta.get("audio")),
        executed_tools=_list(delta.get("executed_tools")),
    )


def _call(call: Mapping[str, object]) -> Call:
    return Call(
        index=tokens(call.get("index")),
        id=said(call, "id") or None,
        function=_function(call.get("function")),
        custom=_function(call.get("custom")),
        extra_content=_object(call.get("extra_content")),
    )


def _function(value: object) -> Function | None:
    function = mapping(value)
    if not function:
        return None
    arguments = function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode()
    return Function(said(function, "name") or None, arguments, said(function, "input") or None)


def _list(value: object) -> list[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else []


def _object(value: object) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None
