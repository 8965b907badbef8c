"""Whole JSON answers of upstreams, taken apart without changing how a value is spelled."""

from collections.abc import Mapping

import msgspec

from gate.protocols.fields import UNREADABLE, is_null
from gate.protocols.splice import mend_surrogates

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def answer_members(body: bytes) -> Mapping[str, msgspec.Raw]:
    """The members of an answer that is a JSON object and not an error. Raises ValueError.

    Escaped lone surrogates, which stand for no character, are read as U+FFFD.
    """
    try:
        members = _MEMBERS.decode(body)
    except UNREADABLE:
        try:
            members = _MEMBERS.decode(mend_surrogates(body))
        except UNREADABLE:
            raise ValueError("not a JSON object") from None
    error = members.get("error")
    if error is not None and not is_null(error):
        raise ValueError("an error in place of an answer")
    return members


def object_of(raw: msgspec.Raw) -> Mapping[str, msgspec.Raw]:
    """The members of an object. Raises ValueError."""
    try:
        return _MEMBERS.decode(raw)
    except UNREADABLE:
        raise ValueError("not an object") from None


def array_of(raw: msgspec.Raw) -> list[msgspec.Raw]:
    """The elements of an array. Raises ValueError."""
    try:
        return _ELEMENTS.decode(raw)
    except UNREADABLE:
        raise ValueError("not an array") from None
