"""`gate routes`: every route of a running Gate with its readiness."""

import argparse
import json
from typing import cast

from gate.cli.client import add_url, ask

NAME = "routes"
HELP = "list the routes of a running Gate with their readiness"


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("--all", action="store_true", help="also those of providers without a key")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    routes = ask(options, "/gate/v1/routes")["routes"]
    shown = [route for route in routes if options.all or route["readiness"] != "missing_key"]
    if options.json:
        print(json.dumps(shown, indent=2))
        return 0
    if not shown:
        print("no provider has a key; --all lists the routes that wait for one")
        return 0
    columns = _COLUMNS if any(route["transformers"] for route in shown) else _COLUMNS[:-1]
    rows = [tuple(title for title, _ in columns)]
    rows += [tuple(_shown(route[key]) for _, key in columns) for route in shown]
    widths = [max(len(row[column]) for row in rows) for column in range(len(columns))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


_COLUMNS = (
    ("ROUTE", "id"),
    ("LANE", "lane"),
    ("CLUSTER", "cluster"),
    ("READINESS", "readiness"),
    ("WINDOW", "context_window"),
    ("USD/M IN", "input_usd_per_million"),
    ("USD/M OUT", "output_usd_per_million"),
    # Only when a route has any.
    ("TRANSFORMERS", "transformers"),
)


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(cast("list[str]", value))
    return "unknown" if value is None else str(value)
