"""gate.protocols.openai_responses.values: members by type, and what an upstream sent with its odd characters."""

from __future__ import annotations

import msgspec
import pytest

from gate.protocols.openai_responses.values import (
    array,
    boolean,
    filled,
    integer,
    is_object,
    number,
    read_json,
    string,
    strings,
)

_OBJECT = msgspec.json.Decoder(dict[str, object])


@pytest.mark.parametrize(
    ("data", "read"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'{"a": "x\\ud83d"}', {"a": "x\ufffd"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": "\xff"}', {"a": "\ufffd"}),
        (b'{"a": "\xff\\udc00"}', {"a": "\ufffd\ufffd"}),
        (b"[1]", None),
        (b'{"a": ', None),
        (b"", None),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
    ],
)
def test_what_an_upstream_sent(data: bytes, read: dict[str, object] | None) -> None:
    assert read_json(data, _OBJECT) == read


@pytest.mark.parametrize(
    ("value", "as_integer", "as_number"),
    [
        (5, 5, 5),
        (5.0, 5, 5.0),
        (5.5, None, 5.5),
        (-1, -1, -1),
        (True, None, None),
        ("5", None, None),
        (None, None, None),
        (float("inf"), None, float("inf")),
    ],
)
def test_numbers(value: object, as_integer: int | None, as_number: float | None) -> None:
    assert integer(value) == as_integer
    assert number(value) == as_number
    assert type(integer(value)) in (int, type(None))


@pytest.mark.parametrize(
    ("value", "as_string", "as_filled", "as_array", "as_strings"),
    [
        ("x", "x", "x", [], []),
        ("", "", None, [], []),
        (["a", 5, None, "", ["b"]], None, None, ["a", 5, None, "", ["b"]], ["a", ""]),
        ({"a": 1}, None, None, [], []),
        (0, None, None, [], []),
    ],
)
def test_strings_and_arrays(
    value: object, as_string: str | None, as_filled: str | None, as_array: list[object], as_strings: list[str]
) -> None:
    assert (string(value), filled(value)) == (as_string, as_filled)
    assert list(array(value)) == as_array
    assert strings(value) == as_strings


def test_only_booleans_are_booleans_and_only_objects_objects() -> None:
    assert [boolean(value) for value in (True, False, 1, 0, "true", None)] == [True, False, None, None, None, None]
    assert [is_object(value) for value in ({}, {"a": 1}, [], "{}", None)] == [True, True, False, False, False]
