"""Schemas: Gemini's own form (`Schema`, a subset of OpenAPI 3.0) and JSON Schema, both ways.

`Schema` of google-genai 3.4.0 and ai.google.dev/api/caching#Schema, read 2026-11-21: types in capitals, `nullable`,
64-bit integers as strings, enums of strings only, and no other keyword: an unknown one fails the whole request
("Unknown name"). Where JSON Schema itself is taken (`parametersJsonSchema`, `responseJsonSchema`), it is sent as it is;
the subset is for endpoints that are said to want it (`Quirks.schema`).
"""

from collections.abc import Mapping
from typing import cast

from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping
from gate.protocols.gemini.names import member, others, whole

_COUNTS = ("minItems", "maxItems", "minLength", "maxLength", "minProperties", "maxProperties")
_RENAMED = {"defs": "$defs", "ref": "$ref", "example": "examples"}
_NESTED = ("items", "additionalProperties")
_KNOWN = ("type", "nullable", "properties", "anyOf", "defs", "propertyOrdering", "example", *_COUNTS, *_NESTED)
_DEEPEST = 32


def to_json_schema(schema: Wire) -> dict[str, object]:
    """JSON Schema that says what a Gemini schema says."""
    made: dict[str, object] = {_RENAMED.get(name, name): value for name, value in others(schema, _KNOWN).items()}
    reference = made.get("$ref")
    if isinstance(reference, str):
        made["$ref"] = reference.replace("#/defs/", "#/$defs/")
    kind = member(schema, "type")
    if isinstance(kind, str) and kind != "TYPE_UNSPECIFIED":
        made["type"] = kind.lower()
    for name in _COUNTS:
        count = whole(member(schema, name))
        if count is not None:
            made[name] = count
    for name in _NESTED:
        inner = member(schema, name)
        if inner is not None:
            made[name] = inner if isinstance(inner, bool) else to_json_schema(mapping(inner))
    for name, written in (("properties", "properties"), ("defs", "$defs")):
        inner = member(schema, name)
        if isinstance(inner, dict):
            made[written] = {key: to_json_schema(mapping(one)) for key, one in mapping(cast("object", inner)).items()}
    choices = member(schema, "anyOf")
    if isinstance(choices, list):
        made["anyOf"] = [to_json_schema(mapping(one)) for one in cast("list[object]", choices)]
    example = member(schema, "example")
    if example is not None:
        made["examples"] = [example]
    return _or_null(made) if member(schema, "nullable") is True else made


def _or_null(schema: dict[str, object]) -> dict[str, object]:
    kind = schema.get("type")
    if isinstance(kind, str):
        schema["type"] = [kind, "null"]
        enum = schema.get("enum")
        if isinstance(enum, list):
            schema["enum"] = [*cast("list[object]", enum), None]
        return schema
    choices = schema.get("anyOf")
    return schema | {"anyOf": [*cast("list[object]", choices), {"type": "null"}]} if choices else schema


class Subset:
    """Brings a JSON Schema into Gemini's form. lossy: something had to be left out or widened."""

    _PLAIN = ("title", "description", "format", "pattern", "minimum", "maximum", "default", "required")
    _SILENT = frozenset({"$schema", "$id", "$comment", "$defs", "definitions", "additionalProperties", "examples"})

    def __init__(self, schema: Wire) -> None:
        self._definitions: dict[str, Wire] = {
            f"#/{place}/{name}": mapping(one)
            for place in ("$defs", "definitions")
            for name, one in mapping(schema.get(place)).items()
        }
        self.lossy = False
        self.schema = self._made(schema, 0)

    def _made(self, schema: Wire, depth: int) -> dict[str, object]:
        if depth > _DEEPEST:
            self.lossy = True  # a definition that contains itself
            return {}
        reference = schema.get("$ref")
        if isinstance(reference, str):
            found = self._definitions.get(reference)
            self.lossy = self.lossy or found is None
            return self._made(found, depth + 1) if found is not None else {}
        made: dict[str, object] = {name: schema[name] for name in self._PLAIN if name in schema}
        made |= {name: schema[name] for name in _COUNTS if isinstance(schema.get(name), int)}
        self._type(schema, made, depth)
        self._values(schema, made)
        self._children(schema, made, depth)
        self._bounds(schema, made)
        handled = {*made, *self._SILENT, "const", "enum", "oneOf", "anyOf", "exclusiveMinimum", "exclusiveMaximum"}
        self.lossy = self.lossy or any(name not in handled for name in schema)
        return made

    def _type(self, schema: Wire, made: dict[str, object], depth: int) -> None:
        kinds = schema.get("type")
        named = [kinds] if isinstance(kinds, str) else cast("list[object]", kinds) if isinstance(kinds, list) else []
        wanted = [kind.upper() for kind in named if isinstance(kind, str) and kind != "null"]
        if len(wanted) < len(named):
            made["nullable"] = True
        if len(wanted) == 1:
            made["type"] = wanted[0]
        elif wanted:
            made["anyOf"] = [self._made({**schema, "type": kind.lower()}, depth + 1) for kind in wanted]
            made["type"] = wanted[0]
            self.lossy = True
        elif "properties" in schema:
            made["type"] = "OBJECT"
        elif "items" in schema:
            made["type"] = "ARRAY"

    def _values(self, schema: Wire, made: dict[str, object]) -> None:
        values = [schema["const"]] if "const" in schema else schema.get("enum")
        if not isinstance(values, list):
            return
        named = [one for one in cast("list[object]", values) if one is not None]
        if all(isinstance(one, str) for one in named):
            made["enum"] = named
            made.setdefault("type", "STRING")
        else:
            self.lossy = True  # the type stays, the choice does not

    def _children(self, schema: Wire, made: dict[str, object], depth: int) -> None:
        properties = schema.get("properties")
        if isinstance(properties, dict):
            inner = cast("Mapping[str, object]", properties)
            made["properties"] = {name: self._made(mapping(one), depth + 1) for name, one in inner.items()}
        if isinstance(schema.get("items"), dict):
            made["items"] = self._made(mapping(schema["items"]), depth + 1)
        choices = schema.get("anyOf", schema.get("oneOf"))
        if isinstance(choices, list):
            each = [mapping(one) for one in cast("list[object]", choices)]
            kept = [one for one in each if one.get("type") != "null"]
            if len(kept) < len(each):
                made["nullable"] = True
            made["anyOf"] = [self._made(one, depth + 1) for one in kept]

    def _bounds(self, schema: Wire, made: dict[str, object]) -> None:
        """Exclusive bounds become inclusive ones: for integers exactly, for others one value too many."""
        for name, written, step in (("exclusiveMinimum", "minimum", 1), ("exclusiveMaximum", "maximum", -1)):
            bound = schema.get(name)
            if isinstance(bound, int | float) and not isinstance(bound, bool):
                exact = made.get("type") == "INTEGER" and isinstance(bound, int)
                made.setdefault(written, bound + step if exact else bound)
                self.lossy = self.lossy or not exact
