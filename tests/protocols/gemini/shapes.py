"""Small generateContent traffic in Google's shapes, written for these tests, and the ways to read it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from gate.core.dialect import Dialect
from gate.core.loss import Loss
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Event, Response
from gate.protocols.canonical.events import events_of
from gate.protocols.canonical.parts import Part
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.gemini import TRANSLATOR
from gate.protocols.translation import Aim, Mint

COUNTS = {
    "promptTokenCount": 200,
    "cachedContentTokenCount": 50,
    "candidatesTokenCount": 20,
    "thoughtsTokenCount": 5,
    "totalTokenCount": 225,
}
MINT = Mint("cafe01", 1_700_000_000)
NEW = "gemini-3.8-flash"


def sse(value: dict[str, Any]) -> bytes:
    """As Google ends its lines."""
    return f"data: {json.dumps(value)}\r\n\r\n".encode()


def answer(
    parts: Sequence[dict[str, Any]] = (), finish: str | None = None, counts: dict[str, int] | None = None, **more: Any
) -> dict[str, Any]:
    """A chunk, or a whole answer. more: beside the content of its one candidate."""
    candidate: dict[str, Any] = {"content": {"parts": list(parts), "role": "model"}, "index": 0, **more}
    if finish is not None:
        candidate["finishReason"] = finish
    made = {"candidates": [candidate], "modelVersion": NEW, "responseId": "resp-1"}
    return made if counts is None else {**made, "usageMetadata": counts}


def chunk(parts: Sequence[dict[str, Any]] = (), finish: str | None = None, **more: Any) -> bytes:
    """An event; its counts are the prompt's until it is the last one."""
    counts = COUNTS if finish is not None else {"promptTokenCount": 200, "totalTokenCount": 200}
    return sse(answer(parts, finish, counts, **more))


THOUGHT = {"text": "Let me see", "thought": True}
CALL = {"functionCall": {"id": "fc-1", "name": "Bash", "args": {"command": "ls"}}, "thoughtSignature": "c2lnbmVk"}
SECOND = {"functionCall": {"id": "fc-2", "name": "Read", "args": {}}}
STREAM = b"".join(
    [
        chunk([THOUGHT]),
        chunk([{"text": "Hel"}]),
        chunk([{"text": "lo é"}]),
        chunk([CALL]),
        chunk([SECOND]),
        chunk([{"text": "", "thoughtSignature": "ZW5k"}], "STOP"),
    ]
)
WHOLE = answer([THOUGHT, {"text": "Hello é"}, CALL, SECOND, {"text": "", "thoughtSignature": "ZW5k"}], "STOP", COUNTS)


def decode(body: dict[str, Any]) -> Request:
    return TRANSLATOR.decode_request(json.dumps(body).encode(), model="asked", stream=False)


def encode(request: Request, model: str = NEW, quirks: Quirks = NO_QUIRKS) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The body for an upstream, and what was lost."""
    encoded = TRANSLATOR.encode_request(request, Aim(model, "google", quirks))
    return json.loads(encoded.body), encoded.losses


def asked(*messages: Message, **more: Any) -> Request:
    """A request from a client of another dialect."""
    placed = tuple(
        Message(one.role, one.parts, one.top, one.name, f"messages[{at}]") for at, one in enumerate(messages)
    )
    return Request(Dialect.OPENAI_CHAT, "asked", placed, **more)


def user(*parts: Part) -> Message:
    return Message(Role.USER, parts)


def model(*parts: Part) -> Message:
    return Message(Role.ASSISTANT, parts)


def events(stream: bytes) -> list[Event]:
    """Of a whole stream."""
    decoder = TRANSLATOR.stream_decoder("google")
    return [*decoder.feed(stream), *decoder.finish()]


def response(value: dict[str, Any]) -> Response:
    return TRANSLATOR.decode_answer(json.dumps(value).encode(), "google")


def told(made: Response) -> bytes:
    """The stream a Gemini client gets of an answer."""
    return TRANSLATOR.stream_encoder(asked(), MINT).encode(events_of(made))


def whole(made: Response) -> dict[str, Any]:
    """The answer a Gemini client gets."""
    return json.loads(TRANSLATOR.encode_answer(made, asked(), MINT)[0])
