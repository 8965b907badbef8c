"""Finds what Gate knows of a dialect. A dialect is a package beside this module with a `CODEC` and a `TRANSLATOR`;
there is no list to edit."""

import pkgutil
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from types import ModuleType

from gate import protocols
from gate.core.dialect import Dialect
from gate.protocols.codec import Codec
from gate.protocols.translation import Translator


def _packages() -> Iterator[ModuleType]:
    for module in pkgutil.iter_modules(protocols.__path__):
        if module.ispkg:
            yield import_module(f"{protocols.__name__}.{module.name}")


@cache
def codecs() -> dict[Dialect, Codec]:
    """All dialects that Gate speaks."""
    found: list[Codec] = [package.CODEC for package in _packages() if hasattr(package, "CODEC")]
    return {codec.dialect: codec for codec in found}


@cache
def translators() -> dict[Dialect, Translator]:
    """All dialects that Gate can put requests and answers into."""
    found: list[Translator] = [package.TRANSLATOR for package in _packages() if hasattr(package, "TRANSLATOR")]
    return {translator.dialect: translator for translator in found}


def codec(dialect: Dialect) -> Codec:
    """Raises LookupError for a dialect Gate does not speak."""
    return codecs()[dialect]


def translator(dialect: Dialect) -> Translator:
    """Raises LookupError for a dialect Gate does not translate."""
    return translators()[dialect]
