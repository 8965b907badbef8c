"""gate.protocols.openai_chat.body: whole bodies, and how each unreadable one is refused."""

from __future__ import annotations

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.protocols.openai_chat.body import answer_object, request_object

DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


def test_a_body_is_read_whole() -> None:
    body = '{"model": "m", "n": 1, "x": null, "messages": [{"content": "hé"}]}'.encode()
    whole = {"model": "m", "n": 1, "x": None, "messages": [{"content": "hé"}]}
    assert request_object(body) == whole
    assert answer_object(body) == whole


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (rb'{"a": "x\ud83d"}', "x\ufffd"),
        (rb'{"a": "\ude00x"}', "\ufffdx"),
        (rb'{"a": "\ud83d\ude00"}', "\U0001f600"),
        (b'{"a": "x\xff"}', "x\ufffd"),
    ],
)
def test_broken_text_is_mended(body: bytes, text: str) -> None:
    assert request_object(body) == {"a": text}
    assert answer_object(body) == {"a": text}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", ErrorCode.INVALID_JSON),
        (b'{"a": 1', ErrorCode.INVALID_JSON),
        (b'{"a": 1} x', ErrorCode.INVALID_JSON),
        (b"\xff", ErrorCode.INVALID_JSON),
        (b"[]", ErrorCode.INVALID_BODY),
        (b"null", ErrorCode.INVALID_BODY),
        (DEEP, ErrorCode.TOO_DEEP),
    ],
    ids=["empty", "cut", "trailing", "no_utf8", "array", "null", "deep"],
)
def test_unreadable_bodies(body: bytes, code: ErrorCode) -> None:
    with pytest.raises(GateError) as caught:
        request_object(body)
    assert caught.value.code is code
    with pytest.raises(ValueError, match=r"^not a JSON object$"):
        answer_object(body)


def test_an_error_is_no_answer() -> None:
    with pytest.raises(ValueError, match=r"^an error in place of an answer$"):
        answer_object(b'{"error": {"message": "busy"}}')
    assert answer_object(b'{"error": null, "id": "c"}') == {"error": None, "id": "c"}
