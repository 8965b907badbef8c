"""What a chat request uses that not every dialect can carry, counted while the raw lane scans it.

Only types and the beginnings of addresses are looked at; no picture is decoded. What cannot be read says nothing.
"""

from collections.abc import Mapping

import msgspec

from gate.core.loss import Use
from gate.protocols import fields
from gate.protocols.canonical.request import Effort, Reasoning
from gate.protocols.fields import ABSENT
from gate.protocols.openai_chat.asked import ASKED, read_reasoning
from gate.protocols.openai_chat.words import effort_of

_PICTURES = frozenset({"image_url", "image", "input_image"})
_FILES = frozenset({"file", "input_file", "document", "document_url"})
_PLAIN = frozenset({"text", "refusal"})
_OTHERS = {
    "input_audio": Use.AUDIO,
    "video_url": Use.VIDEO,
    "input_video": Use.VIDEO,
    "thinking": Use.THINKING_HISTORY,
}
PICTURED = frozenset(
    {Use.IMAGE_DATA, Use.IMAGE_URL, Use.DOCUMENT_DATA, Use.DOCUMENT_URL, Use.DOCUMENT_FILE, Use.TOOL_RESULT_IMAGE}
)
"""Uses by which a request has something to look at."""


class _Part(msgspec.Struct, gc=False):
    type: str = ""
    image_url: msgspec.Raw = ABSENT
    file: msgspec.Raw = ABSENT
    document_url: msgspec.Raw = ABSENT
    cache_control: msgspec.Raw = ABSENT
    prompt_cache_breakpoint: msgspec.Raw = ABSENT


class _Message(msgspec.Struct, gc=False):
    role: str = ""
    content: msgspec.Raw = ABSENT
    reasoning_content: msgspec.Raw = ABSENT
    reasoning: msgspec.Raw = ABSENT
    reasoning_details: msgspec.Raw = ABSENT
    images: msgspec.Raw = ABSENT
    audio: msgspec.Raw = ABSENT


class _Url(msgspec.Struct, gc=False):
    url: msgspec.Raw = ABSENT


class _File(msgspec.Struct, gc=False):
    file_data: msgspec.Raw = ABSENT


class _Tool(msgspec.Struct, gc=False):
    type: str = "function"
    cache_control: msgspec.Raw = ABSENT


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


_MESSAGES, _MESSAGE = msgspec.json.Decoder(list[_Message]), msgspec.json.Decoder(_Message)
_PARTS, _PART = msgspec.json.Decoder(list[_Part]), msgspec.json.Decoder(_Part)
_TOOLS, _TOOL = msgspec.json.Decoder(list[_Tool]), msgspec.json.Decoder(_Tool)
_URL, _FILE = msgspec.json.Decoder(_Url), msgspec.json.Decoder(_File)
_TYPED = msgspec.json.Decoder(_Typed)
_WORDS = msgspec.json.Decoder(list[str])
_NUMBER = msgspec.json.Decoder(int)
_FLAG = msgspec.json.Decoder(bool)
_EMPTY = (b"null", b'""', b"[]", b"{}")


