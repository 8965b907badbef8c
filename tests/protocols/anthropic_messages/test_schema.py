"""gate.protocols.anthropic_messages.schema: what the API takes of a JSON schema, and what was left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.protocols.anthropic_messages.schema import recursive, strict_schema, tool_schema


def test_a_tools_schema_is_an_object_at_the_top() -> None:
    whole: dict[str, Any] = {"type": "object", "properties": {"a": {}}}
    assert tool_schema(whole) == (whole, True)
    assert tool_schema(None) == ({"type": "object", "properties": {}}, True)
    assert tool_schema({"properties": {"a": {}}}) == (whole, True)


def test_a_union_at_the_top_becomes_one_object() -> None:
    one = {"type": "object", "properties": {"a": {"type": "string"}, "k": {}}, "required": ["a", "k"]}
    two = {"type": "object", "properties": {"b": {"type": "string"}, "k": {}}, "required": ["b", "k"]}
    found, said_all = tool_schema({"anyOf": [one, two], "description": "d"})
    assert not said_all
    assert (found["type"], found["required"], found["description"]) == ("object", ["k"], "d")
    assert list(found["properties"]) == ["a", "k", "b"]  # type: ignore[call-overload]
    every, _ = tool_schema({"allOf": [one, two]})
    assert every["required"] == ["a", "k", "b"]


def test_limits_move_into_the_description() -> None:
    found, said_all = strict_schema({"type": "integer", "minimum": 1, "description": "How many."})
    assert not said_all
    assert found == {"type": "integer", "description": "How many.\n\n{minimum: 1}"}


def test_objects_are_closed_everywhere() -> None:
    schema = {
        "type": "object",
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {"a": {"type": ["object", "null"]}, "b": {"type": "array", "items": {"properties": {}}}},
        "$defs": {"d": {"oneOf": [{"type": "object"}, {"$ref": "#/$defs/d"}]}},
        "required": ["a"],
    }
    found, said_all = strict_schema(schema)
    assert said_all
    assert found == {
        "type": "object",
        "properties": {
            "a": {"type": ["object", "null"], "additionalProperties": False},
            "b": {"type": "array", "items": {"properties": {}, "additionalProperties": False}},
        },
        "$defs": {"d": {"anyOf": [{"type": "object", "additionalProperties": False}, {"$ref": "#/$defs/d"}]}},
        "required": ["a"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("schema", "kept", "said_all"),
    [
        ({"type": "array", "minItems": 1}, {"minItems": 1}, True),
        ({"type": "array", "minItems": 3}, {"description": "{minItems: 3}"}, False),
        ({"type": "string", "format": "uuid"}, {"format": "uuid"}, True),
        ({"type": "string", "format": "card"}, {"description": '{format: "card"}'}, False),
        ({"type": "string", "pattern": "^a"}, {"description": '{pattern: "^a"}'}, False),
        ({"enum": ["a", 1], "title": "t", "default": "a"}, {"enum": ["a", 1], "title": "t", "default": "a"}, True),
    ],
)
def test_keywords(schema: dict[str, Any], kept: dict[str, Any], said_all: bool) -> None:
    found, whole = strict_schema(schema)
    assert {name: value for name, value in found.items() if name != "type"} == kept
    assert whole is said_all


def test_an_open_object_is_no_longer_one() -> None:
    found, said_all = strict_schema({"type": "object", "additionalProperties": {"type": "string"}})
    assert (found, said_all) == ({"type": "object", "additionalProperties": False}, False)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {
                "$defs": {"a": {"type": "string"}},
                "properties": {"x": {"$ref": "#/$defs/a"}, "y": {"$ref": "#/$defs/a"}},
            },
            False,
        ),
        ({"properties": {"x": {"$ref": "#"}}}, True),
        ({"$defs": {"a": {"items": {"$ref": "#/$defs/a"}}}}, True),
        ({"definitions": {"a": {"anyOf": [{"$ref": "#/definitions/b"}]}, "b": {"$ref": "#/definitions/a"}}}, True),
        ({"$ref": "#/$defs/gone", "$defs": 5}, False),
    ],
)
def test_schemas_that_refer_to_themselves(schema: dict[str, Any], expected: bool) -> None:
    assert recursive(schema) is expected


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "properties", "items", "anyOf", "required", "x", "$defs"]), inner)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["type", "properties", "items", "allOf", "anyOf", "minItems"]), values))
def test_nothing_raises(schema: dict[str, Any]) -> None:
    assert tool_schema(schema)[0]["type"] == "object"
    assert isinstance(strict_schema(schema)[0], dict)
    assert recursive(schema) in (True, False)
