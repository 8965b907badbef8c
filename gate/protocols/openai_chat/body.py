"""Whole bodies as Python objects, decoded once."""

from collections.abc import Mapping
from typing import cast

import msgspec

from gate.core.errors import ErrorCode, GateError
from gate.protocols.splice import mend_surrogates, too_deep

_OBJECT = msgspec.json.Decoder(dict[str, object])


def request_object(body: bytes) -> Mapping[str, object]:
    """A client's body. Raises GateError (invalid_json, invalid_body, too_deep)."""
    try:
        return _decoded(body)
    except msgspec.ValidationError as error:
        raise GateError(ErrorCode.INVALID_BODY, f"the request body cannot be translated: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise GateError(ErrorCode.INVALID_JSON, "the request body is not valid JSON") from None
    except RecursionError:
        raise too_deep() from None


def answer_object(body: bytes) -> Mapping[str, object]:
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
        return cast("Mapping[str, object]", _OBJECT.decode(body))
    except msgspec.ValidationError:
        raise
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _OBJECT.decode(mend_surrogates(body.decode("utf-8", "replace").encode()))
