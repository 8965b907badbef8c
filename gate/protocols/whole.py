"""Whole JSON answers of upstreams, taken apart without changing how a value is spelled."""

from collections.abc import Mapping

import msgspec

from gate.protocols.fields import ABSENT, UNREADABLE, tolerant
from gate.protocols.splice import blank_surrogates

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])
_ERROR = "error"


def answer_members(body: bytes) -> Mapping[str, msgspec.Raw]:
    """The members of an answer that is a JSON object and not an error. Raises ValueError.

    Escaped lone surrogates, which no client can show, are read as spaces.
    """
    members = tolerant(body, _MEMBERS)
    if members is None:
        raise ValueError("not a JSON object")
    if members.get(_ERROR, ABSENT) not in (ABSENT, _NULL):
        raise ValueError("an error in place of an answer")
    return members


_NULL = msgspec.Raw(b"null")


def array_of(raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The elements of an array. Raises ValueError."""
    try:
        return _ELEMENTS.decode(raw)
    except UNREADABLE:
        raise ValueError("not an array") from None


def is_object(raw: msgspec.Raw) -> bool:
    return memoryview(raw)[:1] == b"{"


__all__ = ["answer_members", "array_of", "blank_surrogates", "is_object"]
