"""Dashboards as Grafana reads them: panels, their queries, variables and annotations, with variables filled in.

Reads the classic JSON model (https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/view-dashboard-json-model/).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# Panels that ask nothing: text, headings, and lists that Grafana fills itself.
WITHOUT_QUERIES = ("row", "text", "dashlist", "alertlist", "news", "welcome", "gettingstarted")
# Panels that have a legend of their own.
WITH_LEGEND = (
    "timeseries",
    "barchart",
    "piechart",
    "histogram",
    "state-timeline",
    "status-history",
    "heatmap",
    "xychart",
)
# Panels that show fields of their own kind, for which one unit says nothing.
WITHOUT_UNIT = ("traces", "logs", "nodeGraph", "flamegraph")
PROMQL, TRACEQL, OTHER = "promql", "traceql", "other"
_LANGUAGES = {"prometheus": PROMQL, "tempo": TRACEQL}
# `$1` is no variable but a group of label_replace.
_NAME = re.compile(r"\$\{([A-Za-z_]\w*)(?::[^}]*)?\}|\$([A-Za-z_]\w*)|\[\[(\w+)(?::[^\]]*)?\]\]")


@dataclass(frozen=True, slots=True)
class Query:
    """One query. where: dashboard, panel and letter, for people; instant: asked for one moment."""

    where: str
    language: str
    text: str
    instant: bool = False
    table: bool = False
    legend: str = ""
    exemplar: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel with its queries. legend: how its legend is set, None when it is not."""

    where: str
    kind: str
    title: str
    description: str
    unit: str | None
    legend: Mapping[str, Any] | None
    queries: tuple[Query, ...]

    def problems(self) -> list[str]:
        """What is not set that should be."""
        found: list[str] = []
        if self.kind == "row":
            return found
        if not self.title.strip():
            found.append("no title")
        if not self.description.strip():
            found.append("no description")
        if self.kind in WITHOUT_QUERIES:
            return found
        if not self.queries:
            found.append("asks nothing")
        if self.unit is None and self.kind not in WITHOUT_UNIT:
            found.append("no unit")
        if self.legend is None and self.kind in WITH_LEGEND:
            found.append("no legend")
        for query in self.queries:
            if query.language == PROMQL and not query.table and not query.legend.strip():
                found.append(f"{query.where}: no legend of its series")
        return found


