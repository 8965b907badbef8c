"""What the tests of chat's translation share: decode, encode, and the names they need."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec.structs import replace

from gate.core.dialect import Dialect
from gate.core.loss import Loss
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.canonical.answer import Done, Event, Failed, Finish, Response, Start
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Part, ToolCall
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.openai_chat import TRANSLATOR
from gate.protocols.translation import Aim, Mint
from tests.protocols.openai_chat.sdk_types import request_faults
from tests.protocols.openai_chat.shapes import DONE, ROLE, chunk

MINT = Mint("ab12", 1_700_000_000)
PIXEL = "iVBORw0KGgo="


def decoded(**members: Any) -> Request:
    """A client's body with these members."""
    body = {"model": "m", "messages": [{"role": "user", "content": "hi"}], **members}
    return TRANSLATOR.decode_request(json.dumps(body).encode(), model="m", stream=bool(body.get("stream")))


def messages(*values: dict[str, Any]) -> tuple[Message, ...]:
    return decoded(messages=list(values)).messages


def foreign(*said: Message, dialect: Dialect = Dialect.ANTHROPIC_MESSAGES, **members: Any) -> Request:
    """A request that came in another dialect."""
    return Request(dialect=dialect, model="m", messages=said, **members)


def user(*parts: Part, path: str = "messages[0]") -> Message:
    return Message(Role.USER, parts, path=path)


def assistant(*parts: Part, path: str = "messages[1]") -> Message:
    return Message(Role.ASSISTANT, parts, path=path)


def encoded(
    request: Request,
    quirks: Quirks = NO_QUIRKS,
    *,
    vendor: str = "openai",
    model: str = "up",
    thinks: bool | None = None,
) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The upstream's body, and what was lost."""
    made = TRANSLATOR.encode_request(request, Aim(model, vendor, quirks, thinks=thinks))
    return json.loads(made.body), made.losses


def answered(message: dict[str, Any], finish: str | None = "stop", **members: Any) -> Response:
    """A whole answer with this message."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    return TRANSLATOR.decode_answer(json.dumps({"id": "c1", "choices": [choice]} | members).encode(), "openrouter")


def stream(*chunks: bytes, vendor: str = "openrouter", closed: bool = True) -> list[Event]:
    """All events of a stream; closed: the upstream then closed the connection."""
    decoder = TRANSLATOR.stream_decoder(vendor)
    events = decoder.feed(b"".join(chunks))
    return [*events, *decoder.finish()] if closed else events


def whole(*chunks: bytes, vendor: str = "openrouter") -> Response:
    """The answer a stream told; it has to have told one."""
    events = stream(*chunks, vendor=vendor)
    assert isinstance(events[0], Start), events
    assert [type(event) for event in events[-2:]] == [Finish, Done], events
    return folded(events)


def call(index: int | None = 0, call_id: str | None = None, name: str | None = None, arguments: Any = None) -> bytes:
    """One piece of one call; None: the member is not there."""
    function = {"name": name, "arguments": arguments}
    piece: dict[str, Any] = {"function": {key: value for key, value in function.items() if value is not None}}
    piece |= {key: value for key, value in (("index", index), ("id", call_id)) if value is not None}
    return chunk({"tool_calls": [piece]})


def calls(*chunks: bytes, vendor: str = "openrouter") -> list[ToolCall]:
    parts = whole(ROLE, *chunks, chunk({}, "tool_calls"), DONE, vendor=vendor).parts
    return [part for part in parts if isinstance(part, ToolCall)]


def failed(*chunks: bytes) -> Failed:
    """How a stream failed; it has to have failed, last."""
    last = stream(*chunks)[-1]
    assert isinstance(last, Failed)
    return last


def client(request: Request | None = None) -> Request:
    return request or decoded()


def written(events: Iterable[Event], request: Request | None = None) -> tuple[bytes, Sequence[Loss]]:
    """The stream a client gets."""
    encoder = TRANSLATOR.stream_encoder(client(request), MINT)
    return encoder.encode(list(events)), encoder.losses


def chunks_of(out: bytes) -> list[Any]:
    """The data of every event, `[DONE]` as it is."""
    data = [event.removeprefix(b"data: ") for event in out.split(b"\n\n") if event]
    return [one.decode() if one == b"[DONE]" else json.loads(one) for one in data]


def answer(response: Response, request: Request | None = None) -> tuple[dict[str, Any], tuple[Loss, ...]]:
    """The whole answer a client gets."""
    body, losses = TRANSLATOR.encode_answer(response, client(request), MINT)
    return json.loads(body), losses


def bare(response: Response) -> Response:
    """Without what only its own dialect reads."""
    return replace(response, parts=tuple(replace(part, raw=None) for part in response.parts))  # type: ignore[call-overload]


def upstream_messages(
    *said: Message, quirks: Quirks = NO_QUIRKS, vendor: str = "openai", typed: bool = True
) -> tuple[list[dict[str, Any]], set[tuple[str, str, str]]]:
    """The messages, and feature, path and action of each loss."""
    body, losses = encoded(foreign(*said), quirks, vendor=vendor)
    assert not typed or request_faults(body) == []
    return body["messages"], {(loss.feature.value, loss.path, loss.action.value) for loss in losses}


def text_part(words: str) -> dict[str, str]:
    return {"type": "text", "text": words}
