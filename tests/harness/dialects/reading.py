"""Reads request bodies that may be malformed on purpose."""

from __future__ import annotations

import re
from typing import Any, cast


def objects(value: object) -> list[dict[str, Any]]:
    """The objects in a list; nothing for anything else."""
    items = cast("list[Any]", value) if isinstance(value, list) else []
    return [item for item in items if isinstance(item, dict)]


def object_of(value: object) -> dict[str, Any]:
    """An object, empty when it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def either(node: dict[str, Any], name: str) -> Any:
    """A member by its camelCase name or the snake_case one; Gemini takes both."""
    snake = re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)
    return node.get(name, node.get(snake))
