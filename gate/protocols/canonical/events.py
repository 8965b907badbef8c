"""A whole answer as the events of a stream, and a stream's events folded into a whole answer.

Both directions are needed when one side streams and the other does not, and they let everything that looks at answers
(restoring tools, transformers) be written once, for events.
"""

from collections.abc import Iterable

from msgspec.structs import replace

from gate.core.failure import Failure
from gate.core.usage import NOT_REPORTED
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
    Response,
    Sign,
    Start,
    Stop,
)
from gate.protocols.canonical.parts import Citation, Opaque, Part, Refusal, Text, Thinking, ToolCall


def events_of(response: Response) -> list[Event]:
    """The stream that would have told this answer."""
    events: list[Event] = [Start(response.id, response.model, response.created)]
    for index, part in enumerate(response.parts):
        events.extend(_block(index, part))
    events.append(Counted(response.usage))
    events.append(Finish(response.stop or Stop.OTHER, response.stop_word, response.stop_sequence, response.raw))
    events.append(Done())
    return events


def _block(index: int, part: Part) -> list[Event]:
    events: list[Event] = []
    match part:
        case Text():
            events.append(Open(index, replace(part, text="", citations=(), raw=None)))
            events.append(Delta(index, part.text))
            events.extend(Cite(index, citation) for citation in part.citations)
        case Refusal():
            events += [Open(index, Refusal("")), Delta(index, part.text)]
        case Thinking():
            events.append(Open(index, Thinking()))
            if part.text:
                events.append(Delta(index, part.text))
            if part.opaque is not None:
                events.append(Sign(index, part.opaque))
        case ToolCall():
            events += [Open(index, replace(part, arguments="", raw=None)), Delta(index, part.arguments)]
        case _:
            events.append(Open(index, part))
    events.append(Close(index))
    return events


class _Block:
    """A block under way."""

    __slots__ = ("citations", "opaque", "part", "pieces")

    def __init__(self, part: Part) -> None:
        self.part = part
        self.pieces: list[str] = []
        self.citations: list[Citation] = []
        self.opaque: Opaque | None = None

    def whole(self) -> Part:
        part, said = self.part, "".join(self.pieces)
        match part:
            case Text():
                return replace(part, text=part.text + said, citations=(*part.citations, *self.citations))
            case Refusal():
                return replace(part, text=part.text + said)
            case Thinking():
                return replace(part, text=part.text + said, opaque=self.opaque or part.opaque)
            case ToolCall():
                return replace(part, arguments=part.arguments + said, opaque=self.opaque or part.opaque)
            case _:
                return part


class Folder:
    """Puts an answer together from its events. failure: set when the stream ended with one; words: its message."""

    def __init__(self) -> None:
        self._start = Start(None, None)
        self._blocks: dict[int, _Block] = {}
        self._usage = NOT_REPORTED
        self._finish: Finish | None = None
        self.failure: Failure | None = None
        self.words = ""

    def feed(self, events: Iterable[Event]) -> None:
        for event in events:
            match event:
                case Start():
                    self._start = event
                    self._usage = event.usage
                case Open():
                    self._blocks[event.index] = _Block(event.part)
                case Delta():
                    self._blocks[event.index].pieces.append(event.text)
                case Cite():
                    self._blocks[event.index].citations.append(event.citation)
                case Sign():
                    self._blocks[event.index].opaque = event.opaque
                case Counted():
                    self._usage = event.usage
                case Finish():
                    self._finish = event
                case Failed():
                    self.failure, self.words = event.failure, event.message
                case Close() | Done():
                    pass

    def response(self) -> Response:
        """What the events so far amount to; blocks in the order in which they began."""
        end = self._finish
        return Response(
            id=self._start.id,
            model=self._start.model,
            parts=tuple(block.whole() for block in self._blocks.values()),
            stop=None if end is None else end.stop,
            usage=self._usage,
            created=self._start.created,
            stop_word=None if end is None else end.word,
            stop_sequence=None if end is None else end.sequence,
            raw=None if end is None else end.raw,
        )


def folded(events: Iterable[Event]) -> Response:
    """The answer these events tell."""
    folder = Folder()
    folder.feed(events)
    return folder.response()
