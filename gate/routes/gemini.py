"""`POST /v1beta/models/{model}:generateContent`, `:streamGenerateContent`, `:countTokens` and `GET /v1beta/models`:
Google's Gemini API, also under `/v1` and `/v1alpha`. https://ai.google.dev/api/generate-content

What only Google's HTTP has is dealt with here, so that nothing behind it knows of it: a key in the query (`?key=`),
which becomes a header and is in no span, log or upstream address; and a stream without `alt=sse`, which is one JSON
array whose elements are the events.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import unquote_plus

from quart import Blueprint, Response

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.engine.headers import first
from gate.engine.ports import Header, Inbound, Responder
from gate.protocols.registry import codec
from gate.protocols.sse import parse_event, split_events
from gate.routes.access import admin
from gate.routes.operation import ModelOperation

AUDIENCE = "clients"
BLUEPRINT = Blueprint("gemini", __name__)
_VERSIONS = ("v1beta", "v1", "v1alpha")
_PREFIX = "models/"
# What a query can hold of credentials, and the header that is the same (cloud.google.com/apis/docs/system-parameters).
_CREDENTIALS = {"key": (b"x-goog-api-key", b""), "access_token": (b"authorization", b"Bearer ")}
_FORM = ("alt", "$alt")
_JSON = (b"content-type", b"application/json; charset=UTF-8")


def adapt(inbound: Inbound, out: Responder) -> tuple[Inbound, Responder]:
    """The request as the engine takes it, and the way back in the form that was asked for."""
    headers = list(inbound.headers)
    kept: list[bytes] = []
    form = ""
    for pair in inbound.query.split(b"&"):
        name, _, value = pair.decode("latin-1").partition("=")
        name = unquote_plus(name)
        if name in _CREDENTIALS:
            header, scheme = _CREDENTIALS[name]
            if value and first(headers, header) is None:
                headers.append((header, scheme + unquote_plus(value, "latin-1").encode("latin-1")))
        elif name in _FORM:
            form = value
        elif pair:
            kept.append(pair)
    model = None if inbound.model is None else inbound.model.removeprefix(_PREFIX)
    adapted = replace(inbound, headers=headers, query=b"&".join(kept), model=model)
    return adapted, JsonArray(out) if inbound.stream and form.lower() != "sse" else out


class JsonArray:
    """`engine.ports.Responder` that writes a stream of events as one JSON array."""

    def __init__(self, out: Responder) -> None:
        self._out = out
        self._begun = False

    async def whole(self, status: int, headers: Sequence[Header], body: bytes) -> None:
        """An error before the stream, which is the array's one element."""
        await self._out.whole(status, headers, b"[" + body + b"]")

    async def head(self, status: int, headers: Sequence[Header]) -> None:
        await self._out.head(status, [*(one for one in headers if one[0].lower() != _JSON[0]), _JSON])

    async def write(self, data: bytes) -> None:
        elements = [self._element(event) for event in split_events(data)]
        await self._out.write(b"".join(elements))

    def _element(self, event: bytes) -> bytes:
        """One event's data; of an event without any, an empty line, which is nothing between elements."""
        parsed = parse_event(event)
        if parsed is None:
            return b"\n"
        before, self._begun = b",\n" if self._begun else b"[", True
        return before + parsed[1]

    async def end(self) -> None:
        await self._out.write(b"]\n" if self._begun else b"[]\n")
        await self._out.end()


def _operations() -> tuple[ModelOperation, ...]:
    kinds = (
        ("generateContent", Operation.CHAT, False),
        ("streamGenerateContent", Operation.CHAT, True),
        ("countTokens", Operation.COUNT_TOKENS, False),
    )
    return tuple(
        ModelOperation(f"/{version}/models/{{model}}:{verb}", Dialect.GEMINI, operation, stream, adapt)
        for version in _VERSIONS
        for verb, operation, stream in kinds
    )


OPERATIONS = _operations()


@BLUEPRINT.get("/v1beta/models")
async def models() -> dict[str, Any]:
    """All on one page."""
    return {"models": [shown(entry) for entry in admin().models()]}


@BLUEPRINT.get("/v1beta/models/<path:name>")
async def model(name: str) -> dict[str, Any] | Response:
    for entry in admin().models():
        if entry["id"] == name.removeprefix(_PREFIX):
            return shown(entry)
    error = GateError(ErrorCode.UNKNOWN_MODEL, "no such model here; GET /v1beta/models lists them")
    status, headers, body = codec(Dialect.GEMINI).error_response(error, "")
    return Response(body, status, {key.decode(): value.decode() for key, value in headers})


def shown(entry: dict[str, Any]) -> dict[str, Any]:
    """One entry in Google's terms. https://ai.google.dev/api/models#Model"""
    return {
        "name": _PREFIX + entry["id"],
        "version": "gate",
        "displayName": entry["display_name"],
        "supportedGenerationMethods": ["generateContent", "streamGenerateContent", "countTokens"],
    }
