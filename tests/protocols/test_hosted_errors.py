"""Errors and frames of the clouds in the words of the messages dialect, as its classification reads them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.failure import FailureKind as K
from gate.protocols.anthropic_messages.stream import MessagesTap
from gate.protocols.classify import classify
from gate.protocols.framing import Frame, FrameDecoder, FramingError
from gate.protocols.hosted_errors import event, messages_error
from gate.protocols.sse import parse_event
from tests.harness.eventstream import chunk, exception, frame

AWS = "http://internal.amazon.com/coral/com.amazon.bedrock/"


def aws(name: str, status: int, message: str) -> tuple[str, str, K]:
    """Type and message the client reads, and what Gate makes of it."""
    headers = [(b"x-amzn-ErrorType", f"{name}:{AWS}".encode())]
    body = messages_error(status, headers, json.dumps({"message": message}).encode())
    error = json.loads(body)
    assert error["type"] == "error"
    return error["error"]["type"], error["error"]["message"], classify(status, headers, body).kind


@pytest.mark.parametrize(
    ("name", "status", "message", "kind", "failure"),
    [
        ("ThrottlingException", 429, "Too many requests", "rate_limit_error", K.RATE_LIMITED),
        ("ThrottlingException", 429, "Too many tokens, please wait", "rate_limit_error", K.RATE_LIMITED),
        ("ValidationException", 400, "messages: required", "invalid_request_error", K.INVALID_REQUEST),
        (
            "ValidationException",
            400,
            "Input is too long for requested model.",
            "invalid_request_error",
            K.CONTEXT_OVERFLOW,
        ),
        (
            "ValidationException",
            400,
            "The provided model identifier is invalid.",
            "invalid_request_error",
            K.MODEL_UNAVAILABLE,
        ),
        ("ServiceQuotaExceededException", 400, "beyond the quota", "rate_limit_error", K.RATE_LIMITED),
        ("AccessDeniedException", 403, "not authorized", "permission_error", K.PERMISSION_DENIED),
        ("ExpiredTokenException", 403, "The token has expired", "authentication_error", K.INVALID_AUTH),
        ("UnrecognizedClientException", 403, "The token is invalid", "authentication_error", K.INVALID_AUTH),
        ("InvalidSignatureException", 403, "does not match", "authentication_error", K.INVALID_AUTH),
        ("ResourceNotFoundException", 404, "no such model", "not_found_error", K.MODEL_UNAVAILABLE),
        ("ModelTimeoutException", 408, "too slow", "timeout_error", K.UPSTREAM_TIMEOUT),
        ("ModelErrorException", 424, "the model failed", "api_error", K.SERVER_ERROR),
        ("ModelNotReadyException", 429, "not ready", "overloaded_error", K.RATE_LIMITED),
        ("InternalServerException", 500, "oh", "api_error", K.SERVER_ERROR),
        ("ServiceUnavailableException", 503, "later", "overloaded_error", K.OVERLOADED),
        ("SomethingNewException", 503, "later", "overloaded_error", K.OVERLOADED),
    ],
)
def test_aws(name: str, status: int, message: str, kind: str, failure: K) -> None:
    assert aws(name, status, message) == (kind, message, failure)


@pytest.mark.parametrize(
    ("word", "status", "kind", "failure"),
    [
        ("RESOURCE_EXHAUSTED", 429, "rate_limit_error", K.RATE_LIMITED),
        ("INVALID_ARGUMENT", 400, "invalid_request_error", K.INVALID_REQUEST),
        ("UNAUTHENTICATED", 401, "authentication_error", K.INVALID_AUTH),
        ("PERMISSION_DENIED", 403, "permission_error", K.PERMISSION_DENIED),
        ("NOT_FOUND", 404, "not_found_error", K.MODEL_UNAVAILABLE),
        ("UNAVAILABLE", 503, "overloaded_error", K.OVERLOADED),
    ],
)
def test_google(word: str, status: int, kind: str, failure: K) -> None:
    told = {"error": {"code": status, "message": "what Google says", "status": word}}
    body = messages_error(status, [], json.dumps(told).encode())
    assert json.loads(body) == {"type": "error", "error": {"type": kind, "message": "what Google says"}}
    assert classify(status, [], body).kind is failure
    assert messages_error(status, [], json.dumps([told]).encode()) == body


@pytest.mark.parametrize(
    "body",
    [b'{"type":"error","error":{"type":"x","message":"its own"}}', b"<html>", b"", b"[]", b'{"message":7}', b"\xff"],
)
def test_what_is_anthropics_own_or_nobodys_passes(body: bytes) -> None:
    assert messages_error(400, [], body) == body


def only(data: bytes) -> Frame:
    (found,) = FrameDecoder().feed(data)
    return found


def test_a_chunk_is_the_models_own_event() -> None:
    delta = b'{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"h\\u00e9"}}'
    assert event(only(chunk(delta))) == b"event: content_block_delta\ndata: " + delta + b"\n\n"


def test_an_event_on_several_lines_stays_one_event() -> None:
    assert event(only(chunk(b'{\n"type":\r\n"ping"}'))) == b'event: ping\ndata: { "type":  "ping"}\n\n'


def test_a_type_cannot_break_out_of_its_line() -> None:
    assert event(only(chunk({"type": "a\nevent: error"}))).startswith(b"event: message\ndata: ")


@pytest.mark.parametrize(
    ("name", "kind", "failure"),
    [
        ("throttlingException", "rate_limit_error", K.RATE_LIMITED),
        ("serviceUnavailableException", "overloaded_error", K.OVERLOADED),
        ("modelTimeoutException", "timeout_error", K.UPSTREAM_TIMEOUT),
        ("validationException", "invalid_request_error", K.INVALID_REQUEST),
        ("internalServerException", "api_error", K.STREAM_ERROR),
        ("modelStreamErrorException", "api_error", K.STREAM_ERROR),
    ],
)
def test_an_exception_in_a_stream_is_the_dialects_error_event(name: str, kind: str, failure: K) -> None:
    told = event(only(exception(name, "its words")))
    parsed = parse_event(told)
    assert parsed is not None and parsed[0] == "error"
    assert json.loads(parsed[1]) == {"type": "error", "error": {"type": kind, "message": "its words"}}
    read = MessagesTap().feed(told).failure
    assert read is not None and read.kind is failure


def test_an_overflow_in_a_stream_is_seen() -> None:
    told = event(only(exception("validationException", "Input is too long for requested model.")))
    read = MessagesTap().feed(told).failure
    assert read is not None and read.kind is K.CONTEXT_OVERFLOW


def test_an_error_of_the_connection_is_told_too() -> None:
    names: dict[str, object] = {":message-type": "error", ":error-code": "Throttling", ":error-message": "words"}
    assert b'"rate_limit_error","message":"words"' in event(only(frame(names, b"")))
    assert b'"the stream was broken off"' in event(only(frame({":message-type": "error"}, b"")))


def test_frames_of_other_kinds_are_nothing() -> None:
    assert event(only(frame({":message-type": "event", ":event-type": "initial-response"}, b"{}"))) == b""


@given(st.binary(max_size=80))
def test_a_chunk_of_noise_is_an_error_and_nothing_else(payload: bytes) -> None:
    names: dict[str, object] = {":message-type": "event", ":event-type": "chunk"}
    try:
        assert event(only(frame(names, payload))).startswith(b"event: ")
    except FramingError:
        pass
