"""Content blocks read into parts: one reading for requests, whole answers and streams.

https://platform.claude.com/docs/en/api/messages; types of github.com/anthropics/anthropic-sdk-python 2.12.0, read
2026-11-21. A block nobody knows, and everything about tools that Anthropic runs, is a `Foreign` with its object.
"""

from collections.abc import Callable

from gate.core.dialect import Dialect
from gate.protocols.anthropic_messages.body import array, filled, json_text, members, string
from gate.protocols.anthropic_messages.words import UNSIGNED
from gate.protocols.canonical.parts import (
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Wire,
)
from gate.protocols.fields import mapping
from gate.protocols.opaque import MARK, unpack

DIALECT = Dialect.ANTHROPIC_MESSAGES
NATIVE = "anthropic"
"""The vendor whose genuine tokens this dialect holds."""
Seal = Callable[[str, str], Opaque]
"""Makes an `Opaque` of a token and its kind: requests open envelopes, answers name their vendor."""

_SOURCES = frozenset({"base64", "text", "url", "file", "content"})
_OF_SERVER = frozenset({"server_tool_use", "mcp_tool_use", "mcp_tool_listing", "container_upload"})


def opened(token: str, kind: str) -> Opaque:
    """A token as a client sent it back."""
    return unpack(token, NATIVE, kind)


def sealed(vendor: str) -> Seal:
    """How the tokens of this vendor's answers are read."""
    return lambda token, kind: Opaque(vendor, kind, token)


def read_content(content: object, seal: Seal) -> tuple[Part, ...]:
    """A `content`: one text, or blocks; nothing when it is neither."""
    if isinstance(content, str):
        return (Text(content),)
    return tuple([read_block(block, seal) for block in array(content)])


def read_block(value: object, seal: Seal) -> Part:
    """Any block. Never raises."""
    if isinstance(value, str):
        return Text(value)
    block = mapping(value)
    kind = block.get("type")
    if kind == "text":
        return _text(block)
    reader = _READERS.get(kind) if isinstance(kind, str) else None
    return foreign(block, kind if isinstance(kind, str) else "") if reader is None else reader(block, seal)


def _genuine(block: Wire, member: str) -> Wire | None:
    """The block, unless it holds an envelope, which must never go to an upstream."""
    return None if string(block, member).startswith(MARK) else block


def _text(block: Wire) -> Text:
    text, cited = block.get("text"), block.get("citations")
    if not cited and isinstance(text, str):
        return Text(text, members(block, "cache_control") if "cache_control" in block else None, (), block)
    citations = [citation_of(mapping(value)) for value in array(cited)]
    genuine = tuple(citation for citation in citations if not _made_here(citation.raw))
    # A block with citations that Gate made for its client is written anew, without them.
    raw = block if len(genuine) == len(citations) else None
    return Text(string(block, "text"), members(block, "cache_control"), genuine, raw)


def _made_here(citation: Wire) -> bool:
    return string(citation, "encrypted_index").startswith(MARK)


def citation_of(citation: Wire) -> Citation:
    """One citation of any of the five kinds."""
    title = filled(citation, "title") or filled(citation, "document_title")
    url = filled(citation, "url") or filled(citation, "source")
    return Citation(DIALECT, citation, url, title, filled(citation, "cited_text"))


def _thinking(block: Wire, seal: Seal) -> Thinking:
    signature = string(block, "signature")
    text = string(block, "thinking")
    if not signature:
        return Thinking(text, None, block)
    opaque = seal(signature, "signature")
    if opaque.kind == UNSIGNED:
        return Thinking(text)
    return Thinking(text, opaque, _genuine(block, "signature"))


def _redacted(block: Wire, seal: Seal) -> Thinking:
    return Thinking(opaque=seal(string(block, "data"), "redacted"), raw=_genuine(block, "data"))


def _call(block: Wire, seal: Seal) -> ToolCall:
    del seal
    arguments = block.get("input")
    if not isinstance(arguments, str):
        arguments = "{}" if arguments is None else json_text(arguments)
    return ToolCall(
        string(block, "id"), string(block, "name"), arguments, cache=members(block, "cache_control"), raw=block
    )


def _result(block: Wire, seal: Seal) -> ToolResult:
    return ToolResult(
        string(block, "tool_use_id"),
        read_content(block.get("content"), seal),
        error=block.get("is_error") is True,
        cache=members(block, "cache_control"),
        raw=block,
    )


def _image(block: Wire, seal: Seal) -> Part:
    del seal
    source = mapping(block.get("source"))
    cache = members(block, "cache_control")
    match source.get("type"):
        case "base64":
            return Media(
                MediaKind.IMAGE, filled(source, "media_type"), data=string(source, "data"), cache=cache, raw=block
            )
        case "url":
            return Media(MediaKind.IMAGE, url=string(source, "url"), cache=cache, raw=block)
        case "file":
            return Media(MediaKind.IMAGE, file_id=string(source, "file_id"), cache=cache, raw=block)
        case _:
            return foreign(block, "image")


def _document(block: Wire, seal: Seal) -> Part:
    source = mapping(block.get("source"))
    kind = source.get("type")
    if not isinstance(kind, str) or kind not in _SOURCES:
        return foreign(block, "document")
    return Media(
        MediaKind.DOCUMENT,
        _media_type(source, kind),
        data=string(source, "data") if kind == "base64" else None,
        url=string(source, "url") if kind == "url" else None,
        file_id=string(source, "file_id") if kind == "file" else None,
        text=string(source, "data") if kind == "text" else None,
        content=read_content(source.get("content"), seal) if kind == "content" else None,
        name=filled(block, "title"),
        context=filled(block, "context"),
        cite=mapping(block.get("citations")).get("enabled") is True,
        cache=members(block, "cache_control"),
        raw=block,
    )


def _media_type(source: Wire, kind: object) -> str | None:
    if kind == "text":
        return "text/plain"
    return filled(source, "media_type") or ("application/pdf" if kind in ("base64", "url") else None)


_READERS: dict[str, Callable[[Wire, Seal], Part]] = {
    "tool_use": _call,
    "tool_result": _result,
    "thinking": _thinking,
    "redacted_thinking": _redacted,
    "image": _image,
    "document": _document,
}


def foreign(block: Wire, kind: str) -> Foreign:
    """A block that means something in this dialect only."""
    server = kind in _OF_SERVER or kind.endswith("_tool_result")
    return Foreign(DIALECT, kind, block, server, None if server else _plain(block, kind))


def _plain(block: Wire, kind: str) -> str | None:
    """What a block says in words that any model reads."""
    match kind:
        case "search_result":
            told = [string(block, "title"), string(block, "source")]
            told += [string(mapping(part), "text") for part in array(block.get("content"))]
            return "\n".join(line for line in told if line) or None
        case "tool_reference":
            name = filled(block, "tool_name")
            return None if name is None else f"Tool found: {name}"
        case "compaction":
            return filled(block, "content")
        case _:
            return filled(block, "text")