@dataclass(frozen=True, slots=True)
class Variable:
    """One template variable. all_value: what `All` stands for, None for the alternatives of all values."""

    where: str
    name: str
    kind: str
    query: str
    several: bool = False
    all_value: str | None = None
    has_all: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One file."""

    name: str
    title: str
    panels: tuple[Panel, ...]
    variables: tuple[Variable, ...]
    annotations: tuple[Query, ...] = field(default=())

    def queries(self) -> Iterator[Query]:
        """Those of all panels."""
        for panel in self.panels:
            yield from panel.queries


def dashboards(folder: Path) -> list[Dashboard]:
    """All dashboards under a folder, by file name."""
    return [read(path, str(path.relative_to(folder))) for path in sorted(folder.rglob("*.json"))]


def read(path: Path, name: str | None = None) -> Dashboard:
    """One dashboard. Raises ValueError for a file that is none."""
    document: Any = json.loads(path.read_text())
    if "panels" not in document:
        raise ValueError(f"{path} is no dashboard")
    shown = name or path.name
    return Dashboard(
        name=shown,
        title=str(document.get("title", "")),
        panels=tuple(_panels(document["panels"], shown)),
        variables=tuple(_variable(one, shown) for one in document.get("templating", {}).get("list", ())),
        annotations=tuple(
            _annotation(one, shown)
            for one in document.get("annotations", {}).get("list", ())
            if one.get("expr") or one.get("target", {}).get("expr")
        ),
    )


def _panels(documents: Any, dashboard: str) -> Iterator[Panel]:
    for one in documents:
        where = f"{dashboard} › {one.get('title') or one.get('id')}"
        defaults = one.get("fieldConfig", {}).get("defaults", {})
        yield Panel(
            where=where,
            kind=one["type"],
            title=str(one.get("title") or ""),
            description=str(one.get("description") or ""),
            unit=defaults.get("unit") or None,
            legend=one.get("options", {}).get("legend"),
            queries=tuple(
                _query(target, one, where) for target in one.get("targets") or () if not _derived(target, one)
            ),
        )
        yield from _panels(one.get("panels") or (), dashboard)


def _derived(target: Any, panel: Any) -> bool:
    """Whether a target only takes what other queries gave."""
    return _source(target, panel) in ("__expr__", "-- Dashboard --", "datasource")


def _source(target: Any, panel: Any) -> str:
    source = target.get("datasource") or panel.get("datasource") or {}
    return str(source.get("type") or source.get("uid") or "") if isinstance(source, dict) else str(source)


def _query(target: Any, panel: Any, where: str) -> Query:
    return Query(
        where=f"{where} › {target.get('refId', '?')}",
        language=_LANGUAGES.get(_source(target, panel), OTHER),
        text=str(target.get("expr") or target.get("query") or ""),
        instant=bool(target.get("instant")) and not target.get("range"),
        table=target.get("format") == "table",
        legend=str(target.get("legendFormat") or ""),
        exemplar=bool(target.get("exemplar")),
    )


def _variable(one: Any, dashboard: str) -> Variable:
    query = one.get("query", "")
    current = one.get("current", {}).get("value", "")
    return Variable(
        where=f"{dashboard} › ${one['name']}",
        name=one["name"],
        kind=one.get("type", "query"),
        query=str(query.get("query", "") if isinstance(query, dict) else query),
        several=bool(one.get("multi")),
        all_value=one.get("allValue") or None,
        has_all=bool(one.get("includeAll")),
        value=str(current[0] if isinstance(current, list) and current else current or ""),
    )


def _annotation(one: Any, dashboard: str) -> Query:
    where = f"{dashboard} › annotation {one.get('name', '?')}"
    return Query(where, PROMQL, str(one.get("expr") or one["target"]["expr"]))


# Variables.


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled in. Raises KeyError for one that has no value."""
    return _NAME.sub(lambda found: values[next(name for name in found.groups() if name)], text)


def built_in(range_s: int, rate_interval_s: int, step_s: int) -> dict[str, str]:
    """Grafana's own variables for a time range and a step."""
    return {
        "__rate_interval": f"{rate_interval_s}s",
        "__interval": f"{step_s}s",
        "__interval_ms": str(step_s * 1000),
        "__range": f"{range_s}s",
        "__range_s": str(range_s),
        "__range_ms": str(range_s * 1000),
    }


def chosen(variable: Variable, values: list[str]) -> str:
    """What a variable stands for in a query when everything is chosen (`All`), else its first value."""
    if variable.has_all and variable.all_value is not None:
        return variable.all_value
    if variable.has_all:
        return "(" + "|".join(re.escape(value).replace("\\", "\\\\") for value in values) + ")"
    if variable.several and values:
        return "(" + "|".join(re.escape(value).replace("\\", "\\\\") for value in values) + ")"
    return variable.value if variable.value in values or not values else values[0]


_LABEL_VALUES = re.compile(r"label_values\(\s*(?:(?P<selector>.+?)\s*,\s*)?(?P<label>\w+)\s*\)", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((?P<expression>.+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Lookup:
    """What a variable's query asks of Prometheus: values of `label` in `selector`, or the result of `expression`."""

    label: str = ""
    selector: str = ""
    expression: str = ""


def lookup(query: str) -> Lookup:
    """A variable's query, read. Raises ValueError for a form that is not known here."""
    found = _LABEL_VALUES.fullmatch(query.strip())
    if found:
        return Lookup(label=found["label"], selector=found["selector"] or "")
    found = _QUERY_RESULT.fullmatch(query.strip())
    if found:
        return Lookup(expression=found["expression"])
    raise ValueError(f"a variable's query of an unknown form: {query}")
