"""gate.protocols.gemini.schema: Gemini's schemas and JSON Schema, both ways."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.protocols.gemini.schema import Subset, to_json_schema


@pytest.mark.parametrize(
    ("own", "schema"),
    [
        ({"type": "OBJECT"}, {"type": "object"}),
        ({"type": "TYPE_UNSPECIFIED", "title": "a"}, {"title": "a"}),
        ({"type": "STRING", "nullable": True, "enum": ["a"]}, {"type": ["string", "null"], "enum": ["a", None]}),
        ({"anyOf": [{"type": "STRING"}], "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            {"type": "ARRAY", "items": {"type": "INTEGER"}, "minItems": "2"},
            {"type": "array", "items": {"type": "integer"}, "minItems": 2},
        ),
        ({"type": "OBJECT", "additional_properties": False}, {"type": "object", "additionalProperties": False}),
        (
            {"ref": "#/defs/A", "defs": {"A": {"type": "STRING"}}},
            {"$ref": "#/$defs/A", "$defs": {"A": {"type": "string"}}},
        ),
        (
            {"properties": {"type": {"type": "STRING"}, "minItems": {"type": "NUMBER"}}, "propertyOrdering": ["type"]},
            {"properties": {"type": {"type": "string"}, "minItems": {"type": "number"}}},
        ),
        (
            {"example": 3, "default": 4, "minimum": 1, "max_length": 5},
            {"examples": [3], "default": 4, "minimum": 1, "maxLength": 5},
        ),
    ],
)
def test_geminis_own(own: dict[str, Any], schema: dict[str, Any]) -> None:
    assert to_json_schema(own) == schema


@pytest.mark.parametrize(
    ("schema", "own", "lossy"),
    [
        ({"type": "string", "minLength": 1}, {"type": "STRING", "minLength": 1}, False),
        ({"type": ["integer", "null"]}, {"type": "INTEGER", "nullable": True}, False),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, {"anyOf": [{"type": "STRING"}], "nullable": True}, False),
        ({"oneOf": [{"type": "string"}]}, {"anyOf": [{"type": "STRING"}]}, False),
        ({"const": "a"}, {"type": "STRING", "enum": ["a"]}, False),
        ({"type": "integer", "enum": [1, 2]}, {"type": "INTEGER"}, True),
        (
            {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
            {"type": "INTEGER", "minimum": 1, "maximum": 8},
            False,
        ),
        ({"type": "number", "exclusiveMinimum": 0}, {"type": "NUMBER", "minimum": 0}, True),
        (
            {"type": "array", "uniqueItems": True, "items": {"type": "string"}},
            {"type": "ARRAY", "items": {"type": "STRING"}},
            True,
        ),
        (
            {"$defs": {"A": {"type": "string"}}, "properties": {"a": {"$ref": "#/$defs/A"}}},
            {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}},
            False,
        ),
        ({"$ref": "#/$defs/missing"}, {}, True),
        ({"not": {}}, {}, True),
    ],
)
def test_the_subset(schema: dict[str, Any], own: dict[str, Any], lossy: bool) -> None:
    made = Subset(schema)
    assert (made.schema, made.lossy) == (own, lossy)


def test_a_definition_that_contains_itself_ends() -> None:
    made = Subset({"$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}, "$ref": "#/$defs/A"})
    assert made.lossy


def test_several_types_become_a_choice() -> None:
    made = Subset({"type": ["string", "integer"]})
    assert made.schema["anyOf"] == [{"type": "STRING"}, {"type": "INTEGER"}]


names = st.sampled_from(["type", "properties", "items", "anyOf", "enum", "const", "$ref", "minimum", "required", "x"])
leaves = st.none() | st.booleans() | st.integers() | st.sampled_from(["string", "object", "#/$defs/x", "OBJECT"])
anything = st.recursive(leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(names, anything, max_size=5))
def test_no_schema_breaks_either(schema: dict[str, Any]) -> None:
    to_json_schema(schema)
    Subset(schema)


def test_googles_client_knows_the_subset() -> None:
    types = pytest.importorskip("google.genai").types
    wanted = {"type": "object", "properties": {"a": {"type": ["string", "null"], "maxLength": 3}}, "required": ["a"]}
    types.Schema.model_validate(Subset(wanted).schema)
