"""YAML with places: every key's line is remembered, so that an error can point at it.

Values are read by the YAML library; `${VARIABLE}`, `${VARIABLE:-default}` and `file:PATH` are replaced afterwards, and
which values came from there is remembered, because those are never shown.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import yaml

Place = tuple[str | int, ...]
_PASSWORD = re.compile(r"://[^/@]*:[^/@$][^/@]*@")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")


class ConfigError(Exception):
    """Something in a configuration is wrong: one line per finding, each with file and line. Holds no values."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


@dataclass(slots=True)
class Document:
    """One parsed file. lines: 1-based, by place."""

    name: str
    data: dict[str, Any]
    lines: dict[Place, int] = field(default_factory=dict[Place, int])

    def where(self, place: Place) -> str:
        """`FILE:LINE` of a place, or of the nearest one around it."""
        for end in range(len(place), -1, -1):
            line = self.lines.get(place[:end])
            if line is not None:
                return f"{self.name}:{line}"
        return self.name


def parse(text: str, name: str) -> Document:
    """Raises ConfigError: not YAML, not a mapping, a key twice."""
    loader = _loader()(text)
    try:
        node = loader.get_single_node()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        raise ConfigError([f"{name}{line}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}"]) from None
    document = Document(name, {})
    if node is None:
        return document
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError([f"{name}:1: a configuration is a mapping (`providers:`, `intents:`, ...)"])
    document.data = _build(node, (), document, loader)
    return document


def _loader() -> Any:
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _build(node: Any, place: Place, document: Document, loader: Any) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            document.lines[(*place, key)] = line = key_node.start_mark.line + 1
            if key in built:
                raise ConfigError([f"{document.name}:{line}: {_dotted((*place, key))} is there twice"])
            built[key] = _build(value_node, (*place, key), document, loader)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(item, (*place, index), document, loader) for index, item in enumerate(node.value)]
    return loader.construct_object(node)


def _dotted(place: Place) -> str:
    return ".".join(str(part) for part in place)


def resolve_secrets(document: Document, env: Mapping[str, str]) -> None:
    """Replace `${VARIABLE}` everywhere and `file:PATH` in fields called `key` and in `state.url`. Raises ConfigError
    naming the variable or file that is missing, never a value."""
    findings: list[str] = []

    def replaced(value: Any, place: Place) -> Any:
        if isinstance(value, dict):
            items = cast(dict[str, Any], value)
            return {key: replaced(item, (*place, key)) for key, item in items.items()}
        if isinstance(value, list):
            entries = cast(list[Any], value)
            return [replaced(item, (*place, index)) for index, item in enumerate(entries)]
        if not isinstance(value, str):
            return value
        if place and place[-1] == "key":
            return _secret(value, place)
        if place == ("state", "url") and (value.startswith("file:") or _PASSWORD.search(value)):
            return _secret(value, place)
        return _substituted(value, place)

    def _secret(value: str, place: Place) -> str:
        if value.startswith("file:"):
            path = Path(_substituted(value[5:], place)).expanduser()
            try:
                return path.read_text().strip()
            except OSError as error:
                findings.append(f"{document.where(place)}: {_dotted(place)}: cannot read the file: {error.strerror}")
                return ""
        if not _VARIABLE.search(value):
            findings.append(
                f"{document.where(place)}: {_dotted(place)}: a key does not stand in the file itself: "
                "write ${VARIABLE} or file:PATH"
            )
        return _substituted(value, place)

    def _substituted(value: str, place: Place) -> str:
        def one(match: re.Match[str]) -> str:
            default: str | None = match.group(2)
            found = env.get(match[1], default)
            if found is None:
                findings.append(f"{document.where(place)}: {_dotted(place)}: the variable {match[1]} is not set")
                return ""
            return found

        return _VARIABLE.sub(one, value)

    document.data = replaced(document.data, ())
    if findings:
        raise ConfigError(findings)
