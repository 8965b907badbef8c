"""Whether a JSON Schema keeps to the subset OpenAI enforces with `strict: true`; another one is answered with a 400.

The root is an object and no `anyOf`; every object names all its properties as required and allows no others (what
`to_strict_json_schema` of github.com/openai/openai-python 3.54.0 makes of a schema); composition other than `anyOf`,
conditions and rules for unnamed properties are refused (community.openai.com/t/932422). Both read 2026-11-21.
"""

from collections.abc import Mapping
from typing import cast

from gate.protocols.fields import mapping

_REFUSED = frozenset(
    {
        "allOf",
        "oneOf",
        "not",
        "if",
        "then",
        "else",
        "dependentRequired",
        "dependentSchemas",
        "patternProperties",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "contains",
        "minContains",
        "maxContains",
        "minProperties",
        "maxProperties",
        "prefixItems",
    }
)
_DEPTH = 64


def fits_strict(schema: Mapping[str, object]) -> bool:
    """Whether OpenAI would take the whole schema with `strict: true`."""
    return schema.get("type") == "object" and "anyOf" not in schema and _fits(schema, _DEPTH)


def _fits(value: object, depth: int) -> bool:
    schema = mapping(value)
    if depth == 0 or not _REFUSED.isdisjoint(schema):
        return False
    properties = mapping(schema.get("properties"))
    if schema.get("type") == "object" or "properties" in schema:
        required = schema.get("required")
        named = set(cast("list[object]", required)) if isinstance(required, list) else set[object]()
        if schema.get("additionalProperties") is not False or not properties.keys() <= named:
            return False
    inner = [*properties.values(), *mapping(schema.get("$defs")).values(), *mapping(schema.get("definitions")).values()]
    if isinstance(schema.get("items"), dict):
        inner.append(schema["items"])
    if isinstance(schema.get("anyOf"), list):
        inner += cast("list[object]", schema["anyOf"])
    return all(_fits(one, depth - 1) for one in inner)
