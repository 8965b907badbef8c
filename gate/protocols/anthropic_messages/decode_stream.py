"""Reads a messages stream as canonical events. https://platform.claude.com/docs/en/build-with-claude/streaming

Blocks of the model are told as they come; a block that only this dialect knows is told once it is whole. Signatures are
told at the end of their block. Servers that speak the dialect loosely are understood: indexes or ends of blocks that
are missing, deltas without a start, an end without `message_stop`.
"""

import msgspec

from gate.core.failure import Failure, FailureKind
from gate.core.usage import NOT_REPORTED
from gate.protocols.anthropic_messages.body import array, filled, json_text, object_in, string
from gate.protocols.anthropic_messages.decode_answer import extra
from gate.protocols.anthropic_messages.decode_blocks import citation_of, read_block, sealed
from gate.protocols.anthropic_messages.usage import UsageCount
from gate.protocols.anthropic_messages.words import stop_of
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
)
from gate.protocols.canonical.parts import Foreign, Part, Text, Thinking, ToolCall, Wire
from gate.protocols.classify import in_band
from gate.protocols.fields import mapping, tolerant
from gate.protocols.sse import iter_events


class _Delta(msgspec.Struct, gc=False):
    type: str = ""
    text: str | None = None
    partial_json: str | None = None
    thinking: str | None = None


class _Piece(msgspec.Struct, gc=False):
    """By far the most frequent event."""

    index: int
    delta: _Delta
    type: str = ""


_PIECE = msgspec.json.Decoder(_Piece)
_ANY = msgspec.json.Decoder(dict[str, object])


class _Block:
    """A block under way. at: its number among the events. part: as opened; None for one that is told when it is whole.
    raw: what is known of such a block. said: a piece of it was told."""

    __slots__ = ("at", "json", "part", "raw", "said", "signature", "start")

    def __init__(self, at: int, part: Part | None, raw: dict[str, object]) -> None:
        self.at = at
        self.part = part
        self.raw = raw
        self.said = False
        self.json: list[str] = []
        self.signature = ""
        # Arguments that came with the start; deltas replace them.
        self.start = ""


