"""A stream for a client. https://platform.claude.com/docs/en/build-with-claude/streaming

Order: `message_start` with the usage known so far, blocks with contiguous indexes, one `message_delta` with the stop
reason and the whole usage, `message_stop`. A block begins with its first piece, so that none is empty: clients send
blocks back, and an empty text is refused then. The signature stands right before the end of its block.
"""

from collections.abc import Sequence

import msgspec

from gate.core.errors import GateError
from gate.core.loss import Loss
from gate.core.usage import NOT_REPORTED
from gate.protocols.anthropic_messages.body import json_text
from gate.protocols.anthropic_messages.client_blocks import citation, redacted, signature, whole
from gate.protocols.anthropic_messages.decode_answer import EXTRA
from gate.protocols.anthropic_messages.errors import error_event
from gate.protocols.anthropic_messages.ledger import Ledger
from gate.protocols.anthropic_messages.usage import write_usage
from gate.protocols.anthropic_messages.words import reason_of
from gate.protocols.canonical.answer import (
    Cite,
    Close,
    Counted,
    Delta,
    Done,
    Event,
    Failed,
    Finish,
    Open,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.parts import Opaque, Part, Refusal, Text, Thinking, ToolCall, Wire
from gate.protocols.canonical.request import Request
from gate.protocols.fields import mapping
from gate.protocols.sse import make_event
from gate.protocols.translation import Mint

_encode = msgspec.json.encode
_AFTER = b"}}\n\n"
_STOP = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
_PIECES: dict[type, tuple[str, str]] = {
    Text: ("text_delta", "text"),
    Refusal: ("text_delta", "text"),
    Thinking: ("thinking_delta", "thinking"),
    ToolCall: ("input_json_delta", "partial_json"),
}
_OF_SERVER = frozenset({"server_tool_use", "mcp_tool_use"})
_BESIDE_DELTA = ("context_management", "input_transformations")


class MessagesStreamEncoder:
    """See `gate.protocols.translation.StreamEncoder`."""

    def __init__(self, request: Request, mint: Mint) -> None:
        self._model = request.model
        self._mint = mint
        self._ledger = Ledger()
        self._usage = NOT_REPORTED
        self._finish = Finish(Stop.END)
        self._index = 0
        self._place = 0
        # Of the open block: what it is, the bytes before a piece of it, whether it has begun, and its token.
        self._part: Part | None = None
        self._before = b""
        self._begun = False
        self._said = False
        self._opaque: Opaque | None = None
        self._cited = 0

    @property
    def losses(self) -> Sequence[Loss]:
        """See `gate.protocols.translation.StreamEncoder`."""
        return self._ledger.losses

    def encode(self, events: Sequence[Event]) -> bytes:
        """See `gate.protocols.translation.StreamEncoder`."""
        out: list[bytes] = []
        for event in events:
            if isinstance(event, Delta):
                if event.text and self._part is not None:
                    if not self._begun:
                        self._begin(self._part, out)
                    self._said = True
                    out += (self._before, _encode(event.text), _AFTER)
            else:
                self._one(event, out)
        return b"".join(out)

    def error_event(self, error: GateError) -> bytes:
        """See `gate.protocols.translation.StreamEncoder`."""
        return error_event(error)

    def _one(self, event: Event, out: list[bytes]) -> None:
        match event:
            case Start():
                self._start(event, out)
            case Open():
                self._open(event.part, out)
            case Cite():
                self._cite(event, out)
            case Sign():
                self._opaque = event.opaque
            case Close():
                self._close(out)
            case Counted():
                self._usage = event.usage
            case Finish():
                self._finish = event
            case Done():
                self._done(out)
            case Delta() | Failed():
                pass

    def _start(self, event: Start, out: list[bytes]) -> None:
        self._usage = event.usage
        message: dict[str, object] = {
            "id": event.id or f"msg_{self._mint.token}",
            "type": "message",
            "role": "assistant",
            "model": event.model or self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": write_usage(event.usage),
        }
        out.append(make_event("message_start", {"type": "message_start", "message": message}))

    def _open(self, part: Part, out: list[bytes]) -> None:
        if not isinstance(part, Text | Refusal | Thinking | ToolCall):
            block = whole(part, f"content[{self._place}]", self._ledger)
            self._place += 1
            if block is not None:
                self._whole(block, out)
            return
        self._part = part
        self._begun = self._said = False
        self._cited = 0
        self._opaque = part.opaque if isinstance(part, Thinking) else None
        if isinstance(part, ToolCall):
            self._begin(part, out)
            # Vendors' own streams open with an empty piece.
            out += (self._before, b'""', _AFTER)
        if not isinstance(part, Thinking) or part.text:
            self._first(part, out)

    def _first(self, part: Text | Refusal | Thinking | ToolCall, out: list[bytes]) -> None:
        """What a block already holds when it is opened."""
        held = part.arguments if isinstance(part, ToolCall) else part.text
        if held:
            out.append(self.encode((Delta(0, held),)))

    def _begin(self, part: Part, out: list[bytes]) -> None:
        self._begun = True
        kind, member = _PIECES[type(part)]
        head = f'{{"type":"content_block_delta","index":{self._index},"delta":{{"type":"{kind}","{member}":'
        self._before = b"event: content_block_delta\ndata: " + head.encode()
        match part:
            case ToolCall():
                shown: Wire = {"type": "tool_use", "id": part.id, "name": part.name, "input": {}}
            case Thinking():
                shown = {"type": "thinking", "thinking": "", "signature": ""}
            case _:
                shown = {"type": "text", "text": ""}
        self._started(shown, out)

    def _started(self, shown: Wire, out: list[bytes]) -> None:
        event = {"type": "content_block_start", "index": self._index, "content_block": shown}
        out.append(make_event("content_block_start", event))

    def _delta(self, delta: Wire, out: list[bytes]) -> None:
        event = {"type": "content_block_delta", "index": self._index, "delta": delta}
        out.append(make_event("content_block_delta", event))

    def _stopped(self, out: list[bytes]) -> None:
        out.append(make_event("content_block_stop", {"type": "content_block_stop", "index": self._index}))
        self._index += 1

    def _cite(self, event: Cite, out: list[bytes]) -> None:
        path = f"content[{self._place}].citations[{self._cited}]"
        self._cited += 1
        made = citation(event.citation, path, self._ledger)
        if made is None or self._part is None:
            return
        if not self._begun:
            self._begin(self._part, out)
        self._delta({"type": "citations_delta", "citation": made}, out)

    def _whole(self, block: Wire, out: list[bytes]) -> None:
        """A block no delta brings. Only calls of servers' tools and texts have deltas in the vendor's own streams."""
        kind = block.get("type")
        if kind in _OF_SERVER and "input" in block:
            self._started({**block, "input": {}}, out)
            self._delta({"type": "input_json_delta", "partial_json": json_text(block["input"])}, out)
        elif kind == "text" and "text" in block:
            self._started({**block, "text": ""}, out)
            self._delta({"type": "text_delta", "text": block["text"]}, out)
        else:
            self._started(block, out)
        self._stopped(out)

    def _close(self, out: list[bytes]) -> None:
        part, self._part = self._part, None
        if part is None:
            return
        self._place += 1
        if isinstance(part, Thinking):
            self._end_thinking(part, out)
        elif isinstance(part, ToolCall) and not self._said:
            out += (self._before, b'"{}"', _AFTER)
        if self._begun:
            self._stopped(out)

    def _end_thinking(self, part: Thinking, out: list[bytes]) -> None:
        if not self._begun:
            if self._opaque is None:
                return
            hidden = redacted(self._opaque)
            if hidden is not None:
                self._whole(hidden, out)
                return
            self._begin(part, out)
        self._delta({"type": "signature_delta", "signature": signature(self._opaque)}, out)

    def _done(self, out: list[bytes]) -> None:
        end = self._finish
        raw = end.raw or {}
        delta = {
            "stop_reason": reason_of(end.stop, end.word),
            "stop_sequence": end.sequence,
            **{name: raw[name] for name in EXTRA if name in raw and name not in _BESIDE_DELTA},
        }
        usage = {**write_usage(self._usage), **mapping(raw.get("usage"))}
        beside = {name: raw[name] for name in _BESIDE_DELTA if name in raw}
        ending = {"type": "message_delta", "delta": delta, "usage": usage, **beside}
        out += (make_event("message_delta", ending), _STOP)
