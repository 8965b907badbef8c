"""Finds the codec of a dialect. A dialect is a package beside this module with a `CODEC`; there is no list to edit."""

import pkgutil
from functools import cache
from importlib import import_module

from gate import protocols
from gate.core.dialect import Dialect
from gate.protocols.codec import Codec


@cache
def codecs() -> dict[Dialect, Codec]:
    """All dialects that Gate speaks."""
    found: dict[Dialect, Codec] = {}
    for module in pkgutil.iter_modules(protocols.__path__):
        if module.ispkg:
            made: Codec | None = getattr(import_module(f"{protocols.__name__}.{module.name}"), "CODEC", None)
            if made is not None:
                found[made.dialect] = made
    return found


def codec(dialect: Dialect) -> Codec:
    """Raises LookupError for a dialect Gate does not speak."""
    return codecs()[dialect]
