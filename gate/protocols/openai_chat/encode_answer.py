"""A whole answer as a chat completion. https://platform.openai.com/docs/api-reference/chat/object

Every member the SDK's type requires is there; `system_fingerprint` and `service_tier`, which only OpenAI could tell,
are left out, as the type allows.
"""

from typing import cast

import msgspec

from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.canonical.answer import Response
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
)
from gate.protocols.canonical.request import Request
from gate.protocols.openai_chat.client_parts import THINKING, annotation, call_head, whole_part
from gate.protocols.openai_chat.decode_tools import legacy
from gate.protocols.openai_chat.usage import write_usage
from gate.protocols.openai_chat.words import finish_of
from gate.protocols.translation import Mint


def encode_answer(response: Response, request: Request, mint: Mint) -> tuple[bytes, tuple[Loss, ...]]:
    """See `gate.protocols.translation.Translator`."""
    old = legacy(request.tools)
    message = _Message(mint, old=old)
    for at, part in enumerate(response.parts):
        message.take(part, f"content[{at}]")
    finish = finish_of(response.stop, legacy=old)
    choice = {"index": 0, "message": message.wire(), "logprobs": None, "finish_reason": finish}
    answer: dict[str, object] = {
        "id": response.id or f"chatcmpl-{mint.token}",
        "object": "chat.completion",
        "created": response.created or mint.now,
        "model": response.model or request.model,
        "choices": [choice],
        "usage": write_usage(response.usage),
    }
    return msgspec.json.encode(answer), tuple(message.losses)


class _Message:
    """The one message of the answer, part by part."""

    def __init__(self, mint: Mint, *, old: bool) -> None:
        self._mint = mint
        self._old = old
        self._text: list[str] = []
        self._length = 0
        self._thinking: list[str] = []
        self._refusal: list[str] = []
        self._calls: list[ToolCall] = []
        self._annotations: list[object] = []
        self._others: dict[str, object] = {}
        self.losses: list[Loss] = []

    def take(self, part: Part, path: str) -> None:
        match part:
            case Text():
                self._words(part, path)
            case Thinking():
                self._thought(part, path)
            case Refusal():
                self._refusal.append(part.text)
            case ToolCall():
                self._calls.append(part)
                if self._old and len(self._calls) > 1:
                    self.losses.append(Loss(Feature.OTHER, path, LossAction.DROPPED))
            case Media() | Foreign() | ToolResult():
                self._whole(part, path)

    def _words(self, part: Text, path: str) -> None:
        start, end = self._length, self._length + len(part.text)
        for at, citation in enumerate(part.citations):
            made = annotation(citation, start, end, f"{path}.citations[{at}]")
            if isinstance(made, Loss):
                self.losses.append(made)
            else:
                self._annotations.append(made)
        self._text.append(part.text)
        self._length = end

    def _thought(self, part: Thinking, path: str) -> None:
        if part.text:
            self._thinking.append(part.text)
        if part.opaque is not None:
            action = LossAction.APPROXIMATED if part.text else LossAction.DROPPED
            self.losses.append(Loss(Feature.THINKING, path, action))

    def _whole(self, part: Media | Foreign | ToolResult, path: str) -> None:
        made = whole_part(part, path, self._mint.token, self._mint.now)
        if isinstance(made, Loss):
            self.losses.append(made)
            return
        name, value = made
        known = self._others.get(name)
        if isinstance(known, list) and isinstance(value, list):
            value = [*cast("list[object]", known), *cast("list[object]", value)]
        self._others[name] = value

    def wire(self) -> dict[str, object]:
        message: dict[str, object] = {
            "role": "assistant",
            "content": "".join(self._text) if self._text else None,
            "refusal": "".join(self._refusal) if self._refusal else None,
        }
        if self._thinking:
            message[THINKING] = "\n\n".join(self._thinking)
        message["annotations"] = self._annotations
        message |= self._others
        if self._calls and self._old:
            call = self._calls[0]
            message["function_call"] = {"name": call.name, "arguments": call.arguments or "{}"}
        elif self._calls:
            message["tool_calls"] = [call_head(call, _arguments(call)) for call in self._calls]
        return message


def _arguments(call: ToolCall) -> str:
    """Clients parse the arguments of a function; none at all is an empty object."""
    return call.arguments or ("" if call.kind is CallKind.CUSTOM else "{}")
