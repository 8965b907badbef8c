"""What a file of this package declares to put a model operation on the surface."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import gate.routes
from gate.core.dialect import Dialect, Operation
from gate.engine.ports import Inbound, Responder

Adapt = Callable[[Inbound, Responder], tuple[Inbound, Responder]]
_MODEL = "{model}"


@dataclass(frozen=True, slots=True)
class ModelOperation:
    """`POST path` in one dialect. A module offers it as `OPERATION`, or several as `OPERATIONS`; nothing else has to
    know the module.

    path: may hold `{model}`, which stands for the model's name, slashes and all; `stream` then says what the path asks
    for. adapt: what is particular about the dialect's requests and answers on HTTP, before the engine sees them.
    """

    path: str
    dialect: Dialect
    operation: Operation
    stream: bool = False
    adapt: Adapt | None = None


def modules() -> list[object]:
    """Every module of this package, in the order of their names."""
    names = sorted(module.name for module in pkgutil.iter_modules(gate.routes.__path__))
    return [importlib.import_module(f"gate.routes.{name}") for name in names]


class ModelOperations:
    """All of them, found by path."""

    def __init__(self, operations: Iterable[ModelOperation]) -> None:
        self._exact: dict[str, ModelOperation] = {}
        self._with_model: list[tuple[str, str, ModelOperation]] = []
        for operation in operations:
            before, placeholder, after = operation.path.partition(_MODEL)
            if placeholder:
                self._with_model.append((before, after, operation))
            else:
                self._exact[operation.path] = operation

    def find(self, path: str) -> tuple[ModelOperation, str | None] | None:
        """The operation, and the model where the path names it."""
        exact = self._exact.get(path)
        if exact is not None:
            return exact, None
        for before, after, operation in self._with_model:
            if path.startswith(before) and path.endswith(after) and len(path) > len(before) + len(after):
                return operation, path[len(before) : len(path) - len(after)]
        return None


def model_operations() -> list[ModelOperation]:
    """What the modules of this package offer."""
    found: list[ModelOperation] = []
    for module in modules():
        one = getattr(module, "OPERATION", None)
        found += [one] if isinstance(one, ModelOperation) else []
        found += getattr(module, "OPERATIONS", ())
    return found
