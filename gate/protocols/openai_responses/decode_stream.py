"""A responses stream as canonical events. https://platform.openai.com/docs/api-reference/responses-streaming

Every piece of an answer is told up to four times (delta, done, item done, response completed); each is taken from the
first that has it, so a server that leaves some of them out is read as well. Texts, refusals, reasoning and calls come
as they are written, everything else whole when its item is done. Source read 2026-11-21, with the event types of the
openai SDK 3.54.
"""

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from gate.core.failure import Failure, FailureKind
from gate.core.profile import NO_QUIRKS, Quirks
from gate.core.usage import NOT_REPORTED
from gate.protocols.canonical.answer import Cite, Close, Counted, Delta, Done, Event, Failed, Finish, Open, Sign, Start
from gate.protocols.canonical.parts import CallKind, Part, Refusal, Text, Thinking, ToolCall, Wire
from gate.protocols.classify import in_band
from gate.protocols.fields import mapping
from gate.protocols.openai_responses.content import citation
from gate.protocols.openai_responses.decode_answer import kept, parts_of_item, sealed, stop_of
from gate.protocols.openai_responses.usage import read_usage
from gate.protocols.openai_responses.values import array, filled, integer, read_json, string
from gate.protocols.sse import iter_events


class _Event(msgspec.Struct, gc=False):
    """The members read of any event, of whatever type they are."""

    type: object = None
    delta: object = None
    output_index: object = None
    content_index: object = None
    summary_index: object = None
    text: object = None
    refusal: object = None
    arguments: object = None
    input: object = None
    annotation: object = None
    item: object = None
    response: object = None
    error: object = None
    message: object = None
    code: object = None


_EVENT = msgspec.json.Decoder(_Event)


class _Block:
    """One block under way. told: whether something of its text was told. cited: how many of its citations were. source:
    of reasoning, which of its two texts is told (`summary` or `content`); at: the part of that text told last."""

    __slots__ = ("at", "cited", "index", "source", "told")

    def __init__(self, index: int) -> None:
        self.index = index
        self.told = False
        self.cited = 0
        self.source: str | None = None
        self.at = -1


class _Item:
    """One item under way, with its blocks by content index (0 for an item that is one block)."""

    __slots__ = ("blocks", "wire")

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.blocks: dict[int, _Block] = {}


