"""A responses stream from canonical events: every event any client waits for, in the order of OpenAI's own streams.

Codex runs no tool without `response.output_item.done` and repeats the request without `response.completed`; Continue
wants `response.created` first and the deltas of arguments; the openai SDK wants one response id throughout, an empty
item first and its parts one by one. https://platform.openai.com/docs/api-reference/responses-streaming (read
2026-11-21).

Texts that follow each other become parts of one message item. Thinking becomes a reasoning item whose
`encrypted_content` is the vendor's token, in an envelope where it is not OpenAI's; it is always sent, asked for or not,
because it is the only place where a session can keep it. Citations come when their text is whole, for only then it is
known how far they reach.
"""

from collections.abc import Sequence

import msgspec

from gate.core.errors import GateError
from gate.core.loss import Feature, Loss, LossAction
from gate.core.usage import NOT_REPORTED
from gate.protocols.canonical.answer import Cite, Close, Counted, Delta, Done, Event, Finish, Open, Sign, Start, Stop
from gate.protocols.canonical.parts import (
    CallKind,
    Citation,
    Foreign,
    Media,
    MediaKind,
    Opaque,
    Part,
    Refusal,
    Text,
    Thinking,
    ToolCall,
)
from gate.protocols.canonical.request import Request
from gate.protocols.opaque import pack
from gate.protocols.openai_errors import failed_error
from gate.protocols.openai_responses.content import is_item
from gate.protocols.openai_responses.decode_answer import kept
from gate.protocols.openai_responses.decode_request import NATIVE
from gate.protocols.openai_responses.echo import echo
from gate.protocols.openai_responses.encode_content import annotation
from gate.protocols.openai_responses.encode_items import parsed
from gate.protocols.openai_responses.usage import write_usage
from gate.protocols.sse import make_event
from gate.protocols.translation import Mint

Item = dict[str, object]

_INCOMPLETE = {
    Stop.MAX_TOKENS: "max_output_tokens",
    Stop.CONTEXT_FULL: "max_output_tokens",
    Stop.REFUSAL: "content_filter",
}


class _Block:
    """The block under way. index: its own in the upstream's answer. place: where it stands, as events say it. head:
    what every delta event of it begins with; empty when it has none, or nothing of it was told yet."""

    __slots__ = ("begun", "cited", "head", "index", "item", "opaque", "part", "pieces", "place")

    def __init__(self, index: int, part: Part) -> None:
        self.index = index
        self.part = part
        self.begun = False
        self.item: Item = {}
        self.place: Item = {}
        self.head = b""
        self.pieces: list[str] = []
        self.cited: list[Citation] = []
        self.opaque: Opaque | None = None


