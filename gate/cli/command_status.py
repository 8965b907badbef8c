"""`gate status`: is Gate ready, what is not, why, and what to do about it.

Exit status: 0 ready (new requests are taken and at least one route can serve), 3 not ready, 1 nobody could be asked.
"""

import argparse
import json
import sys
from dataclasses import asdict

from gate.cli.client import add_address, add_url, address, ask, readiness
from gate.cli.main import Failed
from gate.cli.text import columns, emit, style_for

NAME = "status"
HELP = "say whether a running Gate is ready, what is not, and what to do about it; exit status 0 ready, 3 not ready"
NOT_READY = 3


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("--minutes", type=float, default=5.0, help="how far back recent requests count; default 5")
    parser.add_argument("--all", action="store_true", help="also every lane, and providers without a key one by one")
    add_address(parser, "prometheus", "a Prometheus that scrapes this Gate: tells which saved scopes find something")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    from gate.cli.scrape import scrape
    from gate.cli.status_report import KEPT, report
    from gate.cli.status_text import lines

    accepting, because = readiness(options)
    routes = ask(options, "/gate/v1/routes")["routes"]
    decisions = ask(options, f"/gate/v1/decisions?limit={KEPT}")["decisions"]
    found = report(accepting, because, routes, scrape(options), decisions, options.minutes)
    scopes = _scopes(options)
    if options.json:
        print(json.dumps({"url": options.url, **asdict(found), "scopes": scopes}, indent=2))
    else:
        emit(lines(found, scopes, options.url, style_for(sys.stdout), columns(), every=options.all))
    return 0 if found.ready else NOT_READY


def _scopes(options: argparse.Namespace) -> dict[str, int | None] | None:
    """Series by scope that Prometheus has for it now; None without a Prometheus, None for one that gave no answer."""
    prometheus = address(options, "prometheus")
    if prometheus is None:
        return None
    from gate.cli.prometheus import instant
    from gate.telemetry.scopes import load_scopes

    found: dict[str, int | None] = {}
    for name, scope in load_scopes().items():
        if scope.promql is not None:
            try:
                found[name] = len(instant(prometheus[1], scope.promql))
            except Failed:
                found[name] = None
    return found
