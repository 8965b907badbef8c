"""The pieces of a conversation. Every dialect's content decodes to these and encodes from these.

A part decoded from the wire keeps the object it came from in `raw`; an encoder of the same dialect may send that back
as it was. Whoever changes a part leaves `raw` out. Text is Python text, arguments of a tool are JSON as text, binary
content is base64 text.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from gate.core.dialect import Dialect

Wire = Mapping[str, object]
"""A decoded JSON object of some dialect."""


class Opaque(msgspec.Struct, frozen=True, gc=False):
    """Something only its maker can read.

    origin: the vendor that made it and alone accepts it back (`ProviderProfile.vendor`). kind: `signature` (Anthropic
    thinking), `redacted` (Anthropic redacted thinking), `encrypted` (OpenAI encrypted reasoning), `thought_signature`
    (Gemini). id: the item's own id where it has one (OpenAI `rs_...`).
    """

    origin: str
    kind: str
    data: str
    id: str | None = None


class Citation(msgspec.Struct, frozen=True, gc=False):
    """Where a piece of an answer's text comes from. start, end: the cited range of characters in the text, when known.
    raw: as its own dialect spells it."""

    dialect: Dialect
    raw: Wire
    url: str | None = None
    title: str | None = None
    text: str | None = None
    start: int | None = None
    end: int | None = None


class MediaKind(StrEnum):
    IMAGE = "image"
    DOCUMENT = "document"
    AUDIO = "audio"
    VIDEO = "video"


class CallKind(StrEnum):
    """function: arguments are a JSON object. custom: one free text (OpenAI's custom tools). search: OpenAI's
    client-side tool search; arguments are a JSON object."""

    FUNCTION = "function"
    CUSTOM = "custom"
    SEARCH = "search"


class Text(msgspec.Struct, frozen=True, gc=False):
    text: str
    cache: Wire | None = None
    """Anthropic's `cache_control` object."""
    citations: tuple[Citation, ...] = ()
    raw: Wire | None = None


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """The model's words when it declines (OpenAI)."""

    text: str
    raw: Wire | None = None


class Media(msgspec.Struct, frozen=True, gc=False):
    """An image, document, audio or video: exactly one of `data` (base64), `url`, `file_id`, `text` (plain-text
    documents), or `content` (documents made of parts) is set. media_type: MIME type, None when it was not told."""

    kind: MediaKind
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    text: str | None = None
    content: "tuple[Part, ...] | None" = None
    name: str | None = None
    context: str | None = None
    detail: str | None = None
    """OpenAI's `detail` of an image: low, high, auto, original."""
    cite: bool = False
    """Citations were asked for (Anthropic documents)."""
    cache: Wire | None = None
    raw: Wire | None = None


class Thinking(msgspec.Struct, frozen=True, gc=False):
    """Reasoning of the model. text: its words or summary, possibly empty. opaque: what its vendor needs to recognise
    it."""

    text: str = ""
    opaque: Opaque | None = None
    raw: Wire | None = None


class ToolCall(msgspec.Struct, frozen=True, gc=False):
    """The model asks the client to run a tool. id: as the client knows it, links the result. arguments: JSON text of an
    object, for `custom` the free text itself. namespace: the namespace tool the function belongs to (OpenAI).
    opaque: a signature that has to come back with the call (Gemini 3)."""

    id: str
    name: str
    arguments: str = ""
    kind: CallKind = CallKind.FUNCTION
    namespace: str | None = None
    opaque: Opaque | None = None
    cache: Wire | None = None
    raw: Wire | None = None


class ToolResult(msgspec.Struct, frozen=True, gc=False):
    """What a tool returned. name: the tool's, where the dialect says it. content: texts and media, empty for
    nothing."""

    id: str
    content: "tuple[Part, ...]" = ()
    error: bool = False
    name: str | None = None
    kind: CallKind = CallKind.FUNCTION
    cache: Wire | None = None
    raw: Wire | None = None


class Foreign(msgspec.Struct, frozen=True, gc=False):
    """A block only its own dialect knows: unknown types, and everything about tools the vendor itself runs, which must
    never reach a client of another dialect as a tool call. kind: its type as spelled there. server: it belongs to a
    tool the vendor runs. text: a plain reading of it for other dialects, when there is one."""

    dialect: Dialect
    kind: str
    raw: Wire
    server: bool = False
    text: str | None = None


Part = Text | Refusal | Media | Thinking | ToolCall | ToolResult | Foreign