class MessagesStreamDecoder:
    """See `gate.protocols.translation.StreamDecoder`."""

    def __init__(self, vendor: str) -> None:
        self._seal = sealed(vendor)
        self._usage = UsageCount()
        self._started = False
        self._over = False
        self._blocks: dict[object, _Block] = {}
        self._count = 0
        self._called = False
        self._word: str | None = None
        self._sequence: str | None = None
        self._head: Wire = {}
        self._tail: Wire = {}

    def feed(self, events: bytes) -> list[Event]:
        """See `gate.protocols.translation.StreamDecoder`."""
        out: list[Event] = []
        for name, data in iter_events(events):
            if self._over:
                break
            if not self._piece(data, out):
                self._event(name, data, out)
        return out

    def finish(self) -> list[Event]:
        """See `gate.protocols.translation.StreamDecoder`."""
        out: list[Event] = []
        if self._over:
            return out
        if self._word is not None and not self._blocks:
            self._end(out)
            return out
        where = "inside a content block" if self._blocks else "without its end"
        self._over = True
        return [Failed(Failure(FailureKind.TRUNCATED_STREAM, f"the upstream's stream ended {where}"))]

    def _piece(self, data: bytes, out: list[Event]) -> bool:
        """The short way for more of a block that is told as it comes."""
        try:
            event = _PIECE.decode(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
        block = self._blocks.get(event.index)
        if event.type != "content_block_delta" or block is None or block.part is None:
            return False
        delta = event.delta
        match delta.type:
            case "text_delta":
                piece = delta.text
            case "input_json_delta":
                piece = delta.partial_json
            case "thinking_delta":
                piece = delta.thinking
            case _:
                return False
        if piece is None:
            return False
        if piece:
            block.said = True
            out.append(Delta(block.at, piece))
        return True

    def _event(self, name: str, data: bytes, out: list[Event]) -> None:
        event = tolerant(data, _ANY)
        if event is None:
            return
        match string(event, "type") or name:
            case "message_start":
                self._start(mapping(event.get("message")), out)
            case "content_block_start":
                self._open(event.get("index"), mapping(event.get("content_block")), out)
            case "content_block_delta":
                self._delta(event.get("index"), mapping(event.get("delta")), out)
            case "content_block_stop":
                self._stop(event.get("index"), out)
            case "message_delta":
                self._ending(event, out)
            case "message_stop":
                self._start({}, out)
                self._end(out)
            case "error":
                error = event.get("error")
                self._over = True
                out.append(Failed(in_band(error), _words(error)))
            case _:
                pass

    def _start(self, message: Wire, out: list[Event]) -> None:
        """The first event, whatever came first."""
        if self._started:
            return
        self._started = True
        self._head = message
        self._usage.report(message.get("usage"))
        usage = self._usage.usage() if message else NOT_REPORTED
        out.append(Start(filled(message, "id"), filled(message, "model"), usage=usage))

    def _open(self, index: object, block: Wire, out: list[Event]) -> _Block:
        self._start({}, out)
        key = self._key(index)
        if key in self._blocks:
            self._close(key, out)
        made = _Block(self._count, None, dict(block))
        self._count += 1
        self._blocks[key] = made
        self._tell(made, read_block(block, self._seal), out)
        return made

    def _tell(self, block: _Block, part: Part, out: list[Event]) -> None:
        match part:
            case Text():
                self._begin(block, Text(""), part.text, out)
                out.extend(Cite(block.at, citation) for citation in part.citations)
            case Thinking(opaque=opaque) if opaque is not None and opaque.kind == "redacted":
                self._begin(block, Thinking(opaque=opaque), "", out)
            case Thinking():
                self._begin(block, Thinking(), part.text, out)
                block.signature = string(block.raw, "signature")
            case ToolCall():
                self._called = True
                block.start = "" if part.arguments == "{}" else part.arguments
                self._begin(block, ToolCall(part.id, part.name), "", out)
            case _:
                pass  # told when it is whole

    @staticmethod
    def _begin(block: _Block, part: Part, text: str, out: list[Event]) -> None:
        block.part = part
        out.append(Open(block.at, part))
        if text:
            block.said = True
            out.append(Delta(block.at, text))

    def _key(self, index: object) -> object:
        """Which block is meant; without an index the latest."""
        if isinstance(index, int | str) and not isinstance(index, bool):
            return index
        return next(reversed(self._blocks), self._count)

    def _delta(self, index: object, delta: Wire, out: list[Event]) -> None:
        kind = string(delta, "type")
        block = self._blocks.get(self._key(index))
        if block is None:
            begun = {"text_delta": "text", "thinking_delta": "thinking"}.get(kind)
            if begun is None:
                return
            block = self._open(index, {"type": begun}, out)
        if block.part is None:
            self._gather(block, kind, delta)
            return
        match kind:
            case "signature_delta":
                block.signature = string(delta, "signature") or block.signature
            case "citations_delta":
                out.append(Cite(block.at, citation_of(mapping(delta.get("citation")))))
            case "text_delta" | "thinking_delta" | "input_json_delta":
                piece = string(delta, "text") or string(delta, "thinking") or _arguments(delta)
                if piece:
                    block.said = True
                    out.append(Delta(block.at, piece))
            case _:
                pass

    @staticmethod
    def _gather(block: _Block, kind: str, delta: Wire) -> None:
        """More of a block that is told when it is whole."""
        if kind == "input_json_delta":
            block.json.append(string(delta, "partial_json"))
        elif kind == "citations_delta":
            block.raw["citations"] = [*array(block.raw.get("citations")), delta.get("citation")]
        else:
            for name, value in delta.items():
                if name == "type" or value is None:
                    continue
                before = block.raw.get(name)
                # Text comes in pieces; only a compaction's content comes at once, as one.
                joins = isinstance(before, str) and isinstance(value, str)
                block.raw[name] = f"{before}{value}" if joins else value

    def _stop(self, index: object, out: list[Event]) -> None:
        key = self._key(index)
        if key in self._blocks:
            self._close(key, out)

    def _close(self, key: object, out: list[Event]) -> None:
        block = self._blocks.pop(key)
        if block.part is None:
            arguments = object_in("".join(block.json))
            if arguments is not None:
                block.raw["input"] = arguments
            part = read_block(block.raw, self._seal)
            if isinstance(part, Foreign):
                out += [Open(block.at, part), Close(block.at)]
            return
        if isinstance(block.part, ToolCall) and not block.said and block.start:
            out.append(Delta(block.at, block.start))
        if block.signature:
            out.append(Sign(block.at, self._seal(block.signature, "signature")))
        out.append(Close(block.at))

    def _ending(self, event: Wire, out: list[Event]) -> None:
        self._start({}, out)
        self._usage.report(event.get("usage"))
        delta = mapping(event.get("delta"))
        self._word = filled(delta, "stop_reason") or self._word
        self._sequence = filled(delta, "stop_sequence") or self._sequence
        self._tail = {**self._tail, **event, **delta}

    def _end(self, out: list[Event]) -> None:
        for key in list(self._blocks):
            self._close(key, out)
        self._over = True
        raw = extra(self._head, self._tail)
        stop = stop_of(self._word, called=self._called)
        out += [Counted(self._usage.usage()), Finish(stop, self._word, self._sequence, raw), Done()]


def _arguments(delta: Wire) -> str:
    """A piece of JSON; some servers send the object itself."""
    value = delta.get("partial_json")
    if isinstance(value, str):
        return value
    return "" if value is None else json_text(value)


def _words(error: object) -> str:
    return error if isinstance(error, str) else string(mapping(error), "message")
