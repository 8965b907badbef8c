"""Messages of another dialect as turns of user and assistant, in the order the messages API demands.

Instructions before the first turn are the system prompt. Later ones stay where they are for models that take system
messages there (right after a user's turn, and last or before an assistant's), and move to the system prompt otherwise.
Turns of one role are one. Results stand first in the user's turn right after their calls, wherever they came. The first
turn is the user's. https://platform.claude.com/docs/en/agents-and-tools/tool-use/implement-tool-use, .../
build-with-claude/mid-conversation-system-messages (read 2026-11-21).
"""

from collections import defaultdict, deque
from collections.abc import Sequence

import msgspec

from gate.core.loss import Feature, LossAction
from gate.protocols.anthropic_messages.encode_blocks import Block, BlockWriter, unanswered
from gate.protocols.anthropic_messages.media import FEATURES
from gate.protocols.canonical.parts import Media, Thinking, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, Role

_BEGINNING = "(The conversation begins here.)"
_GO_ON = "Continue."
_INSTRUCTIONS = (Role.SYSTEM, Role.DEVELOPER)
Placed = tuple[ToolResult, str]
"""A result and where it stood."""


class Conversation(msgspec.Struct):
    """system: blocks of the system prompt. turns: the messages."""

    system: list[Block]
    turns: list[Block]


def write_messages(
    messages: Sequence[Message], blocks: BlockWriter, *, system_turns: bool, prefill: bool
) -> Conversation:
    """system_turns: the model takes system messages among the others. prefill: it goes on with an answer the client
    began."""
    writer = _Writer(messages, blocks)
    for message in messages:
        writer.take(message)
    turns = _placed_system(writer.finish(), writer.system, blocks, native=system_turns)
    _ended(turns, prefill=prefill)
    return Conversation(writer.system, [{"role": turn.role, "content": turn.content} for turn in turns])


class _Turn(msgspec.Struct):
    """role: user, assistant or system. path: of its first message."""

    role: str
    content: list[Block]
    path: str


