"""Parts of another dialect's messages as content blocks for an upstream."""

from gate.core.dialect import Dialect
from gate.core.loss import Feature, LossAction, Use
from gate.protocols.anthropic_messages.body import object_in
from gate.protocols.anthropic_messages.decode_blocks import DIALECT
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.media import MediaWriter
from gate.protocols.canonical.parts import Foreign, Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult, Wire
from gate.protocols.translation import Aim

Block = dict[str, object]
_NEVER_ANSWERED = "The tool was not run, or its result is not known."


class BlockWriter:
    """Writes the blocks of one request."""

    def __init__(self, aim: Aim, ledger: Ledger, dialect: Dialect) -> None:
        self._aim = aim
        self._ledger = ledger
        self._own = dialect is DIALECT
        self._media = MediaWriter(aim, ledger, dialect)

    def lose(self, feature: Feature, path: str, action: LossAction) -> None:
        self._ledger.lose(feature, path, action)

    def words(self, part: Part, path: str) -> Block | None:
        """A text block; None where there are no words, which the API refuses."""
        match part:
            case Text():
                block = text_block(part.text, part.cache)
                return self._cited(block, part, path) if block is not None and part.citations else block
            case Refusal():
                return text_block(part.text)
            case Foreign():
                return self._foreign(part, path)
            case Thinking():
                self.lose(Feature.THINKING, path, LossAction.DROPPED)
            case _:
                self.lose(Feature.OTHER, path, LossAction.DROPPED)
        return None

    def _cited(self, block: Block, text: Text, path: str) -> Block:
        """A text with those of its citations that are this dialect's own."""
        kept: list[Wire] = []
        for at, cited in enumerate(text.citations):
            if self._own and cited.dialect is DIALECT:
                kept.append(cited.raw)
            else:
                self.lose(Feature.CITATIONS, f"{path}.citations[{at}]", LossAction.DROPPED)
        return {**block, "citations": kept} if kept else block

    def _foreign(self, part: Foreign, path: str) -> Block | None:
        refused = part.server and Use.SERVER_TOOL_HISTORY in self._aim.quirks.cannot
        if part.dialect is DIALECT and self._own and not refused:
            return dict(part.raw)
        made = text_block(part.text or "")
        action = LossAction.DROPPED if made is None else LossAction.REPLACED
        self.lose(Feature.SERVER_TOOLS if part.server else Feature.OTHER, path, action)
        return made

    def shown(self, part: Part, path: str) -> Block | None:
        """A block of a user's turn that is no result."""
        return self._media.block(part, path) if isinstance(part, Media) else self.words(part, path)

    def thinking(self, part: Thinking, path: str) -> Block | None:
        """Only the vendor of a token takes its thinking back; without one, only a provider that says so."""
        opaque = part.opaque
        if opaque is not None and opaque.origin == self._aim.vendor:
            if opaque.kind == "redacted":
                return {"type": "redacted_thinking", "data": opaque.data}
            if opaque.kind == "signature":
                return {"type": "thinking", "thinking": part.text, "signature": opaque.data}
        elif opaque is None and part.text and self._aim.quirks.thinking_input:
            return {"type": "thinking", "thinking": part.text, "signature": ""}
        self.lose(Feature.THINKING, path, LossAction.DROPPED)
        return None

    def call(self, call: ToolCall, call_id: str, path: str) -> Block:
        """The API refuses arguments that are not an object."""
        arguments: object = object_in(call.arguments) if call.arguments.strip() else {}
        if arguments is None:
            self.lose(Feature.OTHER, f"{path}.arguments", LossAction.APPROXIMATED)
            arguments = {"arguments": call.arguments}
        block: Block = {"type": "tool_use", "id": call_id, "name": call.name, "input": arguments}
        if call.cache is not None:
            block["cache_control"] = call.cache
        return block

    def result(self, result: ToolResult, call_id: str, path: str) -> Block:
        """A result; one that failed must say something."""
        made = (self.shown(part, f"{path}.content[{at}]") for at, part in enumerate(result.content))
        content = [block for block in made if block is not None]
        if result.error and not content:
            content = [{"type": "text", "text": "The tool failed and said nothing."}]
        block: Block = {"type": "tool_result", "tool_use_id": call_id}
        if content:
            block["content"] = content
        if result.error:
            block["is_error"] = True
        if result.cache is not None:
            block["cache_control"] = result.cache
        return block

    def orphan(self, result: ToolResult, path: str) -> list[Block]:
        """A result whose call is not there is refused as one: its content is told as what it is."""
        self.lose(Feature.OTHER, path, LossAction.REPLACED)
        told: list[Block] = [{"type": "text", "text": f"[Result of the tool call {result.id}]"}]
        made = (self.shown(part, f"{path}.content[{at}]") for at, part in enumerate(result.content))
        return told + [block for block in made if block is not None]


def unanswered(call_id: str) -> Block:
    """What stands for a result that never came: without one the API refuses the call."""
    content = [{"type": "text", "text": _NEVER_ANSWERED}]
    return {"type": "tool_result", "tool_use_id": call_id, "content": content, "is_error": True}


def text_block(text: str, cache: Wire | None = None) -> Block | None:
    """None for a text of white space alone."""
    if not text or text.isspace():
        return None
    block: Block = {"type": "text", "text": text}
    if cache is not None:
        block["cache_control"] = cache
    return block
