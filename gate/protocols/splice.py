"""The members of a JSON object with the exact bytes they stand in, and edits of these bytes: nothing else is touched.

The parser (msgspec) runs over the body once at C speed; a walk over its top-level members then finds where each one
stands. No duplicate key can slip through: the walk visits as many members as there are different keys, so with a
duplicate it cannot end at the closing brace, and an exact, slower way takes over.

What passes untouched: any number (1e999, -0, 30 digits), any escape, lone surrogates, bytes that are not UTF-8 inside
strings. Nesting is bounded by the parser of the running Python: 400 levels are always accepted, 20,000 never.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, NoReturn

import msgspec

from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Span

_BOM = b"\xef\xbb\xbf"
_SPACE = rb"[ \t\n\r]*"
_KEY = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_MEMBER = re.compile(_SPACE + rb"[{,]" + _SPACE + rb"(" + _KEY + rb")" + _SPACE + rb":" + _SPACE, re.DOTALL)
_END = re.compile(_SPACE + rb"\}" + _SPACE)
_EMPTY = re.compile(_SPACE + rb"\{" + _SPACE + rb"\}" + _SPACE)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_LONE_SURROGATE = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
MEMBERS_AT_MOST = 10_000
"""More members than this at the top of a body are refused: each costs time, and no dialect has a hundred."""

_PARSER = msgspec.json.Decoder(dict[str, msgspec.Raw])


class Member(NamedTuple):
    """One member: its key as decoded, and where its key, its value and the end of its value are in the body."""

    key: str
    key_at: int
    value_at: int
    end: int

    @property
    def value(self) -> Span:
        return Span(self.value_at, self.end)


class JsonObject(NamedTuple):
    """A body that is a JSON object.

    text: the body, byte for byte as long, in which values may be decoded (surrogate escapes may be blanked in it).
    members: all of them, in order. values: by key; of a repeated key the last one.
    """

    text: bytes
    members: Sequence[Member]
    values: Mapping[str, msgspec.Raw]

    def member(self, key: str) -> Member | None:
        for member in self.members:
            if member.key == key:
                return member
        return None

    def repeated(self, keys: frozenset[str]) -> str | None:
        """One of these keys that stands in the object more than once."""
        if len(self.members) == len(self.values):
            return None
        seen: set[str] = set()
        for member in self.members:
            if member.key in seen and member.key in keys:
                return member.key
            seen.add(member.key)
        return None


def members(body: bytes) -> Sequence[Member]:
    """The top-level members of a JSON object. Raises GateError (invalid_json, invalid_body, too_deep)."""
    return read_object(body).members


def read_object(body: bytes) -> JsonObject:
    """A body as a JSON object. Raises GateError (invalid_json, invalid_body, too_deep)."""
    text = body
    try:
        try:
            values = _PARSER.decode(body)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            # JavaScript clients send lone surrogates as escapes; msgspec refuses them. Blanked, all offsets stay.
            text = blank_surrogates(body)
            if text is body:
                raise
            values = _PARSER.decode(text)
    except msgspec.ValidationError:
        raise GateError(ErrorCode.INVALID_BODY, "the request body must be a JSON object") from None
    except msgspec.DecodeError as error:
        _refuse(body, str(error))
    except UnicodeDecodeError:
        return _read_slowly(text)  # a key that is not UTF-8
    except RecursionError:
        raise too_deep() from None
    if len(values) > MEMBERS_AT_MOST:
        raise _too_many()
    found = _walk(text, values)
    return _read_slowly(text) if found is None else JsonObject(text, found, values)


def blank_surrogates(text: bytes) -> bytes:
    """The same number of bytes with every surrogate escape replaced by an escaped space; the same object if there is
    none. Only for reading: what is sent on is the original."""
    return _SURROGATE.sub(rb"\\u0020", text) if _SURROGATE.search(text) else text


def mend_surrogates(text: bytes) -> bytes:
    """The same text with U+FFFD in place of escaped surrogates that have no partner."""
    return _LONE_SURROGATE.sub(rb"\\ufffd", text)


def too_deep() -> GateError:
    return GateError(ErrorCode.TOO_DEEP, "the request body is nested too deeply to be read")


def _too_many() -> GateError:
    return GateError(ErrorCode.INVALID_BODY, f"the request body has more than {MEMBERS_AT_MOST} members")


def _refuse(body: bytes, why: str) -> NoReturn:
    if body.startswith(_BOM):
        message = "the request body begins with a byte order mark (EF BB BF); send JSON without it"
    elif not body.strip():
        message = "the request body is empty; a JSON object is expected"
    else:
        message = f"the request body is not valid JSON: {why.removeprefix('JSON is malformed: ')}"
    raise GateError(ErrorCode.INVALID_JSON, message)


def _walk(text: bytes, values: Mapping[str, msgspec.Raw]) -> list[Member] | None:
    """The members, given their values in order; None when the text has more of them than `values`."""
    found: list[Member] = []
    at = 0
    for key, raw in values.items():
        match = _MEMBER.match(text, at)
        if match is None:
            return None
        value_at = match.end()
        view = memoryview(raw)
        if not text.startswith(view, value_at):
            return None
        at = value_at + view.nbytes
        found.append(Member(key, match.start(1), value_at, at))
    end = _END if found else _EMPTY
    return found if end.fullmatch(text, at) else None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


# Numbers stay text: Python refuses to convert very long ones.
_SLOW = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_constant)


def _read_slowly(text: bytes) -> JsonObject:
    """The exact way, for repeated keys and for keys that are not UTF-8."""
    found: list[Member] = []
    values: dict[str, msgspec.Raw] = {}
    wide = text.decode("latin-1")  # one character per byte, so that offsets are offsets of bytes
    at = 0
    try:
        while (match := _MEMBER.match(text, at)) is not None:
            if text[match.start() : match.start(1)].strip() != (b"," if found else b"{"):
                break
            key = _key(match[1])
            _, at = _SLOW.raw_decode(wide, match.end())
            found.append(Member(key, match.start(1), match.end(), at))
            values[key] = msgspec.Raw(text[match.end() : at])
            if len(found) > MEMBERS_AT_MOST:
                raise _too_many()
    except RecursionError:
        raise too_deep() from None
    except ValueError:
        _refuse(text, f"no value after byte {at}")
    if not found or not _END.fullmatch(text, at):
        _refuse(text, f"unexpected bytes after byte {at}")
    return JsonObject(text, found, values)


def _key(written: bytes) -> str:
    try:
        return str(json.loads(written.decode()))
    except UnicodeDecodeError:
        return str(json.loads(written.decode("latin-1")))


def replace(body: bytes, edits: Iterable[tuple[Span, bytes]]) -> bytes:
    """The body with each range replaced. Ranges must not overlap; an empty one inserts."""
    whole = memoryview(body)  # its slices copy nothing
    parts: list[bytes | memoryview] = []
    at = 0
    for span, new in sorted(edits, key=lambda edit: (edit[0].start, edit[0].end)):
        parts += (whole[at : span.start], new)
        at = span.end
    parts.append(whole[at:])
    return b"".join(parts)
