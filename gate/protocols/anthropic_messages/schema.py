"""JSON schemas as Anthropic takes them.

A tool's schema must be an object at the top. Output formats and strict tools are held to a subset
(platform.claude.com/docs/en/build-with-claude/structured-outputs, read 2026-11-21): no limits of numbers, lengths and
sizes, nothing recursive, `additionalProperties` false in every object. What is left out is said in the description, as
the vendor's own SDKs do.
"""

from collections.abc import Mapping
from typing import cast

from gate.protocols.anthropic_messages.body import array, json_text
from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping

_UNIONS = ("anyOf", "oneOf", "allOf")
# Keywords of the subset; everything else is left out.
_KEPT = frozenset(
    {"$ref", "type", "enum", "const", "description", "title", "default", "required", "minItems", "format"}
)
_INNER = frozenset({"$defs", "definitions", "properties", *_UNIONS, "items", "additionalProperties"})
_DEFINED = ("$defs", "definitions")
_SILENT = frozenset({"$schema", "$id", "$comment", "examples", "strict"})
_FORMATS = frozenset({"date-time", "time", "date", "duration", "email", "hostname", "uri", "ipv4", "ipv6", "uuid"})


def tool_schema(schema: Wire | None) -> tuple[Wire, bool]:
    """An object schema for a tool, and whether it says as much as the one given."""
    if schema is None:
        return {"type": "object", "properties": {}}, True
    union = next((name for name in _UNIONS if name in schema), None)
    if union is None:
        return (schema if schema.get("type") == "object" else {**schema, "type": "object"}), True
    return _joined(schema, union), False


def _joined(schema: Wire, union: str) -> Wire:
    """A union at the top, which is refused, as one object of everything its branches know."""
    branches = [mapping(branch) for branch in array(schema[union])]
    properties: dict[str, object] = {}
    for branch in (*branches, schema):
        properties |= mapping(branch.get("properties"))
    wanted = [[name for name in array(branch.get("required")) if isinstance(name, str)] for branch in branches]
    if union == "allOf":
        required = [name for names in wanted for name in names]
    else:
        required = [name for name in (wanted[0] if wanted else []) if all(name in names for names in wanted)]
    required += [name for name in array(schema.get("required")) if isinstance(name, str)]
    rest = {name: value for name, value in schema.items() if name not in _UNIONS}
    return {**rest, "type": "object", "properties": properties, "required": list(dict.fromkeys(required))}


def strict_schema(schema: Wire) -> tuple[Wire, bool]:
    """A schema of the subset, and whether nothing had to be left out."""
    fitter = _Fitter()
    return fitter.fit(schema), fitter.whole


def recursive(schema: Wire) -> bool:
    """Whether a schema refers to itself, directly or by way of its definitions: such a one is refused."""
    named = {f"#/{where}/{name}": inner for where in _DEFINED for name, inner in mapping(schema.get(where)).items()}
    links = {name: _references(inner) for name, inner in named.items()}
    links["#"] = _references({name: value for name, value in schema.items() if name not in _DEFINED})
    for begin in links:
        reached: set[str] = set()
        ahead = list(links[begin])
        while ahead:
            name = ahead.pop()
            if name == begin:
                return True
            if name not in reached:
                reached.add(name)
                ahead += links.get(name, ())
    return False


def _references(value: object) -> set[str]:
    """Every `$ref` inside a schema."""
    found: set[str] = set()
    ahead = [value]
    while ahead:
        inner = ahead.pop()
        if isinstance(inner, dict):
            reference = mapping(cast("object", inner)).get("$ref")
            if isinstance(reference, str):
                found.add(reference)
            ahead += mapping(cast("object", inner)).values()
        else:
            ahead += array(inner)
    return found


class _Fitter:
    def __init__(self) -> None:
        self.whole = True

    def fit(self, schema: Wire) -> dict[str, object]:
        """One schema; raises nothing, whatever stands in it."""
        made = {name: value for name, value in schema.items() if name in _KEPT}
        said: dict[str, object] = {}
        for name, value in schema.items():
            if name in _INNER:
                self._inner(made, name, value)
            elif name not in _KEPT and name not in _SILENT:
                said[name] = value
        if made.get("minItems") not in (None, 0, 1):
            said["minItems"] = made.pop("minItems")
        if made.get("format") not in (None, *_FORMATS):
            said["format"] = made.pop("format")
        if "properties" in made or _is_object(made.get("type")):
            if "additionalProperties" in schema and schema["additionalProperties"] is not False:
                self.whole = False
            made["additionalProperties"] = False
        if said:
            self.whole = False
            told = ", ".join(f"{name}: {json_text(value)}" for name, value in said.items())
            before = made.get("description")
            made["description"] = f"{before}\n\n{{{told}}}" if isinstance(before, str) and before else f"{{{told}}}"
        return made

    def _inner(self, made: dict[str, object], name: str, value: object) -> None:
        match name:
            case "$defs" | "definitions" | "properties":
                made[name] = {key: self.fit(mapping(inner)) for key, inner in mapping(value).items()}
            case "anyOf" | "allOf":
                made[name] = [self.fit(mapping(inner)) for inner in array(value)]
            case "oneOf":
                made["anyOf"] = [self.fit(mapping(inner)) for inner in array(value)]
            case "items" if isinstance(value, dict):
                made[name] = self.fit(cast("Mapping[str, object]", value))
            case _:
                pass


def _is_object(kind: object) -> bool:
    return kind == "object" or (isinstance(kind, list) and "object" in cast("list[object]", kind))
