"""The frame of every tap: takes whole events apart, keeps their bytes, ends at the first failure.

A dialect says which events need no reading once content has begun (`_plain`), and what one event means (`_read`).
"""

from enum import Enum

from gate.core.failure import Failure
from gate.protocols.codec import Piece
from gate.protocols.sse import parse_event, split_events


class Verdict(Enum):
    """What becomes of one event: passed on and counted, passed on uncounted (nobody could read it), or kept back."""

    KEEP = 1
    UNREAD = 2
    DROP = 3


class Tap:
    """State of one upstream stream. content: the first content event has come. done: the dialect's end marker has."""

    def __init__(self) -> None:
        self.content = False
        self.done = False
        self.failure: Failure | None = None

    def _plain(self, event: bytes) -> bool:
        """Whether this one event is a delta that says nothing beyond its content."""
        raise NotImplementedError

    def _read(self, name: str, data: bytes) -> Verdict:
        """Take note of one event; may set `content`, `done` and `failure`. Never raises."""
        raise NotImplementedError

    def finish(self) -> tuple[bytes, Failure | None]:
        """The upstream closed: what is missing to make the stream whole, or why it is not."""
        raise NotImplementedError

    def end(self) -> Piece:
        """See `gate.protocols.codec.StreamTap`."""
        missing, failure = self.finish()
        return self.feed(missing) if failure is None else Piece(b"", self.content, 0, failure, self.done)

    def feed(self, events: bytes) -> Piece:
        """See `gate.protocols.codec.StreamTap`."""
        if self.content and events.count(b"\n") <= 3 and self._plain(events):
            return Piece(events, True, 1, None, self.done)
        kept: list[bytes] = []
        dropped = False
        count = 0
        failed = self.failure
        for event in split_events(events):
            if self.content and self._plain(event):
                count += 1
                kept.append(event)
                continue
            parsed = parse_event(event)
            verdict = Verdict.UNREAD if parsed is None else self._read(*parsed)
            if verdict is Verdict.DROP:
                dropped = True
                continue
            kept.append(event)
            count += verdict is Verdict.KEEP
            if self.failure is not failed:
                dropped = True
                break
        forward = b"".join(kept) if dropped else events
        new = self.failure if self.failure is not failed else None
        return Piece(forward, self.content, count, new, self.done)
