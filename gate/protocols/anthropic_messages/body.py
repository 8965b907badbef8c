"""Whole bodies as Python objects, decoded once, and small typed reading of what is in them."""

from collections.abc import Mapping
from typing import cast

import msgspec

from gate.core.errors import ErrorCode, GateError
from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping
from gate.protocols.splice import mend_surrogates, too_deep

_OBJECT = msgspec.json.Decoder(dict[str, object])
_encode = msgspec.json.encode


def request_object(body: bytes) -> Wire:
    """A client's body. Raises GateError (invalid_json, invalid_body, too_deep)."""
    try:
        return _decoded(body)
    except msgspec.ValidationError:
        raise GateError(ErrorCode.INVALID_BODY, "the request body must be a JSON object") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GateError(ErrorCode.INVALID_JSON, "the request body is not valid JSON") from None
    except RecursionError:
        raise too_deep() from None


def answer_object(body: bytes) -> Wire:
    """An upstream's answer that is an object and not an error. Raises ValueError."""
    try:
        answer = _decoded(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise ValueError("not a JSON object") from None
    if answer.get("error") is not None:
        raise ValueError("an error in place of an answer")
    return answer


def _decoded(body: bytes) -> Mapping[str, object]:
    """Raises what msgspec raises. Lone surrogates and bytes that are not UTF-8 are read as U+FFFD."""
    try:
        return _OBJECT.decode(body)
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _OBJECT.decode(mend_surrogates(body.decode("utf-8", "replace").encode()))


def string(source: Wire, name: str) -> str:
    """A member that is a string; empty for everything else."""
    value = source.get(name)
    return value if isinstance(value, str) else ""


def filled(source: Wire, name: str) -> str | None:
    """A member that is a string with something in it."""
    return string(source, name) or None


def members(source: Wire, name: str) -> Wire | None:
    """A member that is an object with something in it."""
    return mapping(source.get(name)) or None


def array(value: object) -> list[object]:
    """A decoded array; empty when it is anything else."""
    return cast("list[object]", value) if isinstance(value, list) else []


def json_text(value: object) -> str:
    """JSON as text."""
    return _encode(value).decode()


def object_in(text: str) -> Mapping[str, object] | None:
    """The object that a JSON text spells, numbers and order as they were; None when it spells none."""
    try:
        return _RAW_OBJECT.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return None


_RAW_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
