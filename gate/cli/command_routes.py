"""`gate routes`: every route of a running Gate with its readiness."""

import argparse
import json
from typing import Any, cast

from gate.cli.client import add_url, ask

NAME = "routes"
HELP = "list the routes of a running Gate with their readiness"


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("--all", action="store_true", help="also those of providers without a key")
    parser.add_argument(
        "--signals", action="store_true", help="what they did in the last minutes, and what presses them"
    )
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
    if options.signals:
        _print(
            ("ROUTE", "READINESS", *SIGNALS), [(route["id"], route["readiness"], *_signals(route)) for route in shown]
        )
        return 0
    columns = _COLUMNS if any(route["transformers"] for route in shown) else _COLUMNS[:-1]
    titles = tuple(title for title, _ in columns)
    _print(titles, [tuple(_shown(route[key]) for _, key in columns) for route in shown])
    return 0


def _print(titles: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    table = [titles, *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(titles))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


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


SIGNALS = ("IN FLIGHT", "SERVED", "FAILED", "FIRST P50", "P95", "TOOK P95", "USD/H", "LEFT", "WAITS")


def _signals(route: dict[str, Any]) -> tuple[str, ...]:
    """One cell for each of `SIGNALS`."""
    found = route["signals"]
    outcomes: dict[str, int] = dict(found["outcomes"])
    served = outcomes.pop("served", 0)
    outcomes.pop("neutral", None)
    failed = ", ".join(f"{kind} {count}" for kind, count in outcomes.items())
    left = ", ".join(f"{kind} {part:.0%}" for kind, part in route["headroom"].items())
    waits = max(found["open_for_s"], found["cooling_for_s"], found["account_shut_for_s"])
    return (
        str(found["in_flight"]),
        str(served),
        failed or "-",
        _seconds(found["first_s"]["p50"]),
        _seconds(found["first_s"]["p95"]),
        _seconds(found["took_s"]["p95"]),
        f"{found['usd_per_hour']:.2f}",
        left or "-",
        _seconds(waits or None),
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g} s"
