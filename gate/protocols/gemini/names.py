"""Reading Gemini's JSON: members under both of their spellings, and single elements where arrays are meant.

Google's servers read `functionCall` and `function_call` alike (protobuf's JSON mapping,
protobuf.dev/programming-guides/json, read 2026-11-21), and its own examples write one `contents` or `parts` object in
the place of an array of one. Clients make use of both.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import cast

from gate.protocols.canonical.parts import Wire
from gate.protocols.fields import mapping

NOTHING: Wire = {}
"""An object without members."""
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@cache
def snake(name: str) -> str:
    """`functionCall` -> `function_call`."""
    return _HUMP.sub(lambda found: "_" + found[1].lower(), name)


def member(value: Wire, name: str) -> object:
    """A member by its camelCase name, whichever way it is spelled; None when it is absent."""
    found = value.get(name)
    return found if found is not None else value.get(snake(name))


def text_of(value: Wire, name: str) -> str | None:
    """A member that is a string."""
    found = member(value, name)
    return found if isinstance(found, str) else None


def object_of(value: Wire, name: str) -> Wire:
    """A member that is an object; empty when it is not."""
    found = value.get(name)
    return mapping(found if found is not None else value.get(snake(name)))


def objects(value: object) -> list[Wire]:
    """The objects of an array, or the one that stands in the place of an array."""
    if isinstance(value, list):
        each = cast("list[object]", value)
        if all(isinstance(one, dict) for one in each):
            return cast("list[Wire]", each)
        return [cast("Wire", one) for one in each if isinstance(one, dict)]
    return [cast("Wire", value)] if isinstance(value, dict) else []


def strings(value: object) -> tuple[str, ...]:
    """The strings of an array."""
    if not isinstance(value, list):
        return ()
    return tuple(one for one in cast("list[object]", value) if isinstance(one, str))


def number(value: object) -> float | None:
    """A number that is no boolean."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def whole(value: object) -> int | None:
    """An integer, also where it is written as a string (protobuf's 64-bit integers are) or as a float."""
    if isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,19}", value):
        return int(value)
    found = number(value)
    return int(found) if found is not None and abs(found) < 1 << 63 and found == int(found) else None


def others(value: Wire, known: Iterable[str]) -> Mapping[str, object]:
    """The members whose names, in either spelling, are not among these."""
    taken = {spelling for name in known for spelling in (name, snake(name))}
    return {name: found for name, found in value.items() if name not in taken}
