"""The committed dashboards, read as JSON: these tests look at what users import, not at the program that wrote it."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

HOME = Path(__file__).resolve().parents[2] / "dashboards" / "grafana"
PROFILES = ("1.41", "genai-next")
FILES = tuple(path for profile in PROFILES for path in sorted((HOME / profile).glob("*.json")))
NAMES = tuple(f"{path.parent.name}/{path.stem}" for path in FILES)
_LABEL_LIST = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right) \([^)]*\)")
_SELECTOR = re.compile(r"\b(gate_\w+|gen_ai_\w+|http_\w+|ALERTS)(\{[^}]*\})?")


@lru_cache
def dashboard(name: str) -> dict[str, Any]:
    """One dashboard by `profile/file`."""
    return json.loads((HOME / f"{name}.json").read_text("utf-8"))


def panels(name: str) -> list[dict[str, Any]]:
    """Its panels without the rows."""
    return [panel for panel in dashboard(name)["panels"] if panel["type"] != "row"]


def asking(name: str) -> list[dict[str, Any]]:
    """Its panels that ask something."""
    return [panel for panel in panels(name) if panel["type"] != "text"]


def variables(name: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in dashboard(name)["templating"]["list"]}


def promql(name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Its PromQL, each with its panel."""
    for panel in asking(name):
        for target in panel["targets"]:
            if target["datasource"]["type"] == "prometheus":
                yield panel, target["expr"]


def traceql(name: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Its TraceQL, each with its panel."""
    for panel in asking(name):
        for target in panel["targets"]:
            if target["datasource"]["type"] == "tempo":
                yield panel, target["query"]


def selectors(query: str) -> list[tuple[str, str]]:
    """Metric and matchers of each selector of a query."""
    return _SELECTOR.findall(_LABEL_LIST.sub("", query))


def texts(value: object) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)
