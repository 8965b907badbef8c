"""What is read of an upstream's error, and when its words give way."""

import pytest

from gate.core.errors import ErrorCode
from gate.core.failure import Failure, FailureKind
from gate.engine.upstream_error import UpstreamError, code_of, gate_error, needs_rewording, read_error
from gate.protocols.overflow import numbers
from tests.planner.worlds import request, route


def test_an_error_body_is_its_own_body() -> None:
    data = b'{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'
    told = read_error(data)
    assert told is not None
    assert (told.message, told.body) == ("Overloaded", data)


def test_a_failed_response_has_words_but_no_body() -> None:
    told = read_error(b'{"type":"response.failed","response":{"id":"r","error":{"code":"x","message":"broke"}}}')
    assert told is not None
    assert (told.message, told.body) == ("broke", None)


@pytest.mark.parametrize("data", [b"", b"<html>", b"[]", b'{"error":null}', b'{"response":{"error":null}}', b"\xff"])
def test_what_is_no_error(data: bytes) -> None:
    assert read_error(data) is None
    assert UpstreamError(500, [], data).words() is None


def test_only_an_overflow_nobody_understands_is_reworded() -> None:
    def reworded(kind: FailureKind, body: bytes) -> bool:
        return needs_rewording(kind, UpstreamError(400, [], body))

    assert reworded(FailureKind.CONTEXT_OVERFLOW, b'{"error":{"message":"too large for model"}}')
    assert not reworded(FailureKind.CONTEXT_OVERFLOW, b'{"error":"prompt is too long: 5 tokens > 4 maximum"}')
    assert not reworded(FailureKind.CONTEXT_OVERFLOW, b'{"code":"context_length_exceeded"}')
    assert not reworded(FailureKind.INVALID_REQUEST, b'{"anything":1}')


@pytest.mark.parametrize("body", [b"", b"<html>502</html>", b"busy", b"[1]"])
def test_what_no_client_can_read_is_reworded(body: bytes) -> None:
    assert needs_rewording(FailureKind.SERVER_ERROR, UpstreamError(502, [], body))


@pytest.mark.parametrize("kind", FailureKind)
def test_every_kind_has_a_code(kind: FailureKind) -> None:
    assert code_of(kind) in ErrorCode


@pytest.mark.parametrize(
    ("words", "window", "said"),
    [
        ("prompt is too long: 9 tokens > 5 maximum", 7, "prompt is too long: 9 tokens > 5 maximum"),
        ("Your input exceeds the context window", 200, "about 1000 input tokens do not fit a context window of 200"),
        ("Your input exceeds the context window", 5_000, "about 5001 input tokens do not fit a context window of 5000"),
        ("maximum context length is 300 tokens", None, "about 1000 input tokens do not fit a context window of 300"),
        ("Your input exceeds the context window", None, "about 1000 input tokens do not fit a context window of 999"),
    ],
)
def test_an_overflow_has_the_two_numbers_that_coding_clients_make_room_by(
    words: str, window: int | None, said: str
) -> None:
    failure = Failure(FailureKind.CONTEXT_OVERFLOW, status=400)
    tried = route("anth/m", "a/mid", context_window=window)
    error = gate_error(failure, words, request(), tried)
    assert error.code is ErrorCode.CONTEXT_TOO_LONG
    assert words in error.message
    assert said in error.message
    assert numbers(error.message) != (None, None)


def test_other_errors_keep_their_words_and_the_wait() -> None:
    failure = Failure(FailureKind.RATE_LIMITED, status=429, retry_after_s=7.0)
    error = gate_error(failure, "slow down", request(), None)
    assert (error.code, error.message, error.retry_after_s) == (ErrorCode.UPSTREAM_RATE_LIMITED, "slow down", 7.0)
