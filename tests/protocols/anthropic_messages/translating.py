"""What the tests of messages' translation share: decode, encode, and the names they need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from gate.core.dialect import Dialect
from gate.core.loss import Loss
from gate.core.profile import NO_QUIRKS, Quirks
from gate.protocols.anthropic_messages import TRANSLATOR
from gate.protocols.canonical.answer import Done, Event, Failed, Finish, Response, Start
from gate.protocols.canonical.events import folded
from gate.protocols.canonical.parts import Part, ToolCall, ToolResult
from gate.protocols.canonical.request import Message, Request, Role
from gate.protocols.sse import iter_events
from gate.protocols.translation import Aim, Mint

MINT = Mint("ab12", 1_700_000_000)
PNG = "iVBORw0KGgoAAAANSUhEUg=="
PDF = "JVBERi0xLjQK"
OLD, MIDDLE, NEW = "claude-sonnet-4-5", "claude-sonnet-4-6", "claude-opus-5-5"
"""Models that think with a budget, with either, and always by themselves."""
_SCHEMA = re.compile(r"input_schema\.\w+: no such member")
# The SDK has left these out since newest models refuse them; the API has them for all others.
_STILL_TAKEN = ("temperature", "top_p", "top_k")


def decoded(**members: Any) -> Request:
    """A client's body with these members."""
    body = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}], **members}
    return TRANSLATOR.decode_request(json.dumps(body).encode(), model="m", stream=bool(body.get("stream")))


def parts(*blocks: Any, role: str = "user") -> tuple[Part, ...]:
    return decoded(messages=[{"role": role, "content": list(blocks)}]).messages[0].parts


def user(*said: Part, path: str = "messages[0]") -> Message:
    return Message(Role.USER, said, path=path)


def assistant(*said: Part, path: str = "messages[1]") -> Message:
    return Message(Role.ASSISTANT, said, path=path)


def foreign(*said: Message, dialect: Dialect = Dialect.OPENAI_CHAT, **members: Any) -> Request:
    """A request that came in another dialect."""
    return Request(dialect=dialect, model="m", messages=said, **members)


def encoded(
    request: Request,
    model: str = OLD,
    quirks: Quirks = NO_QUIRKS,
    *,
    vendor: str = "anthropic",
    most: int | None = None,
    thinks: bool | None = None,
) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    """The upstream's body; feature, path and action of each loss."""
    made = TRANSLATOR.encode_request(request, Aim(model, vendor, quirks, most, thinks))
    return json.loads(made.body), told(made.losses)


def told(losses: Iterable[Loss]) -> set[tuple[str, str, str]]:
    return {(loss.feature.value, loss.path, loss.action.value) for loss in losses}


def turns(*said: Message, model: str = OLD, **how: Any) -> tuple[list[dict[str, Any]], set[tuple[str, str, str]]]:
    """The messages an upstream gets, which its SDK must be able to send."""
    body, losses = encoded(foreign(*said), model, **how)
    assert faults(body) == []
    return body["messages"], losses


def faults(body: dict[str, Any]) -> list[str]:
    """What Anthropic's own client would not have sent; nothing where the clients are not installed."""
    try:
        from tests.interop.typed import findings
    except ImportError:
        return []
    found = findings("anthropic_messages", {name: body[name] for name in body if name not in _STILL_TAKEN})
    # A schema may have any member.
    return [one for one in found if not _SCHEMA.search(one)]


def called(call_id: str = "call_1", name: str = "f", arguments: str = "{}") -> ToolCall:
    return ToolCall(call_id, name, arguments)


def result(call_id: str = "call_1", *content: Part, error: bool = False) -> ToolResult:
    return ToolResult(call_id, content, error)


def answered(
    *blocks: dict[str, Any], stop: str | None = "end_turn", vendor: str = "anthropic", **more: Any
) -> Response:
    """A whole answer with these blocks."""
    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x", "content": list(blocks)}
    body = {**message, "stop_reason": stop, "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 2}}
    return TRANSLATOR.decode_answer(json.dumps(body | more).encode(), vendor)


def stream(*pieces: bytes, vendor: str = "anthropic", closed: bool = True) -> list[Event]:
    """All events of a stream; closed: the upstream then closed the connection."""
    decoder = TRANSLATOR.stream_decoder(vendor)
    events = decoder.feed(b"".join(pieces))
    return [*events, *decoder.finish()] if closed else events


def whole(*pieces: bytes, vendor: str = "anthropic") -> Response:
    """The answer a stream told; it has to have told one."""
    events = stream(*pieces, vendor=vendor)
    assert isinstance(events[0], Start), events
    assert [type(event) for event in events[-2:]] == [Finish, Done], events
    return folded(events)


def failed(*pieces: bytes) -> Failed:
    """How a stream failed; it has to have failed, last."""
    last = stream(*pieces)[-1]
    assert isinstance(last, Failed)
    return last


def written(events: Sequence[Event]) -> tuple[bytes, set[tuple[str, str, str]]]:
    """The stream a client gets."""
    encoder = TRANSLATOR.stream_encoder(decoded(), MINT)
    return encoder.encode(events), told(encoder.losses)


def events_in(out: bytes) -> list[dict[str, Any]]:
    """The data of every event, each under the name it says."""
    found = [(name, json.loads(data)) for name, data in iter_events(out)]
    assert all(name == data["type"] for name, data in found)
    return [data for _, data in found]


def answer(response: Response) -> tuple[dict[str, Any], set[tuple[str, str, str]]]:
    """The whole answer a client gets."""
    body, losses = TRANSLATOR.encode_answer(response, decoded(), MINT)
    return json.loads(body), told(losses)
