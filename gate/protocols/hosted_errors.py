"""Errors of the clouds that host Anthropic's models, in the words of the messages dialect, and their frames as events.

So the tap, the decoder and the classification of the dialect see what Anthropic itself would have sent. AWS:
exceptions by name (`x-amzn-errortype`, or the exception type of a frame), from the service model of bedrock-runtime
2023-09-30 and docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html; Google: `status`
words of google.rpc.Code. All read 2026-11-21.
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from gate.protocols.codec import Header
from gate.protocols.fields import decoded, mapping, tolerant
from gate.protocols.framing import Frame, FramingError
from gate.protocols.sse import make_event

_API = "api_error"
_TYPES: Mapping[str, str] = {
    # AWS, without the ending `Exception` and in lower case
    "accessdenied": "permission_error",
    "expiredtoken": "authentication_error",
    "invalidsignature": "authentication_error",
    "incompletesignature": "authentication_error",
    "missingauthenticationtoken": "authentication_error",
    "unrecognizedclient": "authentication_error",
    "internalserver": _API,
    "modelerror": _API,
    "modelnotready": "overloaded_error",
    "modelstreamerror": _API,
    "modeltimeout": "timeout_error",
    "resourcenotfound": "not_found_error",
    "servicequotaexceeded": "rate_limit_error",
    "serviceunavailable": "overloaded_error",
    "throttling": "rate_limit_error",
    "validation": "invalid_request_error",
    # Google
    "deadline_exceeded": "timeout_error",
    "failed_precondition": "invalid_request_error",
    "internal": _API,
    "invalid_argument": "invalid_request_error",
    "not_found": "not_found_error",
    "permission_denied": "permission_error",
    "resource_exhausted": "rate_limit_error",
    "unauthenticated": "authentication_error",
    "unavailable": "overloaded_error",
}
_BY_STATUS: Mapping[int, str] = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    408: "timeout_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
    504: "timeout_error",
}


class _Chunk(msgspec.Struct, gc=False):
    """The payload of a `chunk` frame. Its padding `p`, which hides how long an answer is, is not read."""

    bytes: str = ""


class _Typed(msgspec.Struct, gc=False):
    type: str = ""


_CHUNK = msgspec.json.Decoder(_Chunk)
_TYPED = msgspec.json.Decoder(_Typed)


def messages_error(status: int, headers: Sequence[Header], body: bytes) -> bytes:
    """An error answer of AWS or Google as Anthropic would word it; a body that is Anthropic's own, or nobody's, is
    returned as it is."""
    value = decoded(body)
    # Google puts the error of a stream into a list.
    outer = (
        mapping(cast("list[object]", value)[0]) if isinstance(value, list) and value else mapping(cast(object, value))
    )
    if outer.get("type") == "error":
        return body
    google = mapping(outer.get("error"))
    said = google.get("message") or outer.get("message") or outer.get("Message")
    named = _aws_name(headers) or google.get("status")
    if not isinstance(said, str):
        return body
    return msgspec.json.encode(_error(_type_of(named) or _BY_STATUS.get(status, _API), said))


def credential_refused(status: int, headers: Sequence[Header]) -> bool:
    """Whether an error says that the credential itself is no good, and not that it may not do this."""
    return status == 401 or (status == 403 and _type_of(_aws_name(headers)) == "authentication_error")


def _aws_name(headers: Sequence[Header]) -> str | None:
    """`ThrottlingException:http://...` without what follows the name."""
    for name, value in headers:
        if name.lower() == b"x-amzn-errortype":
            return value.decode("latin-1").partition(":")[0]
    return None


def _type_of(name: object) -> str | None:
    return _TYPES.get(name.strip().lower().removesuffix("exception")) if isinstance(name, str) else None


def _error(kind: str, message: str) -> dict[str, object]:
    return {"type": "error", "error": {"type": kind, "message": message}}


def event(frame: Frame) -> bytes:
    """A frame of `InvokeModelWithResponseStream` as the server-sent event it stands for: the model's own event, or the
    dialect's error event for an exception. Frames of kinds not known are nothing. Raises FramingError for an event that
    cannot be read."""
    headers = frame.headers
    kind = headers.get(":message-type")
    if kind == "exception":
        said = mapping(decoded(frame.payload)).get("message")
        return _error_event(headers.get(":exception-type"), said)
    if kind == "error":
        return _error_event(headers.get(":error-code"), headers.get(":error-message"))
    return _chunk_event(frame.payload) if headers.get(":event-type") == "chunk" else b""


def _error_event(name: str | None, said: object) -> bytes:
    message = said if isinstance(said, str) and said else name or "the stream was broken off"
    return make_event("error", _error(_type_of(name) or _API, message))


def _chunk_event(payload: bytes) -> bytes:
    chunk = tolerant(payload, _CHUNK)
    try:
        data = base64.b64decode(chunk.bytes, validate=True) if chunk is not None else b""
    except (binascii.Error, ValueError):
        data = b""
    typed = tolerant(data, _TYPED)
    if typed is None:
        raise FramingError("a frame holds no event")
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\n", b" ").replace(b"\r", b" ")
    name = typed.type.encode() if typed.type.isidentifier() else b"message"
    return b"event: %b\ndata: %b\n\n" % (name, data)
