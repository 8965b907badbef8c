"""Messages of another dialect as chat messages, in the order chat demands.

Calls stand in one assistant message and are followed at once by one `tool` message for each result; whatever came in
between is sent after them. A `tool` message holds text, so pictures and files of a result go into a user message behind
the results. Thinking is sent back only where the provider reads it.
"""

from collections.abc import Iterable, Sequence

from gate.core.loss import Feature, LossAction
from gate.protocols.canonical.parts import (
    CallKind,
    Foreign,
    Media,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.openai_chat.encode_media import MediaWriter, feature_of, text_part
from gate.protocols.openai_chat.encode_thinking import ThinkingWriter
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.openai_chat.media import plain_text
from gate.protocols.translation import Aim

_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
_NOTHING = frozenset({"role", "content", "name"})


def write_messages(request: Request, aim: Aim, ledger: Ledger) -> list[Wire]:
    """`messages` for the upstream."""
    writer = _Writer(request, aim, ledger)
    for group in _grouped(request.messages):
        writer.take(group)
    return writer.finish()


def _grouped(messages: Sequence[Message]) -> Iterable[list[Message]]:
    """Messages that are one in chat: calls one after the other, and instructions one after the other."""
    group: list[Message] = []
    for message in messages:
        if group and not _joins(group[0], message):
            yield group
            group = []
        group.append(message)
    if group:
        yield group


def _joins(first: Message, message: Message) -> bool:
    if message.role is Role.USER or first.name != message.name:
        return False
    return message.role is first.role or (message.role in _INSTRUCTIONS and first.role in _INSTRUCTIONS)


def _path(message: Message, at: int) -> str:
    return f"{message.path}.content[{at}]"


class _Writer:
    """State of one request. unanswered: ids of calls without a result so far. held: messages that wait for those
    results, with their paths. moved: parts that wait for a user message of their own."""

    def __init__(self, request: Request, aim: Aim, ledger: Ledger) -> None:
        self._ledger = ledger
        self._media = MediaWriter(request.dialect, aim, ledger)
        self._thinking = ThinkingWriter(aim, ledger)
        self._quirks = aim.quirks
        self._vendor = aim.vendor
        self._out: list[Wire] = []
        self._unanswered: set[str] = set()
        self._held: list[tuple[Wire, str]] = []
        self._moved: list[Wire] = []

    def take(self, group: list[Message]) -> None:
        role = group[0].role
        if role is Role.USER:
            self._user(group[0])
        elif role is Role.ASSISTANT:
            self._release()
            self._assistant(group)
        else:
            self._instructions(group)

    def finish(self) -> list[Wire]:
        self._release()
        return self._out

    def _release(self) -> None:
        """No more results can come: what waited for them is sent."""
        if self._unanswered:
            self._unanswered.clear()
        if self._moved:
            self._out.append({"role": "user", "content": self._moved})
            self._moved = []
        if self._held:
            self._out += [message for message, _ in self._held]
            self._held = []

    def _send(self, message: Wire, path: str) -> None:
        if self._unanswered:
            self._held.append((message, path))
        else:
            self._release()
            self._out.append(message)

    def _instructions(self, group: list[Message]) -> None:
        texts: list[str] = []
        for message in group:
            for at, part in enumerate(message.parts):
                if isinstance(part, Media):
                    self._move(part, _path(message, at), "Attached to the instructions:")
                else:
                    self._words(part, message, at, texts)
        if texts:
            first = group[0]
            self._send(self._named(self._quirks.system_role, first, "\n\n".join(texts)), first.path)
        if not self._unanswered:
            self._release()

    def _user(self, message: Message) -> None:
        content: list[Wire] = []
        texts: list[str] = []
        for at, part in enumerate(message.parts):
            if isinstance(part, ToolResult):
                if content or texts:
                    self._ledger.lose(Feature.OTHER, _path(message, at), LossAction.MOVED)
                self._result(part, _path(message, at))
            elif isinstance(part, Media):
                content += map(text_part, texts)
                texts.clear()
                content += self._media.parts(part, _path(message, at))
            else:
                self._words(part, message, at, texts)
        if self._moved and not self._unanswered and (content or texts):
            # One message for what the results brought and what the user says to it.
            content, self._moved = [*self._moved, *content], []
        if content:
            self._send(self._named("user", message, [*content, *map(text_part, texts)]), message.path)
        elif texts or all(isinstance(part, Text) for part in message.parts):
            self._send(self._named("user", message, "\n\n".join(texts)), message.path)
        elif not self._unanswered:
            self._release()

    def _named(self, role: str, message: Message, content: object) -> dict[str, object]:
        made: dict[str, object] = {"role": role, "content": content}
        if message.name is not None:
            if "name" in self._quirks.drops:
                self._ledger.lose(Feature.PARAMETERS, f"{message.path}.name")
            else:
                made["name"] = message.name
        return made

    def _words(self, part: Part, message: Message, at: int, texts: list[str]) -> None:
        """The text of a part that is neither media nor a call or result."""
        if isinstance(part, Text):
            if part.cache is not None:
                self._ledger.lose(Feature.CACHE_HINTS, f"{_path(message, at)}.cache_control")
            if part.text:
                texts.append(part.text)
        elif (words := self._other_words(part, _path(message, at))) is not None:
            texts.append(words)

    def _other_words(self, part: Part, path: str) -> str | None:
        if isinstance(part, Text | Refusal):
            return part.text or None
        if isinstance(part, Foreign):
            feature = Feature.SERVER_TOOLS if part.server else Feature.OTHER
            self._ledger.lose(feature, path, LossAction.REPLACED if part.text else LossAction.DROPPED)
            return part.text or None
        # Thinking, or a call that is not the assistant's: no dialect means anything by it.
        feature = Feature.THINKING if isinstance(part, Thinking) else Feature.OTHER
        self._ledger.lose(feature, path)
        return None

    def _move(self, media: Media, path: str, label: str) -> None:
        self._ledger.lose(feature_of(media), path, LossAction.MOVED)
        self._moved += [text_part(label), *self._media.parts(media, path)]

    def _result(self, result: ToolResult, path: str) -> None:
        if result.cache is not None:
            self._ledger.lose(Feature.CACHE_HINTS, f"{path}.cache_control")
        texts: list[str] = []
        for at, part in enumerate(result.content):
            inner = f"{path}.content[{at}]"
            if isinstance(part, Media):
                self._result_media(part, inner, result.id, texts)
                continue
            if isinstance(part, Text) and part.cache is not None:
                self._ledger.lose(Feature.CACHE_HINTS, f"{inner}.cache_control")
            if (words := self._other_words(part, inner)) is not None:
                texts.append(words)
        text = "\n".join(texts)
        if result.error:
            self._ledger.lose(Feature.OTHER, f"{path}.is_error", LossAction.APPROXIMATED)
            text = f"Error: {text}" if text else "Error: the tool failed and said nothing."
        for _, held in self._held:
            self._ledger.lose(Feature.OTHER, held, LossAction.MOVED)
        self._unanswered.discard(result.id)
        self._out.append({"role": "tool", "tool_call_id": result.id, "content": text})

    def _result_media(self, media: Media, path: str, call_id: str, texts: list[str]) -> None:
        """Documents that are text stay in the result; what a `tool` message cannot hold moves."""
        if plain_text(media) is None and media.content is None:
            self._move(media, path, f"Attached to the result of the tool call {call_id}:")
            texts.append(f"[{media.kind.value}: see the next user message]")
            return
        for part in self._media.parts(media, path):
            if part["type"] == "text":
                texts.append(str(part["text"]))
            else:
                self._moved.append(part)

    def _assistant(self, group: list[Message]) -> None:
        texts: list[str] = []
        calls: list[Wire] = []
        thoughts: list[tuple[Thinking, str]] = []
        refusals: list[str] = []
        # Pieces of one text stand side by side; what was apart stays apart.
        apart = False
        for message in group:
            for at, part in enumerate(message.parts):
                if isinstance(part, ToolCall):
                    calls.append(self._call(part, message, at))
                elif isinstance(part, Thinking):
                    thoughts.append((part, _path(message, at)))
                elif isinstance(part, Media):
                    self._move(part, _path(message, at), "Made by the assistant:")
                elif isinstance(part, Refusal) and self._vendor == "openai":
                    refusals.append(part.text)
                else:
                    known = len(texts)
                    self._words(part, message, at, texts)
                    if apart and 0 < known < len(texts):
                        texts.insert(known, "\n\n")
                apart = not isinstance(part, Text)
        made = self._named("assistant", group[0], "".join(texts) or None)
        if refusals:
            made["refusal"] = "".join(refusals)
        if calls:
            made["tool_calls"] = calls
        self._thinking.write(thoughts, made)
        if not texts and made.keys() <= _NOTHING:
            return  # nothing of it can be sent
        self._out.append(made)
        if calls:
            self._unanswered.update(str(call["id"]) for call in calls)
        else:
            self._release()

    def _call(self, call: ToolCall, message: Message, at: int) -> Wire:
        if call.cache is not None:
            self._ledger.lose(Feature.CACHE_HINTS, f"{_path(message, at)}.cache_control")
        return write_call(call, self._vendor)


def write_call(call: ToolCall, vendor: str) -> dict[str, object]:
    """A call in the history. vendor: whom it is for; a thought signature goes to its maker, where it gave it."""
    if call.kind is CallKind.CUSTOM:
        return {"id": call.id, "type": "custom", "custom": {"name": call.name, "input": call.arguments}}
    function = {"name": call.name, "arguments": call.arguments if call.arguments.strip() else "{}"}
    made: dict[str, object] = {"id": call.id, "type": "function", "function": function}
    if call.opaque is not None and call.opaque.origin == vendor:
        made["extra_content"] = {"google": {"thought_signature": call.opaque.data}}
    return made
