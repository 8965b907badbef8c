"""The messages of a chat request, as canonical ones: each stays one message, so that positions stay positions.

An assistant's thinking comes first in its parts, then what it said, then its calls, which is the order in which models
write them. Results of tools stand in user messages. The old `function_call` has no id: the n-th gets `call_function_n`,
and the next `function` message of that name answers it.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from gate.core.dialect import Dialect
from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Message, Role
from gate.protocols.fields import mapping
from gate.protocols.openai_chat.content import read_content, said
from gate.protocols.openai_chat.reasoning import MAKER, THOUGHT, read_thinking

_ROLES = {"system": Role.SYSTEM, "developer": Role.DEVELOPER, "user": Role.USER, "assistant": Role.ASSISTANT}
# Members of a message that are read, or mean nothing to a model.
_KNOWN = frozenset(
    {
        "role",
        "content",
        "name",
        "refusal",
        "tool_calls",
        "tool_call_id",
        "function_call",
        "audio",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "images",
        "annotations",
        "cache_control",
        "executed_tools",
        "is_error",
        "id",
        "model",
        "prefix",
        "partial",
        "created",
        "type",
        "status",
    }
)
_SPOKEN = frozenset({"refusal", "images", "audio"})


def read_messages(values: Sequence[object]) -> tuple[Message, ...]:
    """Raises GateError invalid_body, with the place of what cannot be read."""
    reader = _Reader()
    return tuple(reader.message(value, f"messages[{at}]") for at, value in enumerate(values))


class _Reader:
    """unanswered: ids of old function calls by name, in order, while no result has come."""

    def __init__(self) -> None:
        self._made = 0
        self._unanswered: dict[str, list[str]] = {}

    def message(self, value: object, path: str) -> Message:
        message = mapping(value)
        role = message.get("role")
        if len(message) == 2 and isinstance(role, str) and role in _ROLES and "content" in message:
            # Most messages have nothing but a role and a content.
            return Message(_ROLES[role], tuple(read_content(message["content"])), path=path, raw=message)
        if not isinstance(role, str):
            raise GateError(ErrorCode.INVALID_BODY, f"{path}.role must be a string")
        old = role == "function" or old_call(message) is not None
        named = message.get("name")
        return Message(
            self._role(role, path),
            tuple(self._parts(role, message)),
            name=named if isinstance(named, str) and named and role not in ("tool", "function") else None,
            path=path,
            # Old functions are sent on as tools, so their messages are written anew.
            raw=None if old else message,
        )

    def _role(self, role: str, path: str) -> Role:
        if role in ("tool", "function"):
            return Role.USER
        known = _ROLES.get(role)
        if known is None:
            raise GateError(ErrorCode.INVALID_BODY, f"{path}.role is not one of chat completions")
        return known

    def _parts(self, role: str, message: Wire) -> list[Part]:
        if role == "tool":
            return [_result(message)]
        if role == "function":
            return [self._old_result(message)]
        parts: list[Part] = []
        if role == "assistant":
            if not THOUGHT.isdisjoint(message):
                parts += read_thinking(message, MAKER)
            parts += read_content(message.get("content"))
            if not _SPOKEN.isdisjoint(message):
                parts += self._spoken(message)
            parts += read_calls(message.get("tool_calls"))
            if (call := old_call(message)) is not None:
                parts.append(self._old_call(call))
        else:
            parts += read_content(message.get("content"))
        if not message.keys() <= _KNOWN:
            parts += _unknown(message)
        return parts

    @staticmethod
    def _spoken(message: Wire) -> list[Part]:
        parts: list[Part] = []
        refusal = said(message, "refusal")
        if refusal:
            parts.append(Refusal(refusal))
        parts += read_images(message.get("images"))
        audio = mapping(message.get("audio"))
        if audio:
            parts.append(_heard(audio))
        return parts

    def _old_call(self, call: Wire) -> ToolCall:
        self._made += 1
        made = f"call_function_{self._made}"
        name = said(call, "name")
        self._unanswered.setdefault(name, []).append(made)
        return ToolCall(made, name, arguments_of(call.get("arguments")))

    def _old_result(self, message: Wire) -> ToolResult:
        name = said(message, "name")
        waiting = self._unanswered.get(name)
        answered = waiting.pop(0) if waiting else f"call_{name}"
        return ToolResult(answered, tuple(read_content(message.get("content"))), name=name or None)


def _result(message: Wire) -> ToolResult:
    return ToolResult(
        said(message, "tool_call_id"),
        tuple(read_content(message.get("content"))),
        error=message.get("is_error") is True,
        name=said(message, "name") or None,
        cache=mapping(message.get("cache_control")) or None,
        raw=message,
    )


def _unknown(message: Wire) -> list[Part]:
    """Members nobody knows, if they say something."""
    found = ((name, value) for name, value in message.items() if name not in _KNOWN and value)
    return [Foreign(Dialect.OPENAI_CHAT, name, {name: value}) for name, value in found]


def _heard(audio: Wire) -> Part:
    """An earlier spoken answer: its vendor keeps it under an id; some clients send what they heard."""
    transcript = said(audio, "transcript")
    if transcript:
        return Foreign(Dialect.OPENAI_CHAT, "audio", {"audio": audio}, text=transcript)
    return Media(MediaKind.AUDIO, file_id=said(audio, "id"), raw={"audio": audio})


def read_images(value: object) -> list[Part]:
    """Pictures a model made (OpenRouter's `images`)."""
    return [part for part in read_content(value) if isinstance(part, Media)]


def read_calls(value: object) -> list[Part]:
    """`tool_calls` of a whole message. A missing id is empty."""
    if not isinstance(value, list):
        return []
    calls = (mapping(call) for call in cast("list[object]", value))
    return [_call(call) for call in calls if call]


def _call(call: Wire) -> ToolCall:
    call_id = said(call, "id")
    custom, function = mapping(call.get("custom")), mapping(call.get("function"))
    # Snowflake sends every member there is, the ones that say nothing empty.
    if said(custom, "name") and not said(function, "name"):
        return ToolCall(call_id, said(custom, "name"), said(custom, "input"), CallKind.CUSTOM, raw=call)
    arguments = arguments_of(function.get("arguments"))
    return ToolCall(call_id, said(function, "name"), arguments, opaque=signature_of(call), raw=call)


def old_call(message: Wire) -> Wire | None:
    """The one `function_call` of a message, if it names a function."""
    call = mapping(message.get("function_call"))
    return call if said(call, "name") else None


def signature_of(call: Mapping[str, object]) -> Opaque | None:
    """The thought signature that Google's chat layer gives with a call, and wants back with it
    (ai.google.dev/gemini-api/docs/thought-signatures, read 2026-11-21)."""
    google = mapping(mapping(call.get("extra_content")).get("google"))
    signature = google.get("thought_signature")
    return Opaque("google", "thought_signature", signature) if isinstance(signature, str) and signature else None


def arguments_of(value: object) -> str:
    """Arguments as JSON text; some servers and clients send the object itself."""
    if isinstance(value, str):
        return value
    return "" if value is None else msgspec.json.encode(value).decode()
