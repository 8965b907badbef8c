"""What a responses request uses that not every dialect can carry, counted while the raw lane scans it.

Only types and the beginnings of addresses are looked at; nothing is decoded beyond that. What cannot be read says
nothing. Item and tool types as in `items` and `decode_tools`, which read them for translation.
"""

from collections.abc import Mapping

import msgspec

from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.fields import ABSENT

_TEXTS = frozenset({"input_text", "output_text", "text", "summary_text", "reasoning_text", "refusal"})
_IMAGES = frozenset({"input_image", "computer_screenshot", "image_url", "image"})
_FILES = frozenset({"input_file", "file"})
PICTURED = frozenset(
    {Use.IMAGE_DATA, Use.IMAGE_URL, Use.IMAGE_FILE, Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE}
)
"""Uses by which a request has something to look at."""

_ITEMS: Mapping[str, Use] = {
    "reasoning": Use.THINKING_HISTORY,
    "custom_tool_call": Use.CUSTOM_TOOL,
    "custom_tool_call_output": Use.CUSTOM_TOOL,
    "item_reference": Use.STORED_STATE,
    "local_shell_call": Use.CLIENT_TOOL,
    "local_shell_call_output": Use.CLIENT_TOOL,
    "computer_call": Use.CLIENT_TOOL,
    "computer_call_output": Use.CLIENT_TOOL,
    "apply_patch_call": Use.CLIENT_TOOL,
    "apply_patch_call_output": Use.CLIENT_TOOL,
    "shell_call": Use.CLIENT_TOOL,
    "shell_call_output": Use.CLIENT_TOOL,
}
_PLAIN_ITEMS = frozenset({"message", "function_call", "function_call_output", "additional_tools"})
_SERVER_ITEMS = ("web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call")
_CLIENT_TOOLS = frozenset({"local_shell", "apply_patch", "computer", "computer_use_preview", "computer_use"})


class Item(msgspec.Struct, gc=False):
    """One item of the input."""

    type: str = ""
    content: msgspec.Raw = ABSENT
    output: msgspec.Raw = ABSENT
    tools: msgspec.Raw = ABSENT
    execution: msgspec.Raw = ABSENT
    call_id: msgspec.Raw = ABSENT
    role: msgspec.Raw = ABSENT
    id: msgspec.Raw = ABSENT
    namespace: msgspec.Raw = ABSENT
    environment: msgspec.Raw = ABSENT


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    image_url: msgspec.Raw = ABSENT
    file_data: msgspec.Raw = ABSENT
    file_url: msgspec.Raw = ABSENT
    file_id: msgspec.Raw = ABSENT
    annotations: msgspec.Raw = ABSENT
    prompt_cache_breakpoint: msgspec.Raw = ABSENT


class _Tool(msgspec.Struct, gc=False):
    type: str = ""
    execution: msgspec.Raw = ABSENT
    tools: msgspec.Raw = ABSENT
    defer_loading: msgspec.Raw = ABSENT
    environment: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


class _Text(msgspec.Struct, gc=False):
    format: _Typed | None = None


class _Reasoning(msgspec.Struct, gc=False):
    effort: str | None = None


_PARTS, _PART = msgspec.json.Decoder(list[_Part]), msgspec.json.Decoder(_Part)
_TOOLS, _TOOL = msgspec.json.Decoder(list[_Tool]), msgspec.json.Decoder(_Tool)
_TYPED = msgspec.json.Decoder(_Typed)
_TEXT = msgspec.json.Decoder(_Text)
_REASONING = msgspec.json.Decoder(_Reasoning)
_WORDS = msgspec.json.Decoder(list[str])
_EMPTY = (b"null", b'""', b"[]", b"{}")


