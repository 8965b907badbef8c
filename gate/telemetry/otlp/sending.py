"""What a sender is, and what came of one attempt: the vocabulary between workers and the two protocols."""

from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Verdict(Enum):
    """SENT: taken. RETRY: may be tried again. REFUSED: the collector does not want it. FAILED: it cannot be sent."""

    SENT = "sent"
    RETRY = "retry"
    REFUSED = "refused"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt. why: a short code for logs (`http_503`, `timeout`, `unreachable`), never text of the other side.

    rejected: records that the collector counted as not taken though it said success. retry_after_s: its wish.
    unreachable: no connection came about, so nothing is gained by asking once more at once. too_large: refused, and a
    smaller request may be taken.
    """

    verdict: Verdict
    why: str = ""
    rejected: int = 0
    retry_after_s: float | None = None
    unreachable: bool = False
    too_large: bool = False


class Sender(Protocol):
    """One attempt at a time, from one thread. Never raises for what the network or the collector does."""

    @property
    def address(self) -> str:
        """For logs, without credentials."""
        ...

    def send(self, body: bytes, timeout_s: float) -> Result:
        """One attempt at an encoded request."""
        ...

    def abort(self) -> None:
        """From another thread: make a `send` that is under way end soon. Nothing is sent after it."""
        ...

    def reset(self) -> None:
        """In a forked child: forget the parent's connection without touching it."""
        ...


def rejected_records(answer: bytes) -> int:
    """`partial_success.rejected_*` of an export response: field 1 of field 1, in all three signals. 0 when there is
    none, or when the answer is not what it should be."""
    try:
        for number, value in _fields(answer):
            if number == 1 and isinstance(value, bytes):
                for inner, count in _fields(value):
                    if inner == 1 and isinstance(count, int):
                        return count if count < 1 << 63 else 0
    except (IndexError, ValueError):
        pass
    return 0


def _fields(message: bytes) -> list[tuple[int, int | bytes]]:
    """Varint and length-delimited fields of a message. Raises IndexError or ValueError for what is no message."""
    found: list[tuple[int, int | bytes]] = []
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        if tag & 7 == 0:
            number, at = _read_varint(message, at)
            found.append((tag >> 3, number))
        elif tag & 7 == 2:
            size, at = _read_varint(message, at)
            if at + size > len(message):
                raise ValueError("cut short")
            found.append((tag >> 3, message[at : at + size]))
            at += size
        else:
            raise ValueError("not a wire type of these messages")
    return found


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise ValueError("too long")


def retry_delay(details: bytes) -> float | None:
    """Seconds of the `RetryInfo` in a `google.rpc.Status` (gRPC's `grpc-status-details-bin`); None without one.

    Status {3 details: Any {1 type_url, 2 value}}, RetryInfo {1 retry_delay: Duration {1 seconds, 2 nanos}}.
    Source: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-throttling
    """
    try:
        for number, detail in _fields(details):
            if number != 3 or not isinstance(detail, bytes):
                continue
            parts = dict(_fields(detail))
            kind, value = parts.get(1), parts.get(2, b"")
            if isinstance(kind, bytes) and kind.endswith(b"google.rpc.RetryInfo") and isinstance(value, bytes):
                delay = dict(_fields(value)).get(1, b"")
                duration = dict(_fields(delay)) if isinstance(delay, bytes) else {}
                seconds, nanos = duration.get(1, 0), duration.get(2, 0)
                if isinstance(seconds, int) and isinstance(nanos, int) and seconds < 1 << 63:
                    return seconds + nanos / 1e9
    except (IndexError, ValueError):
        pass
    return None