class _Writer:
    def __init__(self, messages: Sequence[Message], blocks: BlockWriter) -> None:
        self._blocks = blocks
        self._turns: list[_Turn] = []
        self.system: list[Block] = []
        self._results = _results(messages)
        # Calls of the last assistant turn: the id sent, and the one asked for.
        self._open: list[tuple[str, str]] = []
        self._calls = 0
        self._used: set[str] = set()
        self._placed: set[int] = set()
        # Something else was said since results were placed.
        self._since = False
        # What an assistant or an instruction showed: only a user's turn can.
        self._carried: list[Block] = []

    def take(self, message: Message) -> None:
        if message.name is not None:
            self._blocks.lose(Feature.PARAMETERS, f"{message.path}.name", LossAction.DROPPED)
        if message.role in _INSTRUCTIONS:
            self._instruct(message)
        elif message.role is Role.ASSISTANT:
            self._answer(message)
        else:
            self._ask(message)

    def _instruct(self, message: Message) -> None:
        content: list[Block] = []
        for at, part in enumerate(message.parts):
            path = f"{message.path}.content[{at}]"
            if isinstance(part, Media):
                self._carry(part, path)
                continue
            block = self._blocks.words(part, path)
            if block is not None:
                content.append(block)
        if message.top or not self._turns:
            self.system += content
        elif content:
            self._settle()
            self._since = True
            self._turn("system", message.path).content.extend(content)

    def _carry(self, media: Media, path: str) -> None:
        self._blocks.lose(FEATURES[media.kind], path, LossAction.MOVED)
        block = self._blocks.shown(media, path)
        if block is not None:
            self._carried.append(block)

    def _answer(self, message: Message) -> None:
        turn: _Turn | None = None
        for number, part in enumerate(message.parts):
            path = f"{message.path}.content[{number}]"
            block: Block | None
            match part:
                case ToolCall():
                    block = self._called(part, path)
                case Thinking():
                    block = self._blocks.thinking(part, path)
                case Media():
                    self._carry(part, path)
                    continue
                case ToolResult():
                    self._blocks.lose(Feature.OTHER, path, LossAction.DROPPED)
                    continue
                case _:
                    block = self._blocks.words(part, path)
            if block is None:
                continue
            if turn is None:
                turn = self._turn("assistant", message.path)
            turn.content.append(block)

    def _called(self, call: ToolCall, path: str) -> Block:
        """Ids must be unique; some clients use one again and again."""
        self._calls += 1
        call_id = call.id or f"call_{self._calls}"
        if call_id in self._used:
            call_id = f"{call_id}_{self._calls}"
        self._used.add(call_id)
        self._open.append((call_id, call.id))
        return self._blocks.call(call, call_id, path)

    def _settle(self) -> None:
        """The results of the calls that are open, wherever they come, in the order of the calls."""
        if not self._open:
            return
        opened, self._open, self._since = self._open, [], False
        turn = self._turn("user", self._turns[-1].path)
        here: list[Block] = []
        for call_id, asked in opened:
            waiting = self._results[asked]
            if not waiting:
                here.append(unanswered(call_id))
                continue
            result, path = waiting.popleft()
            self._placed.add(id(result))
            here.append(self._blocks.result(result, call_id, path))
        turn.content[:0] = here

    def _ask(self, message: Message) -> None:
        self._settle()
        content: list[Block] = []
        for number, part in enumerate(message.parts):
            path = f"{message.path}.content[{number}]"
            if isinstance(part, ToolResult):
                if id(part) not in self._placed:
                    self._results[part.id].popleft()
                    content += self._blocks.orphan(part, path)
                elif content or self._since:
                    self._blocks.lose(Feature.OTHER, path, LossAction.MOVED)
                continue
            block = self._blocks.shown(part, path)
            if block is not None:
                content.append(block)
        content[:0], self._carried = self._carried, []
        if content:
            self._since = True
            self._turn("user", message.path).content.extend(content)

    def _turn(self, role: str, path: str) -> _Turn:
        """The turn that is going on, or a new one."""
        if not self._turns and role != "user":
            self._turns.append(_Turn("user", [_text(_BEGINNING)], path))
        if not self._turns or self._turns[-1].role != role:
            self._turns.append(_Turn(role, [], path))
        return self._turns[-1]

    def finish(self) -> list[_Turn]:
        self._settle()
        if self._carried:
            self._turn("user", "").content.extend(self._carried)
        if not self._turns:
            self._turn("user", "").content.append(_text(_BEGINNING))
        return self._turns


def _ended(turns: list[_Turn], *, prefill: bool) -> None:
    """A conversation whose last word is the assistant's."""
    last = turns[-1]
    if last.role != "assistant":
        return
    if prefill:
        _trim(last.content[-1])
    else:
        turns.append(_Turn("user", [_text(_GO_ON)], last.path))


def _results(messages: Sequence[Message]) -> defaultdict[str, deque[Placed]]:
    """All results by the id of their call, in order."""
    found: defaultdict[str, deque[Placed]] = defaultdict(deque)
    for message in messages:
        for number, part in enumerate(message.parts):
            if isinstance(part, ToolResult):
                found[part.id].append((part, f"{message.path}.content[{number}]"))
    return found


def _text(text: str) -> Block:
    return {"type": "text", "text": text}


def _trim(block: Block) -> None:
    """An answer the client began must not end in white space."""
    text = block.get("text")
    if isinstance(text, str):
        block["text"] = text.rstrip()


def _placed_system(turns: Sequence[_Turn], system: list[Block], blocks: BlockWriter, *, native: bool) -> list[_Turn]:
    """The turns with every system turn in a place it may have, or none."""
    written: list[_Turn] = []
    for at, turn in enumerate(turns):
        if turn.role == "system":
            after = turns[at + 1].role if at + 1 < len(turns) else "assistant"
            if native and written and written[-1].role == "user" and after == "assistant":
                written.append(turn)
                continue
            blocks.lose(Feature.OTHER, turn.path, LossAction.MOVED)
            system += turn.content
        elif written and written[-1].role == turn.role:
            written[-1].content.extend(turn.content)
        else:
            written.append(turn)
    return written
