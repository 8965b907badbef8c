"""`gate trace`: one request as a tree: what was tried, in which relation, how it ended, how long it took, its cost."""

import argparse
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, TypeVar

from gate.cli.client import add_address, add_url, address, ask
from gate.cli.main import Failed
from gate.cli.text import columns, emit, style_for

if TYPE_CHECKING:
    from gate.cli.trace_backends import Store, Window

NAME = "trace"
HELP = "draw the trace of a request as a tree, from Jaeger or Tempo"
EVERY_S = 0.5
T = TypeVar("T")
_TRACE_ID = re.compile(r"[0-9a-fA-F]{32}")


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "id",
        metavar="ID",
        help="a trace id (32 hex digits, in the header traceresponse), a decision id (x-gate-decision-id), or `latest`",
    )
    add_address(parser, "jaeger", "the Jaeger that has the traces")
    add_address(parser, "tempo", "the Tempo that has the traces")
    add_url(parser)
    parser.add_argument("--wait", type=float, default=30.0, metavar="S", help="seconds to wait for a trace; default 30")
    parser.add_argument(
        "--since",
        type=float,
        default=24.0,
        metavar="H",
        help="hours to search for a decision that Gate does not keep any more; default 24",
    )
    parser.add_argument(
        "--service", default="gate", help="Gate's service.name in the traces, where it was changed; default gate"
    )
    parser.add_argument("--plan", action="store_true", help="also every candidate of the plan and why it is out")
    parser.add_argument("--whole", action="store_true", help="all of a trace that holds several decisions")
    parser.add_argument("--json", action="store_true", help="print the spans as JSON")


def run(options: argparse.Namespace) -> int:
    from gate.cli.trace_tree import incomplete, lines, of_decision

    store = store_of(options)
    decision = decision_id(options)
    if decision is None and not _TRACE_ID.fullmatch(options.id):
        raise Failed(f"{options.id} is neither a trace id (32 hex digits) nor a decision id (gd-...) nor `latest`")
    if decision is None:
        trace_id = options.id.lower()
    else:
        window = _window(options, decision)
        trace_id = _await(lambda: store.find(decision, options.service, window), options.wait)
        if trace_id is None:
            raise Failed(_no_decision(store, decision, options))
    deadline = time.monotonic() + options.wait
    found = _await(lambda: store.trace(trace_id), options.wait)
    if found is None:
        raise Failed(_no_trace(store, trace_id, options.wait))
    while incomplete(found) and time.monotonic() < deadline:
        time.sleep(EVERY_S)
        found = store.trace(trace_id) or found
    shown = found if decision is None or options.whole else of_decision(found, decision)
    if options.json:
        print(json.dumps({"store": store.name, "incomplete": incomplete(shown), **asdict(shown)}, indent=2))
        return 0
    emit(lines(shown, style_for(sys.stdout), columns(), plan=options.plan))
    if len(shown.spans) < len(found.spans):
        print(f"\n{len(found.spans) - len(shown.spans)} more spans belong to other decisions; --whole shows them")
    return 0


def store_of(options: argparse.Namespace) -> "Store":
    """What was named; Jaeger where both are. Raises Failed."""
    from gate.cli.trace_backends import Jaeger, Tempo

    named = address(options, "jaeger", "tempo")
    if named is not None:
        return Jaeger(named[1]) if named[0] == "jaeger" else Tempo(named[1])
    raise Failed(
        "name where the traces are: --jaeger URL or --tempo URL (GATE_JAEGER_URL, GATE_TEMPO_URL), such as "
        "http://127.0.0.1:16686 or http://127.0.0.1:3200. `gate explain --decision ID` asks Gate alone"
    )


def decision_id(options: argparse.Namespace) -> str | None:
    """The decision that is meant; None when a trace is. Raises Failed."""
    from gate.core.ids import worker_of

    if options.id == "latest":
        newest = ask(options, "/gate/v1/decisions?limit=1")["decisions"]
        if not newest:
            raise Failed("Gate has made no decision yet; send it a request")
        return str(newest[0]["decision_id"])
    return options.id if worker_of(options.id) is not None else None


def decided_at(options: argparse.Namespace, decision: str) -> float | None:
    """When a decision was made, in seconds since 1970; None when Gate is away or does not keep it any more."""
    try:
        return ask(options, f"/gate/v1/decisions/{decision}")["decision"]["now_ns"] / 1e9
    except (Failed, KeyError, TypeError):
        return None


def _window(options: argparse.Namespace, decision: str) -> "Window":
    from gate.cli.trace_backends import Window

    at = decided_at(options, decision)
    if at is None:
        return Window(time.time() - options.since * 3600, time.time() + 60)
    # A request may have waited before it was decided, and run for long after.
    return Window(at - 300, at + 3600)


def _await(look: Callable[[], T | None], seconds: float) -> T | None:
    """What `look` finds, looking again until the time is up."""
    deadline = time.monotonic() + seconds
    told = False
    while True:
        found = look()
        if found is not None or time.monotonic() >= deadline:
            return found
        if not told and sys.stderr.isatty():
            print(f"not there yet, waiting up to {seconds:g} s", file=sys.stderr)
        told = True
        time.sleep(min(EVERY_S, max(0.0, deadline - time.monotonic())))


def _no_trace(store: "Store", trace_id: str, waited: float) -> str:
    return (
        f"{store.name} at {store.url} has no trace {trace_id} (waited {waited:g} s). Spans leave Gate some seconds "
        "after the request ended, and a collector with tail sampling holds them longer: try again, or --wait longer. "
        "If it never comes: does Gate send (`gate status`, traces over OTLP), and was the trace sampled (then the "
        "last digit of traceresponse is odd)?"
    )


def _no_decision(store: "Store", decision: str, options: argparse.Namespace) -> str:
    return (
        f"{store.name} at {store.url} has no trace of decision {decision} under service {options.service} (waited "
        f"{options.wait:g} s). Spans leave Gate some seconds after the request ended, and Tempo has a trace by its id "
        "(in the header traceresponse) sooner than by a decision: try again, or --wait longer. A decision older than "
        f"{options.since:g} h needs --since. `gate explain --decision {decision}` asks Gate itself"
    )
