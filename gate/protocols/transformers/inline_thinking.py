"""Takes thinking out of text: `<think>...</think>` at its start becomes a thinking block, streamed as it comes.

Only at the start of a text block (white space aside), or right after a closing tag: later on such a tag is something
the answer speaks of. White space beside an opening tag and after a closing one goes, everything else arrives. Without
a closing tag all of it is thinking.
"""

from collections.abc import Iterator, Sequence
from enum import Enum, auto

from msgspec.structs import replace

from gate.protocols.canonical.answer import Cite, Close, Delta, Event, Open, Sign
from gate.protocols.canonical.parts import Part, Text, Thinking

_MOST_SPACE = 256
"""After so much white space no tag is waited for any more."""


class _State(Enum):
    """BEFORE: nothing but white space so far, a tag may come. ENTERED: in thinking, before its first word. THINKING.
    TEXT: in the answer's text, where tags mean nothing."""

    BEFORE = auto()
    ENTERED = auto()
    THINKING = auto()
    TEXT = auto()


class InlineThinking:
    """`AnswerHook` for one answer. tag: `think` for `<think>`. opened: the first text starts inside."""

    def __init__(self, tag: str, *, opened: bool = False) -> None:
        self._tags = f"<{tag}>", f"</{tag}>"
        self._opened = opened
        self._texts: dict[int, _Splitter] = {}
        self._indexes = _Indexes()

    def feed(self, events: Sequence[Event]) -> list[Event]:
        out: list[Event] = []
        for event in events:
            out += self._one(event)
        return out

    def _one(self, event: Event) -> Iterator[Event]:
        if isinstance(event, Open):
            if isinstance(event.part, Text):
                splitter = _Splitter(event.part, *self._tags, self._opened, self._indexes)
                self._texts[event.index], self._opened = splitter, False
                yield from splitter.more(event.part.text)
            else:
                yield Open(self._indexes.opened(event.index), event.part)
        elif isinstance(event, Delta | Cite | Sign | Close):
            splitter = self._texts.get(event.index)
            if splitter is None:
                yield self._indexes.moved(event)
            elif isinstance(event, Delta):
                yield from splitter.more(event.text)
            elif isinstance(event, Close):
                del self._texts[event.index]
                yield from splitter.end()
            else:
                yield from splitter.beside(event)
        else:
            yield event


class _Indexes:
    """Numbers the blocks that go out: one that came in may become several."""

    def __init__(self) -> None:
        self._next = 0
        self._now: dict[int, int] = {}

    def new(self) -> int:
        self._next += 1
        return self._next - 1

    def opened(self, index: int) -> int:
        self._now[index] = self.new()
        return self._now[index]

    def moved(self, event: Delta | Cite | Sign | Close) -> Event:
        index = self._now.get(event.index, event.index)
        return event if index == event.index else at(event, index)


def at(event: Delta | Cite | Sign | Close, index: int) -> Event:
    """The same event for another block."""
    if isinstance(event, Delta):
        return Delta(index, event.text)
    if isinstance(event, Cite):
        return Cite(index, event.citation)
    return Sign(index, event.opaque) if isinstance(event, Sign) else Close(index)


class _Splitter:
    """One text block that came in."""

    def __init__(self, part: Text, enter: str, leave: str, opened: bool, indexes: _Indexes) -> None:
        self._part = replace(part, text="", raw=None)
        self._enter, self._leave = enter, leave
        self._opened = opened
        self._indexes = indexes
        self._state = _State.BEFORE
        self._held = ""
        self._out: int | None = None
        self._tagged = opened
        self._said = False

    def more(self, text: str) -> Iterator[Event]:
        """A delta of the block."""
        if self._state is _State.TEXT and self._out is not None:
            yield Delta(self._out, text)
            return
        self._held += text
        before = None
        while self._held and before is not self._state:
            before = self._state
            if self._state is _State.BEFORE:
                self._look()
            elif self._state is _State.ENTERED:
                self._held = self._held.lstrip()
                if self._held:
                    self._state = _State.THINKING
            elif self._state is _State.THINKING:
                yield from self._think()
            else:
                yield from self._say(self._part, self._held)
                self._held = ""

    def _look(self) -> None:
        """Whether a tag stands at the start of what is held."""
        start = self._held.lstrip()
        if start.startswith(self._enter):
            self._held = start[len(self._enter) :]
            self._state, self._opened, self._tagged = _State.ENTERED, False, True
        elif not self._enter.startswith(start) or len(self._held) - len(start) > _MOST_SPACE:
            self._state = _State.ENTERED if self._opened else _State.TEXT
            self._opened = False
            if self._tagged and self._state is _State.TEXT:
                self._held = start  # what parted the thinking from the text

    def _think(self) -> Iterator[Event]:
        """Thinking up to the closing tag, or up to where one may have begun."""
        thought, found, rest = self._held.partition(self._leave)
        if not found:
            settled = len(self._held) - _begun(self._held, self._leave)
            thought, rest = self._held[:settled], self._held[settled:]
        self._held = rest
        if thought:
            yield from self._say(Thinking(), thought)
        if found:
            yield from self._close()
            self._state = _State.BEFORE

    def _say(self, part: Part, text: str) -> Iterator[Event]:
        if self._out is None:
            self._out = self._indexes.new()
            self._said = True
            yield Open(self._out, part)
        if text:
            yield Delta(self._out, text)

    def _close(self) -> Iterator[Event]:
        if self._out is not None:
            yield Close(self._out)
            self._out = None

    def beside(self, event: Cite | Sign) -> Iterator[Event]:
        """A citation of the text: it is the answer's text by now."""
        if self._state is not _State.TEXT:
            yield from self.end(whole=False)
            self._state = _State.TEXT
            yield from self._say(self._part, "")
        assert self._out is not None
        yield at(event, self._out)

    def end(self, *, whole: bool = True) -> Iterator[Event]:
        """The block closes: what is held was no tag."""
        held, self._held = self._held, ""
        if self._state is _State.THINKING:
            yield from self._say(Thinking(), held)
        elif held.strip() or (held and not self._tagged):
            yield from self._say(self._part, held)
        elif whole and not self._said:
            yield from self._say(self._part, "")
        if whole or self._state is _State.THINKING:
            yield from self._close()


def _begun(text: str, mark: str) -> int:
    """How many of the last characters of `text` may be the beginning of `mark`."""
    for size in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:size]):
            return size
    return 0
