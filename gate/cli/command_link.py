"""`gate link`: where to look in Grafana and Jaeger for one decision, trace, provider, client, route, lane or intent."""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gate.cli.client import add_address, add_url, address, ask
from gate.cli.main import Failed
from gate.cli.text import printable, style_for

if TYPE_CHECKING:
    from gate.cli.link_targets import Places
    from gate.cli.links import Grafana, Link

NAME = "link"
HELP = "print links into Grafana and Jaeger for a decision, a provider, a client, a route, a lane"
KINDS = ("overview", "decision", "trace", "provider", "client", "route", "lane", "intent")
AROUND_S = 300
_SOURCES = (
    ("prometheus", "GATE_GRAFANA_PROMETHEUS_UID", "prometheus"),
    ("tempo", "GATE_GRAFANA_TEMPO_UID", "tempo"),
)


def add_grafana(parser: argparse.ArgumentParser) -> None:
    """What links into Grafana need."""
    add_address(parser, "grafana", "the Grafana to link into")
    for name, variable, default in _SOURCES:
        parser.add_argument(
            f"--{name}-uid", metavar="UID", help=f"uid of Grafana's data source {name}; {variable}; default {default}"
        )


def grafana_of(options: argparse.Namespace) -> "Grafana | None":
    """None when no Grafana was named."""
    from gate.cli.links import Grafana

    named = address(options, "grafana")
    if named is None:
        return None
    prometheus, tempo = (
        getattr(options, f"{name}_uid") or os.environ.get(variable) or default for name, variable, default in _SOURCES
    )
    return Grafana(named[1], prometheus, tempo)


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("name", nargs="?", metavar="NAME", help="its name or id; the overview has none")
    add_grafana(parser)
    add_address(parser, "jaeger", "the Jaeger to link into")
    add_url(parser)
    parser.add_argument("--from", dest="start", metavar="T", help="begin: now-6h, or ms since 1970; default now-1h")
    parser.add_argument("--to", dest="end", metavar="T", help="end; default now")
    parser.add_argument(
        "--service", default="gate", help="Gate's service.name in the traces, where it was changed; default gate"
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    if (options.kind == "overview") == bool(options.name):
        raise SystemExit("gate link: say what is meant, as in `gate link provider anthropic`; the overview has no name")
    links = list(_links(options))
    if options.json:
        print(json.dumps([asdict(link) for link in links], indent=2))
        return 0
    paint = style_for(sys.stdout)
    for link in links:
        print(f"{paint('bold', printable(link.title))}\n  {link.url}")
    return 0


def _links(options: argparse.Namespace) -> "Iterator[Link]":
    from gate.cli import link_targets
    from gate.cli.links import JaegerPages, Range

    grafana = grafana_of(options)
    named = address(options, "jaeger")
    jaeger = None if named is None else JaegerPages(named[1], options.service)
    if grafana is None and jaeger is None:
        raise Failed("name a Grafana or a Jaeger: --grafana URL, --jaeger URL (GATE_GRAFANA_URL, GATE_JAEGER_URL)")
    now = time.time()
    span = Range(options.start or "now-1h", options.end or "now")
    span.seconds(now)  # refuses what is no time
    places = link_targets.Places(grafana, jaeger, span, now)
    match options.kind:
        case "overview":
            yield from link_targets.overview(places)
        case "trace":
            yield from link_targets.of_trace(options.name.lower(), places)
        case "decision":
            yield from _decision(options, places)
        case kind:
            yield from link_targets.of_name(kind, options.name, places)


def _decision(options: argparse.Namespace, places: "Places") -> "Iterator[Link]":
    """With what Gate and Jaeger know of it, if they answer: its time, its trace, who served it."""
    from dataclasses import replace

    from gate.cli.link_targets import of_decision
    from gate.cli.links import Range
    from gate.cli.trace_backends import Jaeger, Window

    told = _told(options)
    if told is not None and not (options.start or options.end):
        at = told["decision"]["now_ns"] // 1_000_000
        length = int((told["view"]["duration_s"] or 0) * 1_000)
        places = replace(places, span=Range(str(at - AROUND_S * 1_000), str(at + length + AROUND_S * 1_000)))
    trace_id = None
    if places.jaeger is not None:
        window = Window(*places.span.seconds(places.now))
        try:
            trace_id = Jaeger(places.jaeger.url).find(options.name, options.service, window)
        except Failed:
            trace_id = None  # then the link is a search
    yield from of_decision(options.name, trace_id, None if told is None else told["view"], places)


def _told(options: argparse.Namespace) -> dict[str, Any] | None:
    """What Gate keeps of the decision; None when it is away or keeps it no more."""
    try:
        return ask(options, f"/gate/v1/decisions/{options.name}")
    except Failed:
        return None
