"""Typed reading of the members Gate controls. A wrong type is a `GateError` that names the member, never its value.

Members that only hint at something (a user id, a thinking mode) are read leniently instead: what Gate does not
understand there is the upstream's business.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar, cast

import msgspec

from gate.core.errors import ErrorCode, GateError
from gate.protocols.codec import Span
from gate.protocols.splice import JsonObject, blank_surrogates, read_object

T = TypeVar("T")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding a value may raise."""

ABSENT = msgspec.Raw(b"null")
"""The value of a member that is not there; null means the same everywhere here."""

_CROWDED_FROM = 8 << 20
ID_CHARACTERS = 256
"""Ids a client sends are cut to so many characters."""

_TEXT = msgspec.json.Decoder(str)
_FLAG = msgspec.json.Decoder(bool | None)
_COUNT = msgspec.json.Decoder(int | None)
_RAWS = msgspec.json.Decoder(list[msgspec.Raw])
_RAW_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ANY = msgspec.json.Decoder()


def read_controlled(body: bytes, controlled: frozenset[str]) -> JsonObject:
    """The body as an object in which no controlled member stands twice (parsers disagree on which one counts).
    Raises GateError (invalid_json, invalid_body, too_deep, duplicate_member)."""
    found = read_object(body)
    twice = found.repeated(controlled)
    if twice is not None:
        raise duplicate(twice)
    return found


def duplicate(name: str) -> GateError:
    return GateError(ErrorCode.DUPLICATE_MEMBER, f"{name} stands in the request body more than once")


def wrong(name: str, expected: str) -> GateError:
    return GateError(ErrorCode.INVALID_BODY, f"{name} must be {expected}")


def required_model(body: bytes, found: JsonObject) -> tuple[str, Span]:
    """The requested model and where its value stands. Raises GateError invalid_body."""
    member = found.member("model")
    if member is None:
        raise GateError(ErrorCode.INVALID_BODY, "model is missing: name the model to use")
    try:
        model = _TEXT.decode(body[member.value_at : member.end])
    except UNREADABLE:
        raise wrong("model", "a string of valid Unicode") from None
    if not model.strip():
        raise wrong("model", "a string that is not empty")
    return model, member.value


def flag(found: JsonObject, name: str) -> bool:
    """A boolean; absent and null are False. Raises GateError invalid_body."""
    raw = found.values.get(name)
    if raw is None:
        return False
    try:
        return bool(_FLAG.decode(raw))
    except UNREADABLE:
        raise wrong(name, "a boolean") from None


def count(found: JsonObject, *names: str) -> int | None:
    """The first of these members that is there and not null, an integer. Raises GateError invalid_body."""
    first: int | None = None
    for name in names:
        raw = found.values.get(name)
        if raw is None:
            continue
        try:
            value = _COUNT.decode(raw)
        except UNREADABLE:
            raise wrong(name, "an integer") from None
        first = value if first is None else first
    return first


def place(found: JsonObject, name: str) -> Span | None:
    """Where the value of a member stands; None when it is absent."""
    member = found.member(name)
    return None if member is None else member.value


def beside(found: JsonObject, sized: Iterable[str] = (), told: Iterable[str] = ()) -> str:
    """What stands beside a conversation and tells its turns apart (`Scanned.beside`): how long the members `sized` are
    (instructions may hold a text that is another one each time), and what the members `told` hold (ids)."""
    values = found.values
    lengths = [memoryview(values[name]).nbytes for name in sized if name in values]
    ids = [bytes(memoryview(values[name])[:ID_CHARACTERS]).decode("latin-1") for name in told if name in values]
    return repr((lengths, ids)) if lengths or ids else ""


def array(found: JsonObject, name: str, *, required: bool = False) -> msgspec.Raw | None:
    """The bytes of an array; None when it is absent or null. Raises GateError invalid_body."""
    raw = found.values.get(name)
    if raw is None or (not required and is_null(raw)):
        if required:
            raise GateError(ErrorCode.INVALID_BODY, f"{name} is missing: an array is expected")
        return None
    if not begins(raw, b"["):
        raise wrong(name, "an array")
    return raw


