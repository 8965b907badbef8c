"""From files to a checked `Config`: the operator's file merged over the shipped default.

Mappings merge key by key, everything else is replaced; `null` for an entry of `providers`, `lanes`, `intents` or
`models` removes the shipped one.
"""

import difflib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError

from gate.config.document import ConfigError, Document, Place, parse, resolve_secrets
from gate.config.schema import Config

_REMOVABLE = frozenset({"providers", "lanes", "intents", "models"})


def load(path: Path | None, env: Mapping[str, str]) -> Config:
    """The configuration in force: the shipped default, with the file at `path` over it. Raises ConfigError."""
    if path is None:
        return load_text("", "no file", env)
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError([f"{path}: cannot be read: {reason}"]) from None
    return load_text(text, str(path), env)


def load_text(text: str, name: str, env: Mapping[str, str]) -> Config:
    """Like `load`, from a text. `name` stands in findings."""
    document = parse(text, name)
    resolve_secrets(document, env)
    merged = _merged(shipped_default(), document.data)
    try:
        return Config.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_findings(error, document)) from None


@cache
def default_text() -> str:
    """The shipped default configuration, comments and all."""
    return resources.files("gate.config").joinpath("default.yaml").read_text()


@cache
def _default_data() -> dict[str, Any]:
    return parse(default_text(), "default.yaml").data


def shipped_default() -> dict[str, Any]:
    """The shipped default as plain data, not to be changed."""
    return _default_data()


def _merged(base: Mapping[str, Any], over: Mapping[str, Any], place: Place = ()) -> dict[str, Any]:
    result = dict(base)
    for key, value in over.items():
        if value is None and len(place) == 1 and place[0] in _REMOVABLE:
            result.pop(key, None)
        elif value is None and not place:
            continue
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merged(result[key], cast(dict[str, Any], value), (*place, key))
        else:
            result[key] = value
    return result


def _findings(error: ValidationError, document: Document) -> list[str]:
    """One line per finding: file, line, dotted place, what is wrong and what would be right; never a value."""
    lines: list[str] = []
    for item in error.errors(include_input=False, include_url=False):
        place: Place = tuple(item["loc"])
        dotted = ".".join(str(part) for part in place)
        where = document.where(place)
        if item["type"] == "extra_forbidden":
            lines.append(f"{where}: unknown key {dotted}{_nearest(place)}")
        else:
            lines.append(f"{where}: {dotted}: {item['msg']}")
    return lines


def _nearest(place: Place) -> str:
    known = sorted(_fields_at(place[:-1]))
    close = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; known here: {', '.join(known)}" if known else ""


def _fields_at(place: Place) -> set[str]:
    """The keys that may stand at a place, found by walking the schema."""
    kind: Any = Config
    for part in place:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            field = kind.model_fields.get(str(part))
            if field is None:
                return set()
            kind = field.annotation
        else:
            arguments = get_args(kind)
            kind = arguments[-1] if arguments and arguments[-1] is not Ellipsis else (arguments or (None,))[0]
    return set(kind.model_fields) if isinstance(kind, type) and issubclass(kind, BaseModel) else set()
