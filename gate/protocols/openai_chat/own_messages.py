"""Messages that came in chat, sent on in chat: as they were, or as near as can be where something in them changed."""

from collections.abc import Sequence
from typing import cast

from gate.protocols.canonical.parts import (
    Foreign,
    Media,
    MediaKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Message
from gate.protocols.openai_chat.encode_media import MediaWriter, text_part
from gate.protocols.openai_chat.encode_messages import write_call


def own_messages(messages: Sequence[Message], media: MediaWriter, vendor: str) -> list[Wire]:
    """One for one. vendor: whom they are for."""
    return [message.raw if message.raw is not None else _anew(message, media, vendor) for message in messages]


def _anew(message: Message, media: MediaWriter, vendor: str) -> Wire:
    if len(message.parts) == 1 and isinstance(message.parts[0], ToolResult):
        return _tool(message.parts[0], message.path, media)
    made: dict[str, object] = {"role": message.role.value}
    if message.name is not None:
        made["name"] = message.name
    said: list[Part] = []
    calls: list[Wire] = []
    assistant = message.role.value == "assistant"
    for part in message.parts:
        match part:
            case ToolCall():
                calls.append(part.raw if part.raw is not None else write_call(part, vendor))
            case Thinking() if part.raw is not None and "type" in part.raw:
                said.append(part)
            case Thinking():
                _merge(made, part.raw or {"reasoning_content": part.text})
            case Refusal() if part.raw is None:
                made["refusal"] = part.text
            case Media() if assistant and part.kind is MediaKind.IMAGE and part.raw is not None:
                _merge(made, {"images": [part.raw]})
            case Media() | Foreign() if part.raw is not None and "type" not in part.raw:
                _merge(made, part.raw)
            case _:
                said.append(part)
    made["content"] = _content(said, message.path, media) if said or not assistant else None
    if calls:
        made["tool_calls"] = calls
    return made


def _tool(result: ToolResult, path: str, media: MediaWriter) -> Wire:
    if result.raw is not None:
        return result.raw
    content = _content(result.content, path, media)
    return {"role": "tool", "tool_call_id": result.id, "content": content}


def _content(parts: Sequence[Part], path: str, media: MediaWriter) -> object:
    """A lone text that was a string is one again."""
    if not parts:
        return ""
    first = parts[0]
    if len(parts) == 1 and isinstance(first, Text) and first.raw is None:
        return first.text
    found: list[Wire] = []
    for at, part in enumerate(parts):
        if not isinstance(part, ToolCall | ToolResult) and part.raw is not None:
            found.append(part.raw)
        elif isinstance(part, Media):
            found += media.parts(part, f"{path}.content[{at}]")
        elif isinstance(part, Text):
            found.append(text_part(part.text))
        elif isinstance(part, Refusal):
            found.append({"type": "refusal", "refusal": part.text})
    return found


def _merge(made: dict[str, object], members: Wire) -> None:
    """Members that are lists go on where they were cut."""
    for name, value in members.items():
        known = made.get(name)
        if isinstance(known, list) and isinstance(value, list):
            made[name] = [*cast("list[object]", known), *cast("list[object]", value)]
        else:
            made[name] = value