class ResponsesDecoder:
    """See `gate.protocols.translation.StreamDecoder`. vendor: who made the tokens in this stream."""

    def __init__(self, vendor: str, quirks: Quirks = NO_QUIRKS) -> None:
        del quirks  # nothing of this stream is spelled in more than one way
        self._seal = sealed(vendor)
        self._started = False
        self._over = False
        self._items: dict[int, _Item] = {}
        self._closed: set[int] = set()
        # Some servers give every item the same index; then each gets the next one free.
        self._alias: dict[int, int] = {}
        self._blocks = 0
        self._parts: list[Part] = []

    def feed(self, events: bytes) -> list[Event]:
        out: list[Event] = []
        if events.startswith(b"event: ") and events.count(b"\n") == 3 and (at := events.find(b"\ndata: ")) > 0:
            # One event as OpenAI spells it: by far the most frequent, and its data says what it is.
            self._take("", events[at + 7 : -2], out)
        else:
            for name, data in iter_events(events):
                self._take(name, data, out)
        return out

    def _take(self, name: str, data: bytes, out: list[Event]) -> None:
        event = None if self._over else read_json(data, _EVENT)
        if event is not None:
            handle = _HANDLERS.get(event.type if isinstance(event.type, str) else name)
            if handle is not None:
                handle(self, event, out)

    def finish(self) -> list[Event]:
        if self._over:
            return []
        self._over = True
        return [Failed(Failure(FailureKind.TRUNCATED_STREAM, "the upstream's stream ended without its last event"))]

    def begin(self, event: _Event, out: list[Event]) -> None:
        """`response.created` and what repeats it."""
        self._start(mapping(event.response), out)

    def _start(self, response: Wire, out: list[Event]) -> None:
        if not self._started:
            self._started = True
            created = integer(response.get("created_at"))
            out.append(Start(filled(response.get("id")), filled(response.get("model")), created))

    def _place(self, event: _Event) -> int:
        given = integer(event.output_index)
        if given is None:
            return max(self._items, default=len(self._closed))
        return self._alias.get(given, given)

    def _item(self, event: _Event) -> _Item | None:
        """The item an event is about; None when it is over already."""
        place = self._place(event)
        if place in self._closed:
            return None
        return self._items.setdefault(place, _Item({}))

    def _open(self, item: _Item, at: int, part: Part, out: list[Event]) -> _Block:
        self._start({}, out)
        block = item.blocks[at] = _Block(self._blocks)
        self._blocks += 1
        self._parts.append(part)
        out.append(Open(block.index, part))
        return block

    def _say(self, block: _Block, text: object, out: list[Event]) -> None:
        if isinstance(text, str) and text:
            block.told = True
            out.append(Delta(block.index, text))

    def add(self, event: _Event, out: list[Event]) -> None:
        """`response.output_item.added`. Calls are opened at once, everything else with its first words. A tool search
        waits until it is done: OpenAI gives it another `call_id` then."""
        given = self._place(event)
        place = given
        if place in self._items or place in self._closed:
            place = max((*self._items, *self._closed)) + 1
            self._alias[integer(event.output_index) or 0] = place
        item = self._items[place] = _Item(mapping(event.item))
        for part in parts_of_item(item.wire, self._seal):
            if isinstance(part, ToolCall) and part.id and part.name and part.kind is not CallKind.SEARCH:
                self._open(item, 0, replace(part, arguments="", raw=None), out)

    def text_delta(self, event: _Event, out: list[Event]) -> None:
        self._spoken(event, Text, event.delta, out)

    def text_done(self, event: _Event, out: list[Event]) -> None:
        self._spoken(event, Text, event.text, out, whole=True)

    def refusal_delta(self, event: _Event, out: list[Event]) -> None:
        self._spoken(event, Refusal, event.delta, out)

    def refusal_done(self, event: _Event, out: list[Event]) -> None:
        self._spoken(event, Refusal, event.refusal, out, whole=True)

    def _spoken(
        self, event: _Event, kind: type[Text | Refusal], text: object, out: list[Event], *, whole: bool = False
    ) -> None:
        """whole: this is all of it, of use only where no delta came."""
        item = self._item(event)
        if item is None or not text:
            return
        at = integer(event.content_index) or 0
        block = item.blocks.get(at) or self._open(item, at, _empty(kind, item.wire), out)
        if not (whole and block.told):
            self._say(block, text, out)

    def cite(self, event: _Event, out: list[Event]) -> None:
        item, noted = self._item(event), mapping(event.annotation)
        if item is None or not noted:
            return
        at = integer(event.content_index) or 0
        block = item.blocks.get(at) or self._open(item, at, _empty(Text, item.wire), out)
        block.cited += 1
        out.append(Cite(block.index, citation(noted)))

    def summary(self, event: _Event, out: list[Event]) -> None:
        self._reasoned(event, "summary", event.summary_index, event.delta, out)

    def summary_done(self, event: _Event, out: list[Event]) -> None:
        self._reasoned(event, "summary", event.summary_index, event.text, out, whole=True)

    def thought(self, event: _Event, out: list[Event]) -> None:
        self._reasoned(event, "content", event.content_index, event.delta, out)

    def thought_done(self, event: _Event, out: list[Event]) -> None:
        self._reasoned(event, "content", event.content_index, event.text, out, whole=True)

    def _reasoned(
        self, event: _Event, source: str, index: object, text: object, out: list[Event], *, whole: bool = False
    ) -> None:
        item = self._item(event)
        if item is None or not text:
            return
        block = item.blocks.get(0) or self._open(item, 0, Thinking(), out)
        block.source = block.source or source
        at = integer(index) or 0
        if block.source != source or (whole and block.at >= at):
            return
        if block.told and at != block.at:
            out.append(Delta(block.index, "\n\n"))
        block.at = at
        self._say(block, text, out)

    def argued(self, event: _Event, out: list[Event]) -> None:
        """More of a call's arguments. A call that was not announced is told whole when it is done."""
        item = self._item(event)
        if item is not None and (block := item.blocks.get(0)) is not None:
            self._say(block, event.delta, out)

    def argued_done(self, event: _Event, out: list[Event]) -> None:
        item = self._item(event)
        if item is not None and (block := item.blocks.get(0)) is not None and not block.told:
            self._say(block, event.input if event.arguments is None else event.arguments, out)

    def end(self, event: _Event, out: list[Event]) -> None:
        """`response.output_item.done`."""
        self._finished(self._place(event), mapping(event.item), out)

    def _finished(self, place: int, wire: Wire, out: list[Event]) -> None:
        if place in self._closed:
            return
        item = self._items.pop(place, None) or _Item(wire)
        self._closed.add(place)
        for at, part in enumerate(parts_of_item(wire or item.wire, self._seal)):
            self._complete(item, at, part, out)
        out.extend(Close(block.index) for block in item.blocks.values())

    def _complete(self, item: _Item, at: int, part: Part, out: list[Event]) -> None:
        """Tell what of a part was not told yet."""
        block = item.blocks.get(at)
        match part:
            case Text() | Refusal():
                if block is None and not part.text:
                    return
                block = block or self._open(item, at, _empty(type(part), item.wire), out)
                if not block.told:
                    self._say(block, part.text, out)
                if isinstance(part, Text):
                    out.extend(Cite(block.index, cited) for cited in part.citations[block.cited :])
            case Thinking():
                block = block or self._open(item, at, Thinking(), out)
                if not block.told:
                    self._say(block, part.text, out)
                if part.opaque is not None:
                    out.append(Sign(block.index, part.opaque))
            case ToolCall():
                block = block or self._open(item, at, replace(part, arguments="", raw=None), out)
                if not block.told:
                    self._say(block, part.arguments, out)
            case _:
                if block is None:
                    self._open(item, at, part, out)

    def complete(self, event: _Event, out: list[Event]) -> None:
        """The last event: it repeats the whole answer, with its usage."""
        response = mapping(event.response)
        self._start(response, out)
        for place, item in enumerate(array(response.get("output"))):
            self._finished(place, mapping(item), out)
        for place in list(self._items):
            self._finished(place, {}, out)
        usage = read_usage(response.get("usage"))
        if usage != NOT_REPORTED:
            out.append(Counted(usage))
        stop, word = stop_of(response, self._parts)
        out += [Finish(stop, word, raw=kept(response)), Done()]
        self._over = True

    def fail(self, event: _Event, out: list[Event]) -> None:
        """`response.failed`, whose response holds the error."""
        response = mapping(event.response)
        usage = read_usage(response.get("usage"))
        if usage != NOT_REPORTED:
            self._start(response, out)
            out.append(Counted(usage))
        self._failed(mapping(response.get("error")), out)

    def error(self, event: _Event, out: list[Event]) -> None:
        """`error`, whose words stand in the event itself or in a member of it."""
        flat: Wire = {"type": "error", "code": event.code, "message": event.message}
        self._failed(mapping(event.error) or flat, out)

    def _failed(self, error: Wire, out: list[Event]) -> None:
        out.append(Failed(in_band(error), string(error.get("message")) or ""))
        self._over = True


