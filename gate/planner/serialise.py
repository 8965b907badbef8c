"""Decisions and executions as plain data and back, with a schema version: what is stored, replayed and shown.

The round trip is exact: `decision_from(decision_to(d)) == d`, also through JSON. Members that a reader does not know
are ignored; another schema version is refused, because a value half understood is worse than none.
"""

from typing import Any

import msgspec

from gate.core.decision import SCHEMA, RouteDecision
from gate.core.execution import Execution


class UnknownSchema(ValueError):
    """The data is of a schema version this Gate does not read."""


def decision_to(decision: RouteDecision) -> dict[str, Any]:
    """A decision as JSON-able data; `schema` is a member of it."""
    return msgspec.to_builtins(decision, order="deterministic")


def decision_from(data: Any) -> RouteDecision:
    """The decision that `data` was made of. Raises UnknownSchema, or ValueError when it is no decision."""
    _check(data)
    return msgspec.convert(data, RouteDecision)


def execution_to(execution: Execution) -> dict[str, Any]:
    """An execution as JSON-able data, with the same `schema` member."""
    return {"schema": SCHEMA, **msgspec.to_builtins(execution, order="deterministic")}


def execution_from(data: Any) -> Execution:
    """The execution that `data` was made of. Raises like `decision_from`."""
    _check(data)
    return msgspec.convert(data, Execution)


def to_json(decision: RouteDecision, execution: Execution | None) -> bytes:
    """Both as one JSON object: the same values always give the same bytes."""
    data = {"decision": decision_to(decision), "execution": None if execution is None else execution_to(execution)}
    return msgspec.json.encode(data)


def from_json(data: bytes) -> tuple[RouteDecision, Execution | None]:
    """The pair that `to_json` wrote. Raises UnknownSchema, or ValueError when it is no such object."""
    try:
        pair = msgspec.json.decode(data, type=_Pair)
    except UnicodeDecodeError as error:
        raise ValueError("not UTF-8") from error
    return decision_from(pair.decision), None if pair.execution is None else execution_from(pair.execution)


class _Pair(msgspec.Struct):
    decision: dict[str, Any]
    execution: dict[str, Any] | None


def _check(data: Any) -> None:
    found = data.get("schema") if isinstance(data, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if found != SCHEMA:
        raise UnknownSchema(f"schema {found!r}; this Gate reads {SCHEMA}")
