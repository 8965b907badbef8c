"""The estimate of a whole request."""

import base64
from binascii import Error as BinasciiError
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from gate.protocols.canonical.parts import (
    Foreign,
    Media,
    MediaKind,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.canonical.request import Request, Tool
from gate.protocols.estimate.documents import UNSEEN, pages_of
from gate.protocols.estimate.models import Counting, counting_of, family_of
from gate.protocols.estimate.picture_size import picture_size
from gate.protocols.estimate.text import text_tokens

TEXT_ERROR = 0.17
"""Nine in ten of the texts the weights were fitted to are no further off than this part of their tokens."""
_PER_REQUEST = 3
_UNSURE_PAGE = 0.5
_UNSURE = 1.0
_DEPTH = 8
"""Documents made of parts and results made of parts are followed so deep; no dialect nests further."""
# Audio and video are counted by the second, of which there is no telling here. Gemini: 32 tokens a second of sound,
# about 300 of video (ai.google.dev/gemini-api/docs/tokens); the bytes of a second are those of usual recordings.
_SOUND_BYTES, _SOUND_TOKENS = 16_000, 32
_VIDEO_BYTES, _VIDEO_TOKENS = 250_000, 300
_UNSEEN_BYTES = 30 * 16_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """Input tokens. text: of all texts, before calibration. other: of pictures, documents and what frames messages.
    unsure: by how much `other` may be wrong. The default is the estimate of nothing."""

    text: float = 0.0
    other: float = 0.0
    unsure: float = 0.0

    def tokens(self, ratio: float = 1.0) -> int:
        """ratio: what the text really has of tokens, for each one estimated."""
        return max(1, round(self.text * ratio + self.other))

    def margin(self, ratio: float = 1.0) -> int:
        """By how many tokens it may be off, in nine cases of ten."""
        return round(self.text * ratio * TEXT_ERROR + self.unsure)


def estimate(request: Request, model: str) -> Estimate:
    """Of a request to this model (the name sent upstream). Never raises; takes about half a millisecond for 100 KB."""
    sum_ = _Sum(counting_of(family_of(model)))
    sum_.other += _PER_REQUEST
    for message in request.messages:
        sum_.other += sum_.counting.message
        if message.name:
            sum_.text(message.name)
        sum_.parts(message.parts, 0)
    sum_.tools(request.tools or ())
    if request.output is not None and request.output.schema is not None:
        sum_.json(request.output.schema)
    return sum_.estimate()


class _Sum:
    """Collects the texts, which are measured in one go, and adds up the rest."""

    def __init__(self, counting: Counting) -> None:
        self.counting = counting
        self.other = 0.0
        self._unsure = 0.0
        self._texts: list[bytes] = []

    def estimate(self) -> Estimate:
        return Estimate(text_tokens(b"".join(self._texts), self.counting.weights), self.other, self._unsure)

    def text(self, text: str) -> None:
        self._texts.append(text.encode("utf-8", "surrogatepass"))

    def json(self, value: Wire) -> None:
        try:
            self._texts.append(msgspec.json.encode(value))
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError, UnicodeEncodeError):
            self._unsure += _PER_REQUEST

    def parts(self, parts: Iterable[Part], depth: int) -> None:
        for part in parts:
            self._part(part, depth)

    def _part(self, part: Part, depth: int) -> None:
        match part:
            case Text() | Refusal() | Thinking():
                self.text(part.text)
            case ToolCall():
                self.other += self.counting.message
                self.text(part.name)
                self.text(part.arguments)
            case ToolResult():
                self.other += self.counting.message
                if depth < _DEPTH:
                    self.parts(part.content, depth + 1)
            case Media():
                self._media(part, depth)
            case Foreign():
                if part.text is not None:
                    self.text(part.text)
                else:
                    self.json(part.raw)

    def _media(self, media: Media, depth: int) -> None:
        for words in (media.name, media.context, media.text):
            if words:
                self.text(words)
        if media.content is not None and depth < _DEPTH:
            self.parts(media.content, depth + 1)
        if media.text is not None or media.content is not None:
            return
        match media.kind:
            case MediaKind.IMAGE:
                self._picture(media)
            case MediaKind.DOCUMENT:
                self._document(media)
            case MediaKind.AUDIO:
                self._seconds(media, _SOUND_BYTES, _SOUND_TOKENS)
            case MediaKind.VIDEO:
                self._seconds(media, _VIDEO_BYTES, _VIDEO_TOKENS)

    def _picture(self, media: Media) -> None:
        size = None if media.data is None else picture_size(media.data)
        if size is None:
            self._add(self.counting.usual_picture, _UNSURE)
        else:
            self._add(self.counting.picture(size, media.detail), 0.0)

    def _document(self, media: Media) -> None:
        if media.data is not None and (media.media_type or "").startswith(("text/", "application/json")):
            self._texts.append(_decoded(media.data))
            return
        pages = UNSEEN if media.data is None else pages_of(media.data)
        self._add(pages.number * self.counting.page, _UNSURE_PAGE if pages.sure else _UNSURE)

    def _seconds(self, media: Media, bytes_of_second: int, tokens_of_second: int) -> None:
        size = _UNSEEN_BYTES if media.data is None else len(media.data) * 3 // 4
        self._add(size / bytes_of_second * tokens_of_second, _UNSURE)

    def _add(self, tokens: float, unsure: float) -> None:
        self.other += tokens
        self._unsure += tokens * unsure

    def tools(self, tools: Iterable[Tool]) -> None:
        offered = [tool for tool in tools if not tool.deferred]
        if offered:
            self.other += self.counting.tools
        for tool in offered:
            self.other += self.counting.message
            self.text(tool.name)
            if tool.description:
                self.text(tool.description)
            for form in (tool.schema, tool.grammar):
                if form is not None:
                    self.json(form)


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data[: len(data) & ~3])
    except (BinasciiError, ValueError):
        return b""
