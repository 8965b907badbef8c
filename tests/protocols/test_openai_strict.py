"""gate.protocols.openai_strict: what OpenAI takes with `strict: true`."""

from __future__ import annotations

from typing import Any

import pytest

from gate.protocols.openai_strict import fits_strict


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    "schema",
    [
        closed(),
        closed(a={"type": "string"}),
        closed(a={"type": ["string", "null"]}, b=closed(c={"type": "number"})),
        closed(a={"type": "array", "items": closed(b={"type": "string"})}),
        closed(a={"anyOf": [{"type": "string"}, closed(b={"type": "null"})]}),
        {**closed(a={"$ref": "#/$defs/x"}), "$defs": {"x": closed(b={"type": "string"})}},
    ],
)
def test_fits(schema: dict[str, Any]) -> None:
    assert fits_strict(schema)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "string"},
        {"type": "object"},
        {**closed(a={}), "additionalProperties": True},
        {**closed(a={}), "required": []},
        {**closed(a={}), "anyOf": [closed()]},
        {**closed(a={}), "oneOf": [closed()]},
        closed(a={"type": "object", "properties": {}}),
        closed(a={"allOf": [{"type": "string"}]}),
        closed(a={"type": "array", "items": {"type": "object"}}),
        closed(a={"anyOf": [{"type": "object"}]}),
        {**closed(a={"$ref": "#/$defs/x"}), "$defs": {"x": {"type": "object"}}},
        closed(a={"not": {}}),
    ],
)
def test_does_not_fit(schema: dict[str, Any]) -> None:
    assert not fits_strict(schema)


def test_endless_depth_is_refused() -> None:
    schema: dict[str, Any] = closed()
    for _ in range(100):
        schema = closed(a=schema)
    assert not fits_strict(schema)
