"""A client's `contents` and `systemInstruction` as canonical messages.

Ids of calls are optional in Gemini: a call without one is named by its place, which stays the same as the history
grows, and a result without one answers the first call of its name that has no result yet.
"""

from collections.abc import Sequence

import msgspec

from gate.core.dialect import Dialect
from gate.protocols.canonical.parts import Foreign, Opaque, Part, Text, Thinking, ToolCall, ToolResult, Wire
from gate.protocols.canonical.request import Message, Role
from gate.protocols.fields import mapping
from gate.protocols.gemini.media import read_media
from gate.protocols.gemini.names import member, object_of, objects, text_of
from gate.protocols.gemini.thoughts import VENDOR, is_envelope, read_token

SERVER_PARTS = ("executableCode", "codeExecutionResult", "toolCall", "toolResponse")
"""What belongs to tools that Google runs."""
_ROLES = {"model": Role.ASSISTANT, "assistant": Role.ASSISTANT, "system": Role.SYSTEM}


def read_messages(request: Wire) -> tuple[Message, ...]:
    """All messages, the system instruction first."""
    messages: list[Message] = []
    system = member(request, "systemInstruction")
    if isinstance(system, str):
        messages.append(Message(Role.SYSTEM, (Text(system),), top=True, path="systemInstruction"))
    elif isinstance(system, dict):
        raw = object_of(request, "systemInstruction")
        parts = _Parts(_Links(), 0).read(objects(raw.get("parts")))
        messages.append(Message(Role.SYSTEM, parts, top=True, path="systemInstruction", raw=raw))
    links = _Links()
    for index, content in enumerate(objects(member(request, "contents"))):
        role = _ROLES.get(str(content.get("role")), Role.USER)
        parts = _Parts(links, index).read(objects(content.get("parts")))
        messages.append(Message(role, parts, path=f"contents[{index}]", raw=content))
    return tuple(messages)


class _Links:
    """Calls that wait for their results, in order."""

    def __init__(self) -> None:
        self._waiting: list[tuple[str, str]] = []

    def call(self, call_id: str, name: str) -> None:
        self._waiting.append((call_id, name))

    def result(self, told: str | None, name: str) -> str | None:
        """The id of the call that is answered; None when none waits."""
        if told:
            self._waiting = [one for one in self._waiting if one[0] != told]
            return told
        named = [one for one in self._waiting if one[1] == name] or self._waiting[:1]
        if not named:
            return None
        self._waiting.remove(named[0])
        return named[0][0]


class _Parts:
    """Reads the parts of one content. index: of the content."""

    def __init__(self, links: _Links, index: int) -> None:
        self._links = links
        self._index = index
        self._out: list[Part] = []

    def read(self, parts: Sequence[Wire]) -> tuple[Part, ...]:
        for at, part in enumerate(parts):
            self._part(part, at)
        return tuple(self._out)

    def _part(self, part: Wire, at: int) -> None:
        text = part.get("text")
        if len(part) == 1 and isinstance(text, str):
            self._out.append(Text(text, raw=part))
            return
        token = member(part, "thoughtSignature")
        opaque = None if token is None else read_token(token)
        # What Gate put in must not go out again as it is.
        raw = None if is_envelope(token) else part
        if call := object_of(part, "functionCall"):
            self._out.append(self._call(call, at, opaque, raw))
        elif result := object_of(part, "functionResponse"):
            self._out.append(self._result(result, at, raw))
        elif (media := read_media(part, raw)) is not None:
            self._out.append(media)
        elif part.get("thought") is True:
            self._thought(text if isinstance(text, str) else "", opaque, raw)
        elif isinstance(text, str):
            self._out.append(Text(text, raw=raw))
            self._signature(opaque)
        elif foreign := foreign_part(part):
            self._out.append(foreign)
        else:
            self._signature(opaque)

    def _signature(self, opaque: Opaque | None) -> None:
        """Of a text: a thought without words after it."""
        if opaque is not None:
            self._out.append(Thinking(opaque=opaque))

    def _thought(self, text: str, opaque: Opaque | None, raw: Wire | None) -> None:
        """A stream tells the words first and the other vendor's token after them; they are one block again."""
        if opaque is not None and opaque.origin != VENDOR:
            while self._out and isinstance(last := self._out[-1], Thinking) and last.opaque is None:
                text = last.text + text
                self._out.pop()
        self._out.append(Thinking(text, opaque, raw))

    def _call(self, call: Wire, at: int, opaque: Opaque | None, raw: Wire | None) -> ToolCall:
        name = text_of(call, "name") or ""
        call_id = text_of(call, "id") or f"call_{self._index}_{at}"
        self._links.call(call_id, name)
        return ToolCall(call_id, name, written(member(call, "args") or {}), opaque=opaque, raw=raw)

    def _result(self, result: Wire, at: int, raw: Wire | None) -> ToolResult:
        name = text_of(result, "name") or ""
        call_id = self._links.result(text_of(result, "id"), name) or f"result_{self._index}_{at}"
        content, error = read_response(member(result, "response"))
        parts = objects(result.get("parts"))
        media = [found for one in parts if (found := read_media(one, None)) is not None]
        return ToolResult(call_id, (*content, *media), error, name or None, raw=raw)


def read_response(response: object) -> tuple[tuple[Text, ...], bool]:
    """What a function returned, and whether it failed: `output` and `error` are the names Google gives to the two
    (FunctionResponse, google-genai 3.4.0); any other object is the output itself."""
    if response is None or response == {}:
        return (), False
    held = mapping(response)
    if len(held) == 1:
        for name in ("output", "error"):
            if name in held:
                return (Text(written(held[name])),), name == "error"
    return (Text(written(response)),), False


def written(value: object) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def foreign_part(part: Wire) -> Foreign | None:
    """A part no other dialect has; None for one that says nothing."""
    for kind in SERVER_PARTS:
        held = object_of(part, kind)
        if held:
            return Foreign(Dialect.GEMINI, kind, part, server=True, text=_reading(kind, held))
    kinds = [name for name, value in part.items() if value is not None and name not in _BESIDE]
    return Foreign(Dialect.GEMINI, kinds[0], part) if kinds else None


_BESIDE = frozenset(
    {"thought", "thoughtSignature", "thought_signature", "partMetadata", "part_metadata", "videoMetadata"}
    | {"video_metadata", "mediaResolution", "media_resolution"}
)


def _reading(kind: str, held: Wire) -> str | None:
    """Code and what it printed can be read by anybody."""
    if kind == "executableCode":
        language = (text_of(held, "language") or "").lower()
        return f"```{'' if language == 'language_unspecified' else language}\n{text_of(held, 'code') or ''}\n```"
    if kind == "codeExecutionResult":
        return f"```\n{text_of(held, 'output') or ''}\n```"
    return None
