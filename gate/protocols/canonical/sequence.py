"""One block at a time: what block-structured dialects need of streams in which blocks overlap.

Chat streams send parallel tool calls interleaved; messages, responses and gemini streams end one block before the next
begins. Events of a block that is not at the front wait until its turn comes. Nothing is changed or lost, and order
within a block is kept.
"""

from collections.abc import Iterable, Sequence

from gate.protocols.canonical.answer import Cite, Close, Delta, Event, Open, Sign


class Sequencer:
    """State of one stream. front: the block whose turn it is, None between blocks."""

    def __init__(self) -> None:
        self.front: int | None = None
        # In the order in which the blocks were opened.
        self._waiting: dict[int, list[Event]] = {}

    def feed(self, events: Sequence[Event]) -> Sequence[Event]:
        """The events whose turn it is."""
        if not self._waiting and all(self._passes(event) for event in events):
            return events
        out: list[Event] = []
        for event in events:
            self._take(event, out)
        return out

    def _passes(self, event: Event) -> bool:
        """Whether this event changes nothing about whose turn it is."""
        if isinstance(event, Delta | Cite | Sign):
            return event.index == self.front
        return not isinstance(event, Open | Close)

    def _take(self, event: Event, out: list[Event]) -> None:
        if not isinstance(event, Open | Delta | Cite | Sign | Close):
            out.append(event)
        elif event.index in self._waiting:
            self._waiting[event.index].append(event)
        elif isinstance(event, Open) and self.front is not None:
            self._waiting[event.index] = [event]
        else:
            out.append(event)
            if isinstance(event, Open):
                self.front = event.index
            elif isinstance(event, Close):
                self.front = None
                self._next(out)

    def _next(self, out: list[Event]) -> None:
        """Bring the next block to the front, and those after it while they are whole already."""
        while self.front is None and self._waiting:
            index = next(iter(self._waiting))
            held = self._waiting.pop(index)
            out.extend(held)
            if not isinstance(held[-1], Close):
                self.front = index


def sequenced(events: Iterable[Event]) -> Sequence[Event]:
    """All events of a whole answer, one block at a time."""
    return Sequencer().feed(list(events))