def _empty(kind: type[Text | Refusal], message: Wire) -> Part:
    """A text or refusal before its first words. `raw` tells the phase of its message (Codex shows commentary apart from
    the final answer), which no other dialect knows."""
    if kind is Refusal or message.get("phase") is None:
        return kind("")
    return Text("", raw={"type": "message", "phase": message["phase"]})


_Handler = Callable[[ResponsesDecoder, _Event, list[Event]], None]
_D = ResponsesDecoder
_HANDLERS: Mapping[str, _Handler] = {
    "response.created": _D.begin,
    "response.queued": _D.begin,
    "response.in_progress": _D.begin,
    "response.output_item.added": _D.add,
    "response.output_item.done": _D.end,
    "response.output_text.delta": _D.text_delta,
    "response.output_text.done": _D.text_done,
    "response.output_text.annotation.added": _D.cite,
    "response.refusal.delta": _D.refusal_delta,
    "response.refusal.done": _D.refusal_done,
    "response.reasoning_summary_text.delta": _D.summary,
    "response.reasoning_summary_text.done": _D.summary_done,
    "response.reasoning_text.delta": _D.thought,
    "response.reasoning_text.done": _D.thought_done,
    "response.function_call_arguments.delta": _D.argued,
    "response.function_call_arguments.done": _D.argued_done,
    "response.custom_tool_call_input.delta": _D.argued,
    "response.custom_tool_call_input.done": _D.argued_done,
    "response.completed": _D.complete,
    "response.incomplete": _D.complete,
    "response.cancelled": _D.complete,
    "response.failed": _D.fail,
    "error": _D.error,
}
"""Events that tell something new. `content_part` and `summary_part` events only repeat or announce."""
