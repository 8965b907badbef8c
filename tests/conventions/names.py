"""The names of the conventions, read from the source of the package opentelemetry-semantic-conventions.

The package keeps names as constants with a docstring below each; a deprecated one's begins with `Deprecated`. A stable
name that is kept among the incubating ones for compatibility is not deprecated.
"""

from __future__ import annotations

import ast
from functools import cache
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path


def _package() -> Path:
    spec = find_spec("opentelemetry.semconv")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parent


@cache
def attributes() -> dict[str, str]:
    """Every attribute, with what the package says of its deprecation; empty for one that is in use."""
    return _constants("attributes")


@cache
def metrics() -> dict[str, str]:
    """Every metric, likewise."""
    return _constants("metrics")


def _constants(folder: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in (_package() / "_incubating" / folder, _package() / folder):  # the stable ones last: they win
        for file in sorted(base.glob("*.py")):
            found.update(_read(file))
    return found


def _read(file: Path) -> dict[str, str]:
    body = ast.parse(file.read_text("utf-8")).body
    found: dict[str, str] = {}
    for statement, after in zip_longest(body, body[1:]):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.value, ast.Constant):
            name, text = statement.value.value, _docstring(after)
            if isinstance(name, str):
                found[name] = text if text.startswith("Deprecated") else ""
    return found


def _docstring(statement: ast.stmt | None) -> str:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return str(statement.value.value).strip()
    return ""
