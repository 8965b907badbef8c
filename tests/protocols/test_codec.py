"""gate.protocols.codec: what holds for every dialect behind the one interface."""

from __future__ import annotations

import pytest

from gate.core.dialect import Dialect, Operation
from gate.core.errors import ErrorCode, GateError
from gate.core.failure import FailureKind
from gate.protocols.codec import Codec
from gate.protocols.registry import codecs
from gate.protocols.sse import EventSplitter, iter_events
from tests.protocols import reading

every = pytest.mark.parametrize("codec", codecs().values(), ids=list(codecs()))
BODY = b'{"model":"m","stream":true,"messages":[],"input":[],"contents":[],"stream_options":{"include_usage":true}}'


@every
def test_a_ping_is_whole_and_nothing_to_the_client(codec: Codec) -> None:
    assert EventSplitter().feed(codec.ping) == codec.ping
    assert [name for name, _ in iter_events(codec.ping)] in ([], ["ping"])
    tap = codec.tap(reading.SCANNED)
    piece = tap.feed(codec.ping)
    assert (piece.forward, piece.content, piece.failure) == (codec.ping, False, None)


@every
def test_scan_and_rewrite(codec: Codec) -> None:
    scanned = codec.scan(BODY, Operation.CHAT)
    if codec.dialect is Dialect.GEMINI:  # there the path says both
        assert (scanned.model, scanned.stream) == ("", False)
        assert codec.rewrite(BODY, scanned, "n") == BODY
        return
    assert (scanned.model, scanned.stream) == ("m", True)
    assert codec.rewrite(BODY, scanned, "n") == BODY.replace(b'"m"', b'"n"')


@every
@pytest.mark.parametrize("code", ErrorCode)
def test_error_events_are_read_as_failures_by_the_dialects_own_tap(codec: Codec, code: ErrorCode) -> None:
    event = codec.tap(reading.SCANNED).error_event(GateError(code, "words"))
    assert EventSplitter().feed(event) == event
    piece = codec.tap(reading.SCANNED).feed(event)
    assert piece.failure is not None
    assert not piece.content


@every
def test_the_same_errors_are_classified_the_same(codec: Codec) -> None:
    assert codec.classify(529, [], b"").kind is FailureKind.OVERLOADED
    status, headers, body = codec.error_response(GateError(ErrorCode.CONTEXT_TOO_LONG, "too long"), "req_1")
    assert codec.classify(status, headers, body).kind is FailureKind.CONTEXT_OVERFLOW
