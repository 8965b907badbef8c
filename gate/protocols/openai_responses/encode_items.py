"""A conversation written as the items of an input.

A message that came in this dialect and was not changed goes back as the very items it came as. Reasoning goes only to
the vendor that made its token: OpenAI answers 400 or 404 to reasoning it cannot decrypt.
"""

from collections.abc import Mapping, Sequence

import msgspec

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
from gate.protocols.canonical.request import Message, Role
from gate.protocols.fields import UNREADABLE, mapping
from gate.protocols.openai_responses.content import is_item
from gate.protocols.openai_responses.encode_content import Content, ContentWriter
from gate.protocols.openai_responses.values import array
from gate.protocols.translation import Aim

Item = dict[str, object]
_OBJECT = msgspec.json.Decoder(dict[str, object])


class ItemWriter:
    """Writes the items of one input."""

    def __init__(self, content: ContentWriter, aim: Aim) -> None:
        self._content = content
        self._aim = aim
        self.items: list[Wire] = []

    def message(self, message: Message) -> None:
        """One message, usually as one item for each of its calls, results and runs of text."""
        if message.name is not None:
            self._content.lose(Feature.PARAMETERS, f"{message.path}.name", LossAction.DROPPED)
        if self._content.own and message.raw is not None and not self._content.refuses(message.parts):
            self._as_it_came(message, message.raw)
        elif message.role is Role.ASSISTANT:
            self._assistant(message)
        else:
            self._spoken(message)

    def _as_it_came(self, message: Message, raw: Wire) -> None:
        """The items themselves, reasoning of other vendors left out and envelopes opened."""
        changed: dict[int, Item | None] = {}
        for at, part in enumerate(message.parts):
            if isinstance(part, Thinking) and part.raw is not None and part.opaque is not None:
                item = self._reasoning(part, f"{message.path}.content[{at}]")
                if item != part.raw:
                    changed[id(part.raw)] = item
        items = [mapping(item) for item in array(raw.get("items"))]
        if changed:
            items = [made for item in items if (made := changed.get(id(item), item)) is not None]
        self.items.extend(items)

    def _spoken(self, message: Message) -> None:
        """Of the user, or instructions on the way."""
        run: list[Content] = []
        for at, part in enumerate(message.parts):
            path = f"{message.path}.content[{at}]"
            if isinstance(part, ToolResult):
                run = self._said(message.role, run)
                self.items.append(self._result(part, path))
            elif isinstance(part, Foreign) and self._content.own and is_item(part):
                run = self._said(message.role, run)
                self.items.append(part.raw)
            else:
                run.extend(self._content.input(part, path))
        self._said(message.role, run)

    def _assistant(self, message: Message) -> None:
        run: list[Content] = []
        for at, part in enumerate(message.parts):
            path = f"{message.path}.content[{at}]"
            if isinstance(part, Text | Refusal):
                if part.text:
                    run.append(self._content.outputs(part, path))
                continue
            run = self._said(message.role, run)
            self._act(part, path)
        self._said(message.role, run)

    def _said(self, role: Role, run: list[Content]) -> list[Content]:
        """A run of content is over: one message. The next run."""
        if run:
            self.items.append({"type": "message", "role": role, "content": run})
            return []
        return run

    def _act(self, part: Part, path: str) -> None:
        """Everything of the assistant that is not text."""
        match part:
            case ToolCall():
                self.items.append(self._call(part, path))
            case Thinking():
                item = self._reasoning(part, path)
                if item is not None:
                    self.items.append(item)
            case Foreign() if self._content.own and is_item(part):
                self.items.append(part.raw)
            case Foreign():
                content = self._content.input(part, path)
                if content and part.text:
                    text = {"type": "output_text", "text": part.text, "annotations": list[object]()}
                    self.items.append({"type": "message", "role": "assistant", "content": [text]})
            case Media():
                # Only users can show something here.
                content = self._content.input(part, path)
                if content:
                    self._content.lose(Feature.IMAGES, path, LossAction.MOVED)
                    self.items.append({"type": "message", "role": "user", "content": content})
            case _:
                self._content.lose(Feature.OTHER, path, LossAction.DROPPED)

    def _reasoning(self, part: Thinking, path: str) -> Item | None:
        opaque = part.opaque
        if opaque is not None and opaque.origin == self._aim.vendor:
            if self._content.own and part.raw is not None:
                return self._unsealed(part.raw, opaque.data, opaque.id)
            summary = [{"type": "summary_text", "text": part.text}] if part.text else []
            known: Item = {} if opaque.id is None else {"id": opaque.id}
            return {"type": "reasoning", **known, "summary": summary, "encrypted_content": opaque.data}
        if opaque is None and part.text and self._aim.quirks.thinking_input:
            text = {"type": "reasoning_text", "text": part.text}
            return {"type": "reasoning", "summary": list[object](), "content": [text]}
        if part.text or opaque is not None:
            self._content.lose(Feature.THINKING, path, LossAction.DROPPED)
        return None

    def _unsealed(self, raw: Wire, token: str, item: str | None) -> Item:
        """An item as it came, its envelope opened where it has one."""
        if raw.get("encrypted_content") == token:
            return dict(raw)
        return {**raw, "encrypted_content": token, **({} if item is None else {"id": item})}

    def _call(self, call: ToolCall, path: str) -> Wire:
        if self._content.own and call.raw is not None:
            return call.raw
        if call.cache is not None:
            self._content.lose(Feature.CACHE_HINTS, f"{path}.cache_control", LossAction.DROPPED)
        item: Item = {"type": _CALLS[call.kind], "call_id": call.id}
        if call.kind is CallKind.SEARCH:
            return {**item, "execution": "client", "arguments": parsed(call.arguments), "status": "completed"}
        item["name"] = call.name
        if call.namespace is not None:
            item["namespace"] = call.namespace
        if call.kind is CallKind.CUSTOM:
            item["input"] = call.arguments
        else:
            item["arguments"] = call.arguments or "{}"
        return item

    def _result(self, result: ToolResult, path: str) -> Wire:
        if self._content.own and result.raw is not None and not self._content.refuses(result.content):
            return result.raw
        if result.cache is not None:
            self._content.lose(Feature.CACHE_HINTS, f"{path}.cache_control", LossAction.DROPPED)
        if result.error:
            # No member says so here; the words of the error are in the output.
            self._content.lose(Feature.OTHER, f"{path}.is_error", LossAction.DROPPED)
        if result.kind is CallKind.SEARCH:
            # The tools it found are among the request's own.
            found: Item = {"tools": list[object](), "execution": "client", "status": "completed"}
            return {"type": "tool_search_output", "call_id": result.id, **found}
        kind = "custom_tool_call_output" if result.kind is CallKind.CUSTOM else "function_call_output"
        return {"type": kind, "call_id": result.id, "output": self._output(result.content, path)}

    def _output(self, parts: Sequence[Part], path: str) -> object:
        """A string where one text is all there is, the content parts otherwise."""
        content = self._content.inputs(parts, path)
        if len(content) == 1 and content[0].keys() == _TEXT and content[0]["type"] == "input_text":
            return content[0]["text"]
        return content or ""


_TEXT = {"type", "text"}
_CALLS: Mapping[CallKind, str] = {
    CallKind.FUNCTION: "function_call",
    CallKind.CUSTOM: "custom_tool_call",
    CallKind.SEARCH: "tool_search_call",
}


def parsed(arguments: str) -> object:
    """Arguments as a JSON object; the text itself where it is none."""
    try:
        return _OBJECT.decode(arguments or "{}")
    except UNREADABLE:
        return arguments
