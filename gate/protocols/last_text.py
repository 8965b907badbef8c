"""What the user said last, in a body of any dialect: for routing rules that look for words in it.

It is the text of the latest message of the user that has any. Results of tools are no text of the user, though three
dialects send them in his name, so it stays the same while an agent works on what it was told. Neither is what clients
add in his name, where it can be told apart: Claude Code's `<system-reminder>` blocks (its first message is such a
block and then the prompt: captured requests of 2.1.329), and the like of Codex and OpenClaw. A message of nothing else
is passed over.

Total, and cheap: the array is gone through without decoding what messages hold; their contents are looked at from the
last one back only, and only those of the user.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec

from gate.core.dialect import Dialect
from gate.protocols import fields
from gate.protocols.fields import ABSENT

T = TypeVar("T")

LIMIT = 8_192
"""Bytes of UTF-8 that are looked at."""

# Codex's tags: codex-rs/protocol/src/protocol.rs of github.com/openai/codex. OpenClaw's marks are the constants
# INTERNAL_RUNTIME_CONTEXT_BEGIN and _END of its source, and the header it puts before them. Both read 2026-11-21.
_CLOSING = {
    "<system-reminder>": "</system-reminder>",
    "<environment_context>": "</environment_context>",
    "<user_instructions>": "</user_instructions>",
    "<turn_aborted>": "</turn_aborted>",
    "<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>": "<<<END_OPENCLAW_INTERNAL_CONTEXT>>>",
}
_OPENINGS = re.compile("|".join(map(re.escape, _CLOSING)))
_ADDED_WHOLE = ("OpenClaw runtime context",)
"""How a message begins that a client wrote and no user."""


class _Body(msgspec.Struct, gc=False):
    messages: msgspec.Raw = ABSENT
    input: msgspec.Raw = ABSENT
    contents: msgspec.Raw = ABSENT
    generateContentRequest: msgspec.Raw = ABSENT
    generate_content_request: msgspec.Raw = ABSENT


class _Message(msgspec.Struct, gc=False):
    """A message, item or turn, as far as it is read."""

    role: str | None = None
    type: str | None = None
    content: msgspec.Raw = ABSENT
    parts: msgspec.Raw = ABSENT


class _Part(msgspec.Struct, gc=False):
    """A block or part, as far as it is read. thought: Gemini's mark of a text that is the model's thinking."""

    type: str | None = None
    text: msgspec.Raw = ABSENT
    thought: msgspec.Raw = ABSENT


_BODY = msgspec.json.Decoder(_Body)
_MESSAGES, _MESSAGE = msgspec.json.Decoder(list[_Message]), msgspec.json.Decoder(_Message)
_PARTS, _PART = msgspec.json.Decoder(list[_Part]), msgspec.json.Decoder(_Part)
_STRING = msgspec.json.Decoder(str)
_TEXTS = (None, "text", "input_text")


def last_user_text(dialect: Dialect, body: bytes, limit: int = LIMIT) -> str:
    """The first `limit` bytes of what the user said last, empty when there is nothing. `body`: one that was scanned."""
    found = fields.tolerant(body, _BODY)
    if found is None:
        return ""
    array, content_of = _READ[dialect]
    for message in reversed(_elements(array(found), _MESSAGES, _MESSAGE)):
        if isinstance(message, msgspec.Raw):
            # Only in responses a bare text is a message, and the user's.
            content = message if dialect is Dialect.OPENAI_RESPONSES else None
        else:
            content = content_of(message)
        said = "" if content is None else _said(content, limit)
        if said:
            return said
    return ""


def _contents(body: _Body) -> msgspec.Raw:
    for wrapped in (body.generateContentRequest, body.generate_content_request):
        if fields.begins(wrapped, b"{"):
            inner = fields.tolerant(bytes(wrapped), _BODY)
            return ABSENT if inner is None else inner.contents
    return body.contents


def _of_user(message: _Message) -> msgspec.Raw | None:
    """Of messages, chat and responses: `{"role": "user", "content": ...}`, in responses among other items."""
    return message.content if message.role == "user" and message.type in (None, "message") else None


def _of_turn(message: _Message) -> msgspec.Raw | None:
    """Of Gemini: `{"role": "user", "parts": [...]}`; the role may be absent."""
    return message.parts if message.role in (None, "user") else None


_READ: dict[Dialect, tuple[Callable[[_Body], msgspec.Raw], Callable[[_Message], msgspec.Raw | None]]] = {
    Dialect.ANTHROPIC_MESSAGES: (lambda body: body.messages, _of_user),
    Dialect.OPENAI_CHAT: (lambda body: body.messages, _of_user),
    Dialect.OPENAI_RESPONSES: (lambda body: body.input, _of_user),
    Dialect.GEMINI: (_contents, _of_turn),
}


def _elements(
    raw: msgspec.Raw, many: msgspec.json.Decoder[list[T]], one: msgspec.json.Decoder[T]
) -> Sequence[T | msgspec.Raw]:
    """What an array holds, or the one value in its place: objects read, texts as they are; all else is left out."""
    if fields.begins(raw, b"["):
        if fields.crowded(raw):
            return ()
        try:
            return many.decode(raw)
        except fields.UNREADABLE:
            each = fields.elements(raw)
    else:
        each = [raw]
    read = (single if fields.begins(single, b'"') else fields.lenient(single, one) for single in each)
    return [found for found in read if found is not None]


def _said(content: msgspec.Raw, limit: int) -> str:
    """The texts in a message's content, without what clients add, cut to the limit."""
    said: list[str] = []
    room = limit
    for part in _elements(content, _PARTS, _PART):
        own = _own(_text(part), room)
        if own:
            said.append(own)
            room -= len(own)
            if room <= 0:
                break
    return "\n".join(said).encode("utf-8", "replace")[:limit].decode("utf-8", "ignore")


def _text(part: _Part | msgspec.Raw) -> str:
    if isinstance(part, msgspec.Raw):
        raw = part
    elif part.type in _TEXTS and not fields.begins(part.thought, b"t"):
        raw = part.text
    else:
        return ""
    return (fields.tolerant(bytes(raw), _STRING) or "") if fields.begins(raw, b'"') else ""


def _own(text: str, room: int) -> str:
    """What is left of a text when the additions of clients are taken out, up to so many characters. Each place of the
    text is gone over at most a few times, however many additions there are."""
    if text.lstrip()[:64].startswith(_ADDED_WHOLE):
        return ""
    kept: list[str] = []
    open_ended: set[str] = set()
    at = 0
    for opening in _OPENINGS.finditer(text):
        start, tag = opening.span()[0], opening[0]
        if start < at or tag in open_ended:
            continue
        end = text.find(_CLOSING[tag], start)
        if end < 0:
            # Nothing closes it from here on: somebody typed it.
            open_ended.add(tag)
            continue
        piece = text[at : min(start, at + room)]
        kept.append(piece)
        room -= len(piece)
        at = end + len(_CLOSING[tag])
        if room <= 0:
            break
    kept.append(text[at : at + room])
    return "".join(kept).strip()
