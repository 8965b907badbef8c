"""Server-sent events as bytes: cut into whole events without changing one, and read when something in them matters.

Promises: what `EventSplitter.feed` returned, joined, plus `tail` is exactly what was fed, however it was chunked; what
is returned ends at the end of an event, so that a ping may be written after it. Format:
https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import re
from collections.abc import Iterator

import msgspec

DEFAULT_LIMIT = 1 << 20
BOM = b"\xef\xbb\xbf"

# One line terminator. A CR before a LF is half of one, and a CR that came last may yet prove to be; only after a line
# that ended with a CR it is taken for an empty line at once, or the last event of such a stream would never come.
_TERMINATOR = rb"(?:\r\n|\n|\r(?=[^\n])|(?<=[^\r\n]\r)\r\Z)"
# An event ends where an empty line ends; the empty lines that follow belong to it.
_END = re.compile(rb"(?:\A|" + _TERMINATOR + rb")" + _TERMINATOR + rb"+")
# Enough of what is held back to see a terminator of which only the second half is new.
_LOOK_BACK = 3


class SseOverflow(Exception):
    """More bytes than the limit came without an event ending."""


class EventSplitter:
    """Cuts one stream at the ends of its events. limit: how many bytes of an unfinished event are held."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._limit = limit
        self._held = bytearray()

    @property
    def tail(self) -> bytes:
        """What came after the last whole event."""
        return bytes(self._held)

    def feed(self, data: bytes) -> bytes:
        """The whole events that are complete now, empty when none is. Raises SseOverflow."""
        if not self._held:
            end = _last_end(data, 0, at_line_start=True)
            if end == len(data):
                return data
            self._held += data[end:]
            self._check()
            return data[:end]
        start = max(0, len(self._held) - _LOOK_BACK)
        self._held += data
        end = _last_end(self._held, start, at_line_start=start == 0)
        whole = bytes(self._held[:end])
        del self._held[:end]
        self._check()
        return whole

    def _check(self) -> None:
        if len(self._held) > self._limit:
            raise SseOverflow(f"an event of more than {self._limit} bytes")


def _last_end(buffer: bytes | bytearray, start: int, *, at_line_start: bool) -> int:
    """Where the last whole event of `buffer[start:]` ends, 0 when none does. At the start of a line one terminator is
    an empty line."""
    if buffer.find(b"\r", start) < 0:
        found = buffer.rfind(b"\n\n", start)
        if found >= 0:
            return found + 2
        return start + 1 if at_line_start and buffer[start : start + 1] == b"\n" else 0
    end = 0
    # A slice, so that `\A` in the pattern is the beginning of this part.
    part = buffer[start:]
    for match in _END.finditer(part):
        if match.start() > 0 or at_line_start or _is_pair(match[0]):
            end = start + match.end()
    return end


def _is_pair(terminators: bytes | bytearray) -> bool:
    """Whether these are two terminators or more."""
    return len(terminators.replace(b"\r\n", b"\n")) > 1


def split_events(events: bytes) -> list[bytes]:
    """Each event of some whole events with its terminating empty line; joined, they are `events`. Superfluous empty
    lines come with or as a piece of their own; such a piece parses to None."""
    if b"\r" not in events:
        pieces = [piece + b"\n\n" for piece in events.split(b"\n\n")]
        last = pieces.pop()[:-2]
        if last:
            pieces.append(last)
        return pieces
    pieces: list[bytes] = []
    at = 0
    for match in _END.finditer(events):
        pieces.append(events[at : match.end()])
        at = match.end()
    if at < len(events):
        pieces.append(events[at:])
    return pieces


def parse_event(event: bytes) -> tuple[str, bytes] | None:
    """Name (`message` when it has none) and data of one whole event; None for a comment or an empty line. Several
    `data` lines are joined with LF, as the specification says."""
    name = "message"
    data: list[bytes] = []
    for line in event.removeprefix(BOM).splitlines():
        field, _, value = line.partition(b":")
        if value[:1] == b" ":
            value = value[1:]
        if field == b"data":
            data.append(value)
        elif field == b"event" and value:
            name = value.decode("utf-8", "replace")
    if not data:
        return None
    return name, data[0] if len(data) == 1 else b"\n".join(data)


def iter_events(events: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and data of every event in some whole events; comments and empty lines are left out."""
    for event in split_events(events):
        parsed = parse_event(event)
        if parsed is not None:
            yield parsed


def make_event(name: str | None, payload: object) -> bytes:
    """One event with JSON data. name: the `event` field, None for a stream that has none (chat)."""
    data = msgspec.json.encode(payload)
    # Values that are passed on as they were may be pretty-printed; outside strings JSON allows line ends, SSE does not.
    if b"\n" in data or b"\r" in data:
        data = data.replace(b"\n", b" ").replace(b"\r", b" ")
    head = b"" if name is None else b"event: " + name.encode() + b"\n"
    return head + b"data: " + data + b"\n\n"
