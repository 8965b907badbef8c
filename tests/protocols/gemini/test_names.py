"""gate.protocols.gemini.names: both spellings, and one object in the place of an array."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.gemini.names import member, objects, others, snake, strings, whole


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("functionCall", "function_call"),
        ("topP", "top_p"),
        ("responseMimeType", "response_mime_type"),
        ("_responseJsonSchema", "_response_json_schema"),
        ("text", "text"),
    ],
)
def test_names(name: str, other: str) -> None:
    assert snake(name) == other
    assert member({name: 1}, name) == member({other: 1}, name) == 1
    assert member({name: None, other: 1}, name) == 1
    assert member({}, name) is None
    assert others({name: 1, other: 2, "new": 3}, (name,)) == {"new": 3}


@pytest.mark.parametrize(
    ("value", "found"),
    [([{"a": 1}, 3, None, {"b": 2}], [{"a": 1}, {"b": 2}]), ({"a": 1}, [{"a": 1}]), ("x", []), (None, []), ([], [])],
)
def test_objects(value: Any, found: list[Any]) -> None:
    assert objects(value) == found


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (3, 3),
        ("3", 3),
        ("-7", -7),
        (3.0, 3),
        (3.5, None),
        (True, None),
        ("x", None),
        (None, None),
        (1e300, None),
        (float("nan"), None),
    ],
)
def test_integers(value: Any, number: int | None) -> None:
    assert whole(value) == number


def test_strings() -> None:
    assert strings(["a", 1, "b"]) == ("a", "b")
    assert strings("a") == ()
