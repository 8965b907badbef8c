"""gate.protocols.anthropic_messages.body: whole bodies, what is wrong with them, and typed reading of members."""

from __future__ import annotations

import json

import pytest

from gate.core.errors import ErrorCode, GateError
from gate.protocols.anthropic_messages.body import (
    answer_object,
    array,
    filled,
    json_text,
    members,
    object_in,
    request_object,
    string,
)


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"a": [1, null, "\xc3\xa9"]}', {"a": [1, None, "é"]}),
        (b'{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\xff\\udc00"}', {"a": "\ufffd\ufffd"}),
    ],
)
def test_bodies_are_read_with_what_is_no_character_replaced(body: bytes, read: dict[str, object]) -> None:
    assert request_object(body) == read
    assert answer_object(body) == read


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1]", ErrorCode.INVALID_BODY),
        (b"null", ErrorCode.INVALID_BODY),
        (b"", ErrorCode.INVALID_JSON),
        (b'{"a": ', ErrorCode.INVALID_JSON),
        (b'{"a": 1} x', ErrorCode.INVALID_JSON),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", ErrorCode.TOO_DEEP),
    ],
)
def test_what_is_no_object_is_refused(body: bytes, code: ErrorCode) -> None:
    with pytest.raises(GateError) as refused:
        request_object(body)
    assert refused.value.code is code
    with pytest.raises(ValueError, match="not a JSON object"):
        answer_object(body)


def test_an_error_is_no_answer() -> None:
    with pytest.raises(ValueError, match="an error in place of an answer"):
        answer_object(b'{"error": {"type": "overloaded_error"}}')
    assert answer_object(b'{"error": null, "id": "msg_1"}') == {"error": None, "id": "msg_1"}


@pytest.mark.parametrize(
    ("value", "as_string", "as_filled", "as_members", "as_array"),
    [
        ("x", "x", "x", None, []),
        ("", "", None, None, []),
        ({"b": 1}, "", None, {"b": 1}, []),
        ({}, "", None, None, []),
        ([1, "x"], "", None, None, [1, "x"]),
        (5, "", None, None, []),
        (None, "", None, None, []),
    ],
)
def test_members_are_read_by_type(
    value: object, as_string: str, as_filled: str | None, as_members: object, as_array: list[object]
) -> None:
    source = {"a": value}
    assert (string(source, "a"), filled(source, "a"), members(source, "a")) == (as_string, as_filled, as_members)
    assert array(value) == as_array
    assert (string({}, "a"), filled({}, "a"), members({}, "a")) == ("", None, None)


def test_arguments_keep_their_numbers_and_order() -> None:
    text = '{"z":1.0,"a":1e5,"big":123456789012345678901234567890}'
    found = object_in(text)
    assert found is not None
    assert json_text(found) == text
    assert json_text({"é": [1, None]}) == '{"é":[1,null]}'


@pytest.mark.parametrize("text", ["", "[1]", "null", '{"a":', "x", '{"a": "\ud83d"}'])
def test_what_spells_no_object(text: str) -> None:
    assert object_in(text) is None


def test_an_empty_object_is_one() -> None:
    assert object_in(" {} ") == {}
    assert json.loads(json_text(object_in('{"a": {"b": []}}'))) == {"a": {"b": []}}
