"""`gate scopes`: the saved questions, with the PromQL and TraceQL that dashboards' panels run, and the answers."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gate.cli.client import add_address, address
from gate.cli.command_link import add_grafana, grafana_of
from gate.cli.main import Failed
from gate.cli.text import Style, columns, emit, printable, style_for, table, wrapped

if TYPE_CHECKING:
    from gate.cli.links import Grafana
    from gate.cli.prometheus import Value
    from gate.telemetry.scopes import Scope

NAME = "scopes"
HELP = "list the saved scopes, or print one with its PromQL and TraceQL, what Prometheus finds, and links"
MOST = 30


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="a scope, such as high-spend; none lists all of them")
    add_address(parser, "prometheus", "a Prometheus that scrapes Gate: shows what the scope finds there now")
    add_grafana(parser)
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    from gate.telemetry.scopes import load_scopes

    scopes = load_scopes()
    if options.name is not None and options.name not in scopes:
        raise Failed(f"there is no scope {options.name}; there are {', '.join(scopes)}")
    chosen = list(scopes.values()) if options.name is None else [scopes[options.name]]
    prometheus = address(options, "prometheus")
    found = {scope.name: _found(scope, prometheus[1]) for scope in chosen} if prometheus else {}
    if options.json:
        print(json.dumps([_plain(scope, found.get(scope.name), options) for scope in chosen], indent=2))
        return 0
    paint, width = style_for(sys.stdout), columns()
    if options.name is None:
        emit(_list(chosen, found, paint, width))
    else:
        emit(_one(chosen[0], found.get(options.name), bool(prometheus), grafana_of(options), paint, width))
    return 0


def _found(scope: "Scope", prometheus: str) -> "Sequence[Value] | None":
    """None for a scope that has no answer in metrics. Raises Failed."""
    from gate.cli.prometheus import instant

    return None if scope.promql is None else instant(prometheus, scope.promql)


def _list(
    scopes: "Sequence[Scope]", found: "dict[str, Sequence[Value] | None]", paint: Style, width: int
) -> Iterator[str]:
    size = max(len(scope.name) for scope in scopes)
    for scope in scopes:
        values = found.get(scope.name)
        findings = "" if values is None else f" ({len(values)} found)"
        name = paint("bold", scope.name.ljust(size))
        first, *rest = wrapped(f"{scope.title}{findings}. {scope.about}", width - size - 2)
        yield f"{name}  {first}"
        yield from (" " * (size + 2) + line for line in rest)


def _one(
    scope: "Scope",
    values: "Sequence[Value] | None",
    asked: bool,
    grafana: "Grafana | None",
    paint: Style,
    width: int,
) -> Iterator[str]:
    """The queries are printed as they are, in one line each: to be copied."""
    yield f"{paint('bold', scope.name)}: {scope.title}"
    yield from wrapped(scope.about, width)
    for title, query in (("PromQL", scope.promql), ("TraceQL", scope.traceql)):
        yield ""
        yield paint("bold", title)
        yield query or "none: this question has no answer there"
    if scope.promql is not None:
        yield ""
        yield paint("bold", "FOUND NOW")
        yield from _values(values, asked, width)
    for link in _links(scope, grafana):
        yield ""
        yield paint("bold", link.title)
        yield link.url


def _values(values: "Sequence[Value] | None", asked: bool, width: int) -> Iterator[str]:
    if not asked or values is None:
        yield from wrapped("unknown: name a Prometheus with --prometheus URL (GATE_PROMETHEUS_URL)", width)
        return
    if not values:
        yield "nothing"
        return
    labels = list(dict.fromkeys(name for value in values for name in value.labels))
    ordered = sorted(values, key=lambda value: -value.value)
    rows = [(*(name.upper() for name in labels), "VALUE")]
    for value in ordered[:MOST]:
        rows.append((*(printable(value.labels.get(name, "-")) for name in labels), f"{value.value:,.6g}"))
    yield from table(rows, width, right=(len(labels),))
    if len(values) > MOST:
        yield f"... {len(values) - MOST} more; --json prints all"


def _links(scope: "Scope", grafana: "Grafana | None") -> Iterator[Any]:
    from gate.cli.links import Range

    if grafana is not None and scope.promql is not None:
        yield grafana.promql("In Grafana, by metrics", scope.promql, Range())
    if grafana is not None and scope.traceql is not None:
        yield grafana.traceql("In Grafana, by traces", scope.traceql, Range())


def _plain(scope: "Scope", values: "Sequence[Value] | None", options: argparse.Namespace) -> dict[str, Any]:
    found = None if values is None else [asdict(value) for value in values]
    return {**asdict(scope), "found": found, "links": [asdict(link) for link in _links(scope, grafana_of(options))]}
