"""What a file of this package declares to put a model operation on the surface."""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass

import gate.routes
from gate.core.dialect import Dialect, Operation


@dataclass(frozen=True, slots=True)
class ModelOperation:
    """`POST path` in one dialect. A module offers it as `OPERATION`; nothing else has to know the module."""

    path: str
    dialect: Dialect
    operation: Operation


def modules() -> list[object]:
    """Every module of this package, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(gate.routes.__path__))
    return [importlib.import_module(f"gate.routes.{name}") for name in names]


def model_operations() -> Mapping[str, ModelOperation]:
    """The model operations by path."""
    found = (getattr(module, "OPERATION", None) for module in modules())
    return {operation.path: operation for operation in found if isinstance(operation, ModelOperation)}