class Census:
    """Uses, as they are found. thinks: a model is told to think; one that may or may not is not."""

    def __init__(self) -> None:
        self.uses: set[Use] = set()
        self.thinks = False

    def messages(self, array: msgspec.Raw) -> int | None:
        """How many there are; None when there are too many to look at."""
        return fields.look_through(array, _MESSAGES, _MESSAGE, self._message)[0]

    def tools(self, array: msgspec.Raw | None) -> None:
        if array is not None:
            fields.look_through(array, _TOOLS, _TOOL, self._tool)

    def members(self, values: Mapping[str, msgspec.Raw]) -> None:
        """What is asked beside messages and tools."""
        uses = self.uses
        wanted = fields.lenient(values.get("response_format"), _TYPED)
        if wanted is not None and wanted.type in ("json_schema", "json_object"):
            uses.add(Use.JSON_SCHEMA if wanted.type == "json_schema" else Use.JSON_OBJECT)
        reasoning = _reasoning(values)
        if reasoning is not None and effort_of(reasoning) is not Effort.NONE:
            uses.add(Use.THINKING)
            self.thinks = effort_of(reasoning) is not None
        if (fields.lenient(values.get("n"), _NUMBER) or 1) > 1:
            uses.add(Use.SEVERAL_CHOICES)
        if fields.lenient(values.get("logprobs"), _FLAG):
            uses.add(Use.LOGPROBS)
        if "audio" in (fields.lenient(values.get("modalities"), _WORDS) or ()):
            uses.add(Use.AUDIO)
        if _says(values.get("web_search_options")):
            uses.add(Use.WEB_SEARCH)
        if _says(values.get("cache_control")):
            uses.add(Use.CACHE_HINTS)

    def _message(self, message: _Message) -> bool:
        """False, so that all are looked at."""
        if fields.begins(message.content, b"["):
            self._parts(message.content, in_result=message.role in ("tool", "function"))
        if message.role == "assistant":
            if _says(message.reasoning_content) or _says(message.reasoning) or _says(message.reasoning_details):
                self.uses.add(Use.THINKING_HISTORY)
            if fields.begins(message.images, b"["):
                self._parts(message.images, in_result=False)
            if _says(message.audio):
                self.uses.add(Use.AUDIO)
        return False

    def _parts(self, array: msgspec.Raw, *, in_result: bool) -> None:
        def one(part: _Part) -> bool:
            self._part(part, in_result=in_result)
            return False

        fields.look_through(array, _PARTS, _PART, one)

    def _part(self, part: _Part, *, in_result: bool) -> None:
        kind = part.type
        if _says(part.cache_control) or _says(part.prompt_cache_breakpoint):
            self.uses.add(Use.CACHE_HINTS)
        if kind in _PLAIN:
            return
        if kind in _PICTURES:
            self.uses.add(Use.IMAGE_DATA if _is_data(_address(part.image_url)) else Use.IMAGE_URL)
            if in_result:
                self.uses.add(Use.TOOL_RESULT_IMAGE)
        elif kind in _FILES:
            self.uses.add(_file(part))
        else:
            self.uses.add(_OTHERS.get(kind, Use.OTHER_BLOCK))

    def _tool(self, tool: _Tool) -> bool:
        """False, so that all are looked at."""
        if tool.type == "custom":
            self.uses.add(Use.CUSTOM_TOOL)
        elif tool.type.startswith("web_search"):
            self.uses.add(Use.WEB_SEARCH)
        elif tool.type != "function":
            self.uses.add(Use.SERVER_TOOL)
        if _says(tool.cache_control):
            self.uses.add(Use.CACHE_HINTS)
        return False


def _reasoning(values: Mapping[str, msgspec.Raw]) -> Reasoning | None:
    asked = {name: fields.decoded(values[name]) for name in ASKED if name in values}
    return read_reasoning(asked) if asked else None


def _file(part: _Part) -> Use:
    url = part.document_url
    if not fields.is_null(url):
        return Use.DOCUMENT_DATA if _is_data(_address(url)) else Use.DOCUMENT_URL
    file = fields.lenient(part.file, _FILE)
    if file is None or fields.is_null(file.file_data):
        return Use.DOCUMENT_FILE
    start = _start(file.file_data)
    if start.startswith(b'"data:image'):
        return Use.IMAGE_DATA
    return Use.DOCUMENT_URL if start.startswith((b'"http:', b'"https:')) else Use.DOCUMENT_DATA


def _address(raw: msgspec.Raw) -> msgspec.Raw:
    """An address that stands as a string or in an object."""
    inner = fields.lenient(raw, _URL) if fields.begins(raw, b"{") else None
    return raw if inner is None else inner.url


def _is_data(raw: msgspec.Raw) -> bool:
    """Whether this is content and no address: a `data:` URL, or bare base64."""
    start = _start(raw)
    return start.startswith(b'"data:') or b":" not in start


def _start(raw: msgspec.Raw) -> bytes:
    return bytes(memoryview(raw)[:64])


def _says(raw: msgspec.Raw | None) -> bool:
    return raw is not None and bytes(memoryview(raw)[:8]) not in _EMPTY
