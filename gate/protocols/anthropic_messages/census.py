"""What a messages request uses that not every dialect can carry, read on the raw lane's one pass over the body.

Blocks are read into small typed structs; only media, cited texts and results with content of their own are looked into
any further. What cannot be read is passed over: it is the upstream's business.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.anthropic_messages.decode_tools import kind_of
from gate.protocols.canonical.request import ToolKind
from gate.protocols.fields import ABSENT, begins, filled, is_null, lenient

T = TypeVar("T")
Values = Mapping[str, msgspec.Raw]


class Inner(msgspec.Struct, gc=False):
    """A block inside a result, as far as it is read."""

    type: str = ""
    source: msgspec.Raw = ABSENT
    citations: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT


class Block(Inner, gc=False):
    """One content block. content: of a result; most are long texts, which are not worth decoding."""

    content: msgspec.Raw = ABSENT


class Message(msgspec.Struct, gc=False):
    """One message, as far as it is read."""

    content: str | list[Block] | None = None


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


class _Switch(msgspec.Struct, gc=False):
    enabled: bool = False


class _Tool(msgspec.Struct, gc=False):
    type: str | None = None
    defer_loading: bool | None = None
    input_schema: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT


MESSAGES = msgspec.json.Decoder(list[Message])
MESSAGE = msgspec.json.Decoder(Message)
_BLOCKS = msgspec.json.Decoder(list[Inner])
_BLOCK = msgspec.json.Decoder(Inner)
_TOOLS = msgspec.json.Decoder(list[_Tool])
_TOOL = msgspec.json.Decoder(_Tool)
_TYPED = msgspec.json.Decoder(_Typed)
_SWITCH = msgspec.json.Decoder(_Switch)

_IMAGES = {"base64": Use.IMAGE_DATA, "url": Use.IMAGE_URL, "file": Use.IMAGE_FILE}
_DOCUMENTS = {
    "base64": Use.DOCUMENT_DATA,
    "url": Use.DOCUMENT_URL,
    "file": Use.DOCUMENT_FILE,
    "text": Use.DOCUMENT_TEXT,
    "content": Use.DOCUMENT_TEXT,
}
_PLAIN = frozenset({"text", "tool_use", ""})
_THOUGHTS = frozenset({"thinking", "redacted_thinking"})
_OF_SERVER = frozenset({"server_tool_use", "mcp_tool_use", "mcp_tool_listing", "container_upload"})
_TOOL_USES = {
    ToolKind.VENDOR: Use.CLIENT_TOOL,
    ToolKind.WEB_SEARCH: Use.WEB_SEARCH,
    ToolKind.SERVER: Use.SERVER_TOOL,
}
_MEMBERS = {
    "cache_control": Use.CACHE_HINTS,
    "context_management": Use.CONTEXT_MANAGEMENT,
    "compaction": Use.CONTEXT_MANAGEMENT,
    "mcp_servers": Use.SERVER_TOOL,
    "container": Use.STORED_STATE,
    "thread": Use.STORED_STATE,
}
_PICTURES = frozenset({Use.IMAGE_DATA, Use.IMAGE_URL, Use.IMAGE_FILE})


class Census:
    """Counts one request. uses: all that was found. pictures: an image or document is among the messages."""

    def __init__(self) -> None:
        self.uses: set[Use] = set()
        self.pictures = False

    def message(self, message: Message) -> bool:
        """Reads one; False, so that `fields.look_through` reads them all."""
        content = message.content
        if isinstance(content, list):
            for block in content:
                kind = block.type
                if kind == "tool_result":
                    self._result(block)
                elif kind not in _PLAIN:
                    self._special(kind, block)
                if block.cache_control is not ABSENT or block.citations is not ABSENT:
                    self._hints(block)
        return False

    def rest(self, values: Values, tools: msgspec.Raw | None) -> None:
        """Everything beside the messages. tools: the array, None when there is none."""
        for name, use in _MEMBERS.items():
            raw = values.get(name)
            if raw is not None and not is_null(raw) and (not begins(raw, b"[") or filled(raw)):
                self.uses.add(use)
        system = values.get("system")
        if system is not None and begins(system, b"["):
            _each(system, _BLOCKS, _BLOCK, self._block)
        if tools is not None:
            _each(tools, _TOOLS, _TOOL, self._tool)

    def _block(self, block: Inner) -> None:
        if block.type not in _PLAIN:
            self._special(block.type, block)
        self._hints(block)

    def _hints(self, block: Inner) -> None:
        """What any block may have."""
        if block.cache_control is not ABSENT and not is_null(block.cache_control):
            self.uses.add(Use.CACHE_HINTS)
        if block.citations is not ABSENT and filled(block.citations):
            self.uses.add(Use.CITATIONS)

    def _special(self, kind: str, block: Inner) -> None:
        """A block that is neither text nor a call."""
        if kind in _THOUGHTS:
            self.uses.add(Use.THINKING_HISTORY)
        elif kind == "image":
            self._media(block, _IMAGES)
        elif kind == "document":
            self._document(block)
        elif kind in _OF_SERVER or kind.endswith("_tool_result"):
            self.uses.add(Use.SERVER_TOOL_HISTORY)
        else:
            self.uses.add(Use.OTHER_BLOCK)

    def _media(self, block: Inner, known: Mapping[str, Use]) -> None:
        self.pictures = True
        source = lenient(block.source, _TYPED)
        self.uses.add(known.get("" if source is None else source.type, Use.OTHER_BLOCK))

    def _document(self, block: Inner) -> None:
        self._media(block, _DOCUMENTS)
        cited = lenient(block.citations, _SWITCH)
        if cited is not None and cited.enabled:
            self.uses.add(Use.CITATIONS)

    def _result(self, result: Block) -> None:
        if not begins(result.content, b"["):
            return
        for block in lenient(result.content, _BLOCKS) or ():
            if block.type not in _PLAIN:
                before, self.uses = self.uses, set[Use]()
                self._special(block.type, block)
                if self.uses & _PICTURES:
                    self.uses.add(Use.TOOL_RESULT_IMAGE)
                self.uses |= before
            self._hints(block)

    def _tool(self, tool: _Tool) -> None:
        if tool.cache_control is not ABSENT and not is_null(tool.cache_control):
            self.uses.add(Use.CACHE_HINTS)
        if tool.defer_loading:
            self.uses.add(Use.DEFERRED_TOOL)
        use = _TOOL_USES.get(kind_of(tool.type or "", schema=tool.input_schema is not ABSENT))
        if use is not None:
            self.uses.add(use)


def _each(
    array: msgspec.Raw,
    all_of_them: msgspec.json.Decoder[list[T]],
    one: msgspec.json.Decoder[T],
    take: Callable[[T], None],
) -> None:
    """Every element that can be read."""
    fields.look_through(array, all_of_them, one, lambda value: take(value) is not None)
