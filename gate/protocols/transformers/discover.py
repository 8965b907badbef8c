"""Finds the transformers: the modules of this package that have a `TRANSFORMER`, and installed packages' entry points.
There is no list to edit."""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import cast

from gate.core.plugins import TRANSFORMERS, Plugin, PluginError, plugins
from gate.protocols import transformers
from gate.protocols.transformers.spec import Transformer, fault


def all_transformers() -> dict[str, type[Transformer]]:
    """Every known transformer by name, in the order of names. Raises PluginError."""
    return dict(_all())


@cache
def _all() -> dict[str, type[Transformer]]:
    return with_plugins(shipped(), plugins(TRANSFORMERS))


def shipped() -> dict[str, type[Transformer]]:
    """Those of this package."""
    modules = (import_module(f"{transformers.__name__}.{found.name}") for found in iter_modules(transformers.__path__))
    kinds = (getattr(module, "TRANSFORMER", None) for module in modules)
    return {kind.name: cast("type[Transformer]", kind) for kind in kinds if kind is not None}


def with_plugins(known: dict[str, type[Transformer]], found: Iterable[Plugin]) -> dict[str, type[Transformer]]:
    """Those and the installed ones. Raises PluginError: no transformer, or a name that is taken."""
    merged = dict(known)
    owners = dict.fromkeys(known, "Gate itself")
    for plugin in found:
        wrong = fault(plugin.found)
        if wrong is not None:
            raise PluginError(f"{plugin.origin}: {wrong}")
        kind = cast("type[Transformer]", plugin.found)
        if kind.name in merged:
            raise PluginError(
                f"{plugin.origin}: the transformer {kind.name} is there already, from {owners[kind.name]}"
            )
        merged[kind.name], owners[kind.name] = kind, plugin.origin
    return dict(sorted(merged.items()))
