"""A conversation's earlier thinking, for the chat upstreams that read it back.

OpenRouter gets its own `reasoning_details` again, unchanged. Providers with the quirk `thinking_input` get the text in
the member they give it in; DeepSeek even refuses a history in which a call has none, so that member is there with
every call (api-docs.deepseek.com/guides/thinking_mode.md, read 2026-11-21). With Mistral that member is `content`
itself, as parts. Everywhere else thinking is left out.
"""

from collections.abc import Sequence

from gate.core.loss import Feature, LossAction
from gate.protocols.canonical.parts import Thinking, Wire
from gate.protocols.openai_chat.ledger import Ledger
from gate.protocols.openai_chat.reasoning import write_detail
from gate.protocols.translation import Aim

IN_CONTENT = "content"
"""The `thinking_field` of providers whose thinking is part of the content."""
_DEEPSEEKS = "reasoning_content"


class ThinkingWriter:
    def __init__(self, aim: Aim, ledger: Ledger) -> None:
        self._ledger = ledger
        self._vendor = aim.vendor
        self._field = aim.quirks.thinking_field if aim.quirks.thinking_input else None

    def write(self, thoughts: Sequence[tuple[Thinking, str]], message: dict[str, object]) -> None:
        """Puts into an assistant message what of its thinking (with paths) can be sent."""
        if not thoughts and self._field is None:
            return
        texts: list[str] = []
        details: list[Wire] = []
        for thinking, path in thoughts:
            own = thinking.opaque is not None and thinking.opaque.origin == self._vendor
            detail = write_detail(thinking) if own else None
            if detail is not None:
                details.append(detail)
            elif self._field is not None and thinking.text:
                texts.append(thinking.text)
                if thinking.opaque is not None:
                    self._ledger.lose(Feature.THINKING, path, LossAction.APPROXIMATED)
            else:
                self._ledger.lose(Feature.THINKING, path)
        if details:
            message["reasoning_details"] = details
        self._put("\n\n".join(texts), message)

    def _put(self, text: str, message: dict[str, object]) -> None:
        if self._field == IN_CONTENT:
            if text:
                said = message.get("content")
                thought = {"type": "thinking", "thinking": [{"type": "text", "text": text}]}
                message["content"] = [thought, *([{"type": "text", "text": said}] if said else [])]
        elif self._field is not None and (text or (self._field == _DEEPSEEKS and "tool_calls" in message)):
            message[self._field] = text
