"""TraceQL that can only name attributes the registry puts on a span of this profile."""

import re

from gate.telemetry.registry import Registry

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATTRIBUTE = re.compile(r"\b(span|resource|event|link)\.([\w.]+)")
_RESOURCE = ("service.name", "service.version", "service.instance.id")


class TraceQueryError(ValueError):
    """A TraceQL query that names an attribute no span of this profile has."""


def checked(text: str, registry: Registry, profile: str) -> str:
    """The query as it is. Raises TraceQueryError."""
    for scope, name in _ATTRIBUTE.findall(_STRING.sub('""', text)):
        if scope == "resource":
            known = name in _RESOURCE
        else:
            attribute = registry.attributes.get(name)
            known = (
                scope == "span" and attribute is not None and bool(attribute.spans) and registry.has(profile, attribute)
            )
        if not known:
            raise TraceQueryError(f"no span has {scope}.{name} in profile {profile}: {text}")
    return text