class ResponsesEncoder:
    """See `gate.protocols.translation.StreamEncoder`."""

    def __init__(self, request: Request, mint: Mint) -> None:
        self._request = request
        self._mint = mint
        self._echo: dict[str, object] = {}
        self._start = Start(None, None)
        self._usage = NOT_REPORTED
        self._finish: Finish | None = None
        self._number = 0
        self._begun = False
        self._items = 0
        # Items that are done; the next one's `output_index` is their number.
        self._output: list[Item] = []
        # The message to which texts are added until something else comes.
        self._message: Item | None = None
        self._content: list[Item] = []
        self._refused = False
        self._block: _Block | None = None
        self._out: list[bytes] = []
        self.losses: list[Loss] = []

    def encode(self, events: Sequence[Event]) -> bytes:
        for event in events:
            match event:
                case Delta():
                    self._delta(event.text)
                case Open():
                    self._open(event)
                case Close():
                    self._close()
                case Sign() if self._block is not None:
                    self._block.opaque = event.opaque
                case Cite() if self._block is not None:
                    self._block.cited.append(event.citation)
                case Start():
                    self._start = event
                    self._usage = event.usage
                    self._begin()
                case Counted():
                    self._usage = event.usage
                case Finish():
                    self._finish = event
                case Done():
                    self._end()
                case _:
                    pass
        return self._written()

    def error_event(self, error: GateError) -> bytes:
        self._begin()
        self._emit("response.failed", {"response": self._response("failed", failed_error(error))})
        return self._written()

    def response(self) -> dict[str, object]:
        """The whole response, once `Done` was encoded."""
        reason = self._incomplete()
        return self._response("completed" if reason is None else "incomplete", reason=reason)

    def _written(self) -> bytes:
        out, self._out = self._out, []
        return b"".join(out)

    def _emit(self, kind: str, members: Item) -> None:
        self._out.append(make_event(kind, {"type": kind, "sequence_number": self._number, **members}))
        self._number += 1

    def _response(
        self, status: str, error: dict[str, str] | None = None, reason: str | None = None
    ) -> dict[str, object]:
        given = self._start.id
        over = status in ("completed", "incomplete")
        own = None if self._finish is None else self._finish.raw
        return {
            "id": given if given is not None and given.startswith("resp_") else f"resp_{self._mint.token}",
            "object": "response",
            "created_at": self._start.created or self._mint.now,
            "status": status,
            "error": error,
            "incomplete_details": None if reason is None else {"reason": reason},
            "model": self._start.model or self._request.model,
            "output": self._output,
            "usage": write_usage(self._usage) if over else None,
            **self._echo,
            **(kept(own or {}) or {}),
        }

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._echo = echo(self._request)
            begun: Item = {"response": msgspec.Raw(msgspec.json.encode(self._response("in_progress")))}
            self._emit("response.created", begun)
            self._emit("response.in_progress", begun)

    def _end(self) -> None:
        self._begin()
        self._end_message()
        response = self.response()
        self._emit(f"response.{response['status']}", {"response": response})

    def _incomplete(self) -> str | None:
        """Why the response is not complete; None when it is. A refusal in so many words is a complete one."""
        stop = None if self._finish is None else self._finish.stop
        if stop is None or (stop is Stop.REFUSAL and self._refused):
            return None
        return _INCOMPLETE.get(stop)

    def _item(self, prefix: str, kind: str, members: Item) -> Item:
        """A new item under way."""
        made: Item = {"id": f"{prefix}_{self._mint.token}{self._items:02x}", "type": kind, **members}
        self._items += 1
        return made

    def _added(self, item: Item) -> None:
        self._emit("response.output_item.added", {"output_index": len(self._output), "item": item})

    def _done(self, item: Item) -> None:
        self._emit("response.output_item.done", {"output_index": len(self._output), "item": item})
        self._output.append(item)

    def _open(self, event: Open) -> None:
        self._begin()
        part = event.part
        if not isinstance(part, Text | Refusal):
            self._end_message()
        block = self._block = _Block(event.index, part)
        if isinstance(part, ToolCall):
            self._begin_call(block, part)
        elif isinstance(part, Foreign | Media):
            self._whole(block, part)

    def _delta(self, text: str) -> None:
        block = self._block
        if block is None or not text:
            return
        if not block.begun:
            self._begin_block(block)
        block.pieces.append(text)
        if block.head:
            self._out.append(b'%b%d,"delta":%b}\n\n' % (block.head, self._number, msgspec.json.encode(text)))
            self._number += 1

    def _begin_block(self, block: _Block) -> None:
        """With its first words; a block without any is not told at all."""
        match block.part:
            case Text():
                self._begin_said(block, _TEXT, "response.output_text.delta", {"logprobs": list[object]()})
            case Refusal():
                self._refused = True
                self._begin_said(block, _REFUSAL, "response.refusal.delta", {})
            case Thinking():
                self._begin_reasoning(block)
                block.place = {**self._place(block.item), "summary_index": 0}
                self._emit("response.reasoning_summary_part.added", {**block.place, "part": _summary("")})
                block.head = _head("response.reasoning_summary_text.delta", block.place)
            case _:
                pass

    def _place(self, item: Item) -> Item:
        return {"item_id": item["id"], "output_index": len(self._output)}

    def _begin_said(self, block: _Block, empty: Item, event: str, members: Item) -> None:
        block.begun = True
        phase = _phase(block.part)
        if self._message is not None and self._message.get("phase") != phase:
            self._end_message()
        if self._message is None:
            self._content = []
            message: Item = {"status": "in_progress", "role": "assistant", "content": self._content}
            self._message = self._item("msg", "message", message if phase is None else {**message, "phase": phase})
            self._added(self._message)
        block.place = {**self._place(self._message), "content_index": len(self._content)}
        self._emit("response.content_part.added", {**block.place, "part": empty})
        block.head = _head(event, {**block.place, **members})

    def _begin_reasoning(self, block: _Block) -> None:
        block.begun = True
        block.item = self._item("rs", "reasoning", {"summary": list[object]()})
        self._added(block.item)

    def _begin_call(self, block: _Block, call: ToolCall) -> None:
        prefix, kind, member, event = _CALLS[call.kind]
        block.begun = True
        members: Item = {"status": "in_progress", "call_id": call.id}
        if call.kind is CallKind.SEARCH:
            members |= {"execution": "client", "arguments": dict[str, object]()}
        else:
            members |= {"name": call.name, member: ""}
        if call.namespace is not None:
            members["namespace"] = call.namespace
        block.item = self._item(prefix, kind, members)
        self._added(block.item)
        if event:
            block.place = self._place(block.item)
            block.head = _head(f"{event}.delta", block.place)

    def _whole(self, block: _Block, part: Foreign | Media) -> None:
        """What is not written piece by piece."""
        if isinstance(part, Media):
            if part.kind is MediaKind.IMAGE and part.data is not None:
                # What OpenAI's own picture tool gives; it is not a call that the client would run.
                form = (part.media_type or "image/png").rpartition("/")[2]
                result: Item = {"status": "completed", "result": part.data, "output_format": form}
                item = self._item("ig", "image_generation_call", result)
                self._added({**item, "status": "in_progress", "result": None})
                self._done(item)
            else:
                feature = Feature.IMAGES if part.kind is MediaKind.IMAGE else Feature.AUDIO
                self.losses.append(Loss(feature, f"content[{block.index}]", LossAction.DROPPED))
        elif is_item(part):
            item = dict(part.raw)
            self._added(item)
            self._done(item)
        else:
            feature = Feature.SERVER_TOOLS if part.server else Feature.OTHER
            self.losses.append(Loss(feature, f"content[{block.index}]", LossAction.DROPPED))

    def _close(self) -> None:
        block, self._block = self._block, None
        if block is None:
            return
        text = "".join(block.pieces)
        match block.part:
            case Text() if block.begun:
                self._close_text(block, text)
            case Refusal() if block.begun:
                self._emit("response.refusal.done", {**block.place, "refusal": text})
                self._close_said(block, {"type": "refusal", "refusal": text})
            case Thinking() if block.begun or block.opaque is not None:
                self._close_reasoning(block, text)
            case ToolCall():
                self._close_call(block, block.part, text)
            case _:
                pass

    def _close_text(self, block: _Block, text: str) -> None:
        noted: list[Item] = []
        for cited in block.cited:
            made = annotation(cited, len(text))
            if made is None:
                self.losses.append(Loss(Feature.CITATIONS, f"content[{block.index}].citations", LossAction.DROPPED))
                continue
            place: Item = {**block.place, "annotation_index": len(noted)}
            self._emit("response.output_text.annotation.added", {**place, "annotation": made})
            noted.append(made)
        self._emit("response.output_text.done", {**block.place, "text": text, "logprobs": list[object]()})
        self._close_said(block, {**_TEXT, "text": text, "annotations": noted})

    def _close_said(self, block: _Block, part: Item) -> None:
        self._emit("response.content_part.done", {**block.place, "part": part})
        self._content.append(part)

    def _end_message(self) -> None:
        if self._message is not None:
            self._message["status"] = "completed"
            self._done(self._message)
            self._message = None

    def _close_reasoning(self, block: _Block, text: str) -> None:
        if not block.begun:
            self._begin_reasoning(block)
        item = block.item
        if text:
            self._emit("response.reasoning_summary_text.done", {**block.place, "text": text})
            self._emit("response.reasoning_summary_part.done", {**block.place, "part": _summary(text)})
            item["summary"] = [_summary(text)]
        if block.opaque is not None:
            item["encrypted_content"] = _token(block.opaque, item["id"])
        self._done(item)

    def _close_call(self, block: _Block, call: ToolCall, text: str) -> None:
        _, _, member, event = _CALLS[call.kind]
        if not text and call.kind is CallKind.FUNCTION:
            self._block, text = block, "{}"
            self._delta(text)
            self._block = None
        if event:
            self._emit(f"{event}.done", {**block.place, member: text})
        block.item[member] = parsed(text) if call.kind is CallKind.SEARCH else text
        block.item["status"] = "completed"
        self._done(block.item)


_TEXT: Item = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
_REFUSAL: Item = {"type": "refusal", "refusal": ""}
_CALLS = {
    CallKind.FUNCTION: ("fc", "function_call", "arguments", "response.function_call_arguments"),
    CallKind.CUSTOM: ("ctc", "custom_tool_call", "input", "response.custom_tool_call_input"),
    CallKind.SEARCH: ("tsc", "tool_search_call", "arguments", ""),
}


def _summary(text: str) -> Item:
    return {"type": "summary_text", "text": text}


def _phase(part: Part) -> object:
    """The phase of the message a text of this dialect stood in."""
    raw = part.raw if isinstance(part, Text) else None
    return raw.get("phase") if raw is not None and raw.get("type") == "message" else None


def _head(kind: str, place: Item) -> bytes:
    """Everything of a delta event before its number."""
    members = msgspec.json.encode({"type": kind, **place})[:-1]
    return b'event: %b\ndata: %b,"sequence_number":' % (kind.encode(), members)


def _token(opaque: Opaque, item: object) -> str:
    """A genuine token goes as it is where its item has the id it was made for; OpenAI refuses it under another."""
    native = NATIVE if opaque.id is None or opaque.id == item else ""
    return pack(opaque, native)