class Census:
    """Uses, as they are found. has_tools: a tool stands somewhere in the input."""

    def __init__(self) -> None:
        self.uses: set[Use] = set()
        self.has_tools = False

    def item(self, item: Item) -> None:
        """One item of the input."""
        if item.content is not ABSENT and fields.begins(item.content, b"["):
            self._parts(item.content, in_result=False)
        if item.output is not ABSENT and fields.begins(item.output, b"["):
            self._parts(item.output, in_result=True)
        kind = item.type or ("message" if _says(item.role) else "item_reference" if _says(item.id) else "unknown")
        if kind in ("additional_tools", "tool_search_output"):
            self.has_tools = self.has_tools or fields.filled(item.tools)
            self.tools(item.tools)
        if _says(item.namespace):
            self.uses.add(Use.NAMESPACE_TOOL)
        if kind not in _PLAIN_ITEMS:
            self._special(item, kind)

    def _special(self, item: Item, kind: str) -> None:
        uses = self.uses
        if kind in _IMAGES or kind in _FILES:
            # Not an item of the API, though some clients put pictures there.
            uses |= {Use.IMAGE_URL, Use.OTHER_BLOCK}
        elif kind in ("tool_search_call", "tool_search_output"):
            uses.add(Use.TOOL_SEARCH if _on_client(item) else Use.SERVER_TOOL_HISTORY)
        elif kind == "shell_call" and _type_of(item.environment) == "container_reference":
            uses.add(Use.SERVER_TOOL_HISTORY)
        elif kind in _ITEMS:
            uses.add(_ITEMS[kind])
            if _ITEMS[kind] is Use.CLIENT_TOOL:
                uses.add(Use.OTHER_BLOCK)
        elif kind in _SERVER_ITEMS or kind.startswith(("mcp_", "program")) or kind.endswith("_call"):
            uses.add(Use.SERVER_TOOL_HISTORY)
        else:
            uses.add(Use.OTHER_BLOCK)

    def tools(self, array: msgspec.Raw | None) -> None:
        """An array of tools, wherever it stands."""
        if array is not None and fields.begins(array, b"["):
            fields.look_through(array, _TOOLS, _TOOL, self._tool)

    def members(self, values: Mapping[str, msgspec.Raw]) -> None:
        """What is asked beside input and tools."""
        uses = self.uses
        reasoning = fields.lenient(values.get("reasoning"), _REASONING)
        # Codex sends `{"summary": "auto"}` also for models it does not know; only an effort is a wish.
        if reasoning is not None and (reasoning.effort or "none") != "none":
            uses.add(Use.THINKING)
        text = fields.lenient(values.get("text"), _TEXT)
        wanted = "" if text is None or text.format is None else text.format.type
        if wanted in ("json_schema", "json_object"):
            uses.add(Use.JSON_SCHEMA if wanted == "json_schema" else Use.JSON_OBJECT)
        if any(_says(values.get(name)) for name in ("previous_response_id", "conversation", "prompt")):
            uses.add(Use.STORED_STATE)
        if _says(values.get("context_management")):
            uses.add(Use.CONTEXT_MANAGEMENT)
        included = fields.lenient(values.get("include"), _WORDS) or ()
        if _says(values.get("top_logprobs")) or "message.output_text.logprobs" in included:
            uses.add(Use.LOGPROBS)

    def _parts(self, array: msgspec.Raw, *, in_result: bool) -> None:
        def one(part: _Part) -> bool:
            self._part(part, in_result=in_result)
            return False

        fields.look_through(array, _PARTS, _PART, one)

    def _part(self, part: _Part, *, in_result: bool) -> None:
        kind = part.type
        if _says(part.prompt_cache_breakpoint):
            self.uses.add(Use.CACHE_HINTS)
        if kind in _TEXTS:
            if _says(part.annotations):
                self.uses.add(Use.CITATIONS)
        elif kind in _IMAGES:
            self.uses.add(_image(part))
            if in_result:
                self.uses.add(Use.TOOL_RESULT_IMAGE)
        elif kind in _FILES:
            self.uses.add(_file(part))
        else:
            self.uses.add(Use.AUDIO if kind == "input_audio" else Use.OTHER_BLOCK)

    def _tool(self, tool: _Tool) -> bool:
        """False, so that all are looked at. Namespaces hold functions and custom tools only."""
        if tool.type == "namespace":
            self.uses.add(Use.NAMESPACE_TOOL)
            if fields.begins(tool.tools, b"["):
                fields.look_through(tool.tools, _TOOLS, _TOOL, self._single)
            return False
        return self._single(tool)

    def _single(self, tool: _Tool) -> bool:
        uses, kind = self.uses, tool.type
        if _says(tool.defer_loading) and bytes(memoryview(tool.defer_loading)) == b"true":
            uses.add(Use.DEFERRED_TOOL)
        if kind == "function":
            return False
        if kind == "custom":
            uses.add(Use.CUSTOM_TOOL)
        elif kind == "tool_search":
            uses.add(Use.TOOL_SEARCH if _text_is(tool.execution, b'"client"') else Use.SERVER_TOOL)
        elif kind.startswith("web_search"):
            uses.add(Use.WEB_SEARCH)
        elif kind in _CLIENT_TOOLS or (kind == "shell" and not _type_of(tool.environment).startswith("container")):
            uses.add(Use.CLIENT_TOOL)
        else:
            uses.add(Use.SERVER_TOOL)
        return False


def _on_client(item: Item) -> bool:
    return _text_is(item.execution, b'"client"') or (fields.is_null(item.execution) and _says(item.call_id))


def _type_of(raw: msgspec.Raw) -> str:
    found = fields.lenient(raw, _TYPED)
    return "" if found is None else found.type


def _image(part: _Part) -> Use:
    if fields.is_null(part.image_url):
        return Use.IMAGE_FILE
    start = bytes(memoryview(part.image_url)[:64])
    return Use.IMAGE_DATA if b'"data:' in start else Use.IMAGE_URL


def _file(part: _Part) -> Use:
    if _says(part.file_data):
        return Use.DOCUMENT_DATA
    return Use.DOCUMENT_URL if _says(part.file_url) else Use.DOCUMENT_FILE


def _text_is(raw: msgspec.Raw, text: bytes) -> bool:
    return bytes(memoryview(raw)[: len(text) + 1]) == text


def _says(raw: msgspec.Raw | None) -> bool:
    return raw is not None and raw is not ABSENT and bytes(memoryview(raw)[:8]) not in _EMPTY