def begins(raw: msgspec.Raw, byte: bytes) -> bool:
    """Whether a JSON value begins with this byte, which tells its type."""
    return memoryview(raw)[0] == byte[0]


def is_null(raw: msgspec.Raw) -> bool:
    return begins(raw, b"n")


def filled(raw: msgspec.Raw | None) -> bool:
    """Whether this is an array with at least one element."""
    return raw is not None and begins(raw, b"[") and bytes(memoryview(raw)[1:64]).lstrip()[:1] not in (b"]", b"")


def crowded(raw: msgspec.Raw) -> bool:
    """Whether an array may hold so many elements that looking at each would take many times its size in memory: a comma
    in every eight bytes of more than 8 MiB. Such an array passes unread."""
    view = memoryview(raw)
    return view.nbytes > _CROWDED_FROM and bytes(view).count(b",") > view.nbytes // 8


def elements(raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The elements of an array, empty when it cannot be read."""
    try:
        return _RAWS.decode(raw)
    except UNREADABLE:
        return []


def look_through(
    array_: msgspec.Raw,
    all_of_them: msgspec.json.Decoder[list[T]],
    one: msgspec.json.Decoder[T],
    holds: Callable[[T], bool],
) -> tuple[int | None, bool]:
    """How many elements there are (None: too many to be looked at), and whether one of them `holds` something."""
    if crowded(array_):
        return None, False
    try:
        read = all_of_them.decode(array_)
    except UNREADABLE:
        # One element of a shape not foreseen must not hide the others.
        each = elements(array_)
        return len(each), any(holds(known) for raw in each if (known := lenient(raw, one)) is not None)
    return len(read), any(map(holds, read))


def lenient(raw: msgspec.Raw | None, decoder: msgspec.json.Decoder[T]) -> T | None:
    """A value, or None when it is absent or of another type."""
    if raw is None:
        return None
    try:
        return decoder.decode(raw)
    except UNREADABLE:
        return None


def text(raw: msgspec.Raw | None) -> str | None:
    """A string, or None for everything else."""
    return lenient(raw, _TEXT)


def identifier(raw: msgspec.Raw | None) -> str | None:
    """A string that is not empty, cut to `ID_CHARACTERS`; None for everything else."""
    value = text(raw)
    return value[:ID_CHARACTERS] if value else None


def raw_members(raw: msgspec.Raw | bytes | None) -> Mapping[str, msgspec.Raw]:
    """The members of an object by name; none when it is not an object."""
    if raw is None:
        return {}
    try:
        return _RAW_MEMBERS.decode(raw)
    except UNREADABLE:
        return {}


def tolerant(data: bytes, decoder: msgspec.json.Decoder[T]) -> T | None:
    """Decode what an upstream sent, lone surrogates allowed (they arrive when a vendor cuts an emoji in two); None when
    it does not fit."""
    try:
        return decoder.decode(data)
    except msgspec.ValidationError:
        return None
    except (UnicodeDecodeError, RecursionError):
        return None
    except msgspec.DecodeError:
        blanked = blank_surrogates(data)
        return None if blanked is data else tolerant(blanked, decoder)


def mapping(value: object) -> Mapping[str, object]:
    """A decoded JSON object; empty when it is anything else."""
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def decoded(raw: msgspec.Raw | bytes | None) -> object:
    """Any JSON value as Python objects; None when there is none or it cannot be read."""
    if raw is None:
        return None
    try:
        return cast("object", _ANY.decode(raw))
    except UNREADABLE:
        return None


def tokens(value: object) -> int | None:
    """A count of tokens as a provider may write it: an integer, or a float that is one. Everything else is None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value if value >= 0 else None
    if isinstance(value, float) and value >= 0 and value.is_integer():
        return int(value)
    return None
