"""Envelopes for what only its maker can read, so that a session may change vendors and come back.

A client keeps opaque tokens (thinking signatures, encrypted reasoning) and sends them back with the history. A genuine
token of the client's own dialect is handed on untouched. Another vendor's travels as
`gate1.<origin>.<kind>.<id>.<data>` in the same place; when it comes back, the route to its origin gets the genuine
token and every other route a loss.

Gemini's thought signatures belong to function calls and must come back with them (ai.google.dev/gemini-api/docs/
thought-signatures, read 2026-11-21). Clients of other dialects keep nothing with a call but its id, so the signature
rides there: letters and digits only, because clients strip other characters, with a checksum, because clients cut ids.
"""

import base64
import re
import zlib
from binascii import Error as BinasciiError

from gate.protocols.canonical.parts import Opaque

MARK = "gate1."
"""Every envelope begins with this; a body without it holds none."""
MARK64 = base64.b64encode(MARK.encode()).decode("ascii")
"""And this where an envelope has to be in base64 itself (Gemini): the mark is a multiple of three bytes long."""
ID_MARK = "gtsig"
"""Stands in every tool id that carries a signature."""

_SAFE = re.compile(r"[^A-Za-z0-9_-]")
_SIGNED = re.compile(rf"(?P<base>.*?){ID_MARK}(?P<form>[bt])(?P<data>[a-z2-7]*)x(?P<check>[0-9a-f]{{8}})", re.DOTALL)


def pack(opaque: Opaque, native: str) -> str:
    """The token as a client keeps it. native: the vendor whose genuine tokens the client's dialect holds."""
    if opaque.origin == native:
        return opaque.data
    return f"{MARK}{_text(opaque.origin)}.{_text(opaque.kind)}.{_text(opaque.id or '')}.{_text(opaque.data)}"


def unpack(token: str, native: str, kind: str, item: str | None = None) -> Opaque:
    """What a client sent back: an envelope opened, or a genuine token of `native`. kind, item: of a genuine one. A
    damaged envelope has the origin `unknown`, which no vendor is."""
    if not token.startswith(MARK):
        return Opaque(native, kind, token, item)
    parts = token[len(MARK) :].split(".")
    try:
        origin, inner_kind, inner_id, data = (_untext(part) for part in parts)
    except ValueError:
        return Opaque("unknown", kind, token)
    return Opaque(origin, inner_kind, data, inner_id or None)


def _text(value: str) -> str:
    """Base64 in the alphabet for URLs, without padding: passes for a signature in every dialect."""
    return base64.urlsafe_b64encode(value.encode("utf-8", "surrogatepass")).rstrip(b"=").decode("ascii")


def _untext(value: str) -> str:
    """Raises ValueError."""
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)).decode("utf-8", "surrogatepass")


def sign_id(call_id: str, opaque: Opaque) -> str:
    """A tool id that carries a thought signature. The id's own characters beyond letters, digits, `-` and `_` go."""
    try:
        data, form = base64.b64decode(opaque.data, validate=True), "b"
        if base64.b64encode(data).decode() != opaque.data:
            raise ValueError("not the spelling base64 would give back")
    except (BinasciiError, ValueError):
        data, form = opaque.data.encode("utf-8", "surrogatepass"), "t"
    text = base64.b32encode(data).rstrip(b"=").decode("ascii").lower()
    return f"{_SAFE.sub('', call_id)}{ID_MARK}{form}{text}x{zlib.crc32(data):08x}"


def read_id(call_id: str) -> tuple[str, Opaque | None]:
    """The id without its signature, and the signature; None when there is none or a client has damaged it."""
    if ID_MARK not in call_id:
        return call_id, None
    found = _SIGNED.fullmatch(call_id)
    if found is None:
        return call_id.partition(ID_MARK)[0] or call_id, None
    text = found["data"].upper()
    base = found["base"] or f"call{found['check']}"
    try:
        data = base64.b32decode(text + "=" * (-len(text) % 8))
        if f"{zlib.crc32(data):08x}" != found["check"]:
            return base, None
        token = base64.b64encode(data).decode() if found["form"] == "b" else data.decode("utf-8", "surrogatepass")
    except (BinasciiError, ValueError):
        return base, None
    return base, Opaque("google", "thought_signature", token)
