"""gate.protocols.tap: the frame every dialect's tap stands in, with a dialect of three words."""

from __future__ import annotations

from gate.core.failure import Failure, FailureKind
from gate.protocols.tap import Tap, Verdict

A, B = b"data: a\n\n", b"data: b\n\n"
DROP, FAIL, END, ODD = b"data: drop\n\n", b"data: fail\n\n", b"data: end\n\n", b"data: ?\n\n"


class ThreeWords(Tap):
    """a is content and plain, b is not plain."""

    def __init__(self) -> None:
        super().__init__()
        self.read: list[bytes] = []

    def _plain(self, event: bytes) -> bool:
        return event == A

    def _read(self, name: str, data: bytes) -> Verdict:
        self.read.append(data)
        match data:
            case b"drop":
                return Verdict.DROP
            case b"fail":
                self.failure = Failure(FailureKind.STREAM_ERROR)
            case b"end":
                self.done = True
            case b"?":
                return Verdict.UNREAD
            case _:
                self.content = True
        return Verdict.KEEP


def test_plain_events_are_not_read_once_content_has_begun() -> None:
    tap = ThreeWords()
    piece = tap.feed(A + A + B + A)
    assert tap.read == [b"a", b"b"]
    assert (piece.forward, piece.content, piece.events, piece.done) == (A + A + B + A, True, 4, False)
    events = bytes(A)
    assert tap.feed(events).forward is events
    assert tap.read == [b"a", b"b"]


def test_comments_and_unread_events_are_passed_on_and_not_counted() -> None:
    piece = ThreeWords().feed(b": x\n\n" + ODD + A + b"\n")
    assert (piece.forward, piece.events, piece.content) == (b": x\n\n" + ODD + A + b"\n", 1, True)
    assert not ThreeWords().feed(ODD).content


def test_dropped_events_are_gone_and_not_counted() -> None:
    piece = ThreeWords().feed(A + DROP + B)
    assert (piece.forward, piece.events) == (A + B, 2)
    assert ThreeWords().feed(DROP).forward == b""


def test_the_first_failure_ends_what_is_forwarded() -> None:
    tap = ThreeWords()
    piece = tap.feed(A + FAIL + B)
    assert (piece.forward, piece.events) == (A + FAIL, 2)
    assert piece.failure is not None
    assert tap.feed(B).failure is None


def test_done_stays_done() -> None:
    tap = ThreeWords()
    assert tap.feed(A + END).done
    assert tap.feed(A).done
