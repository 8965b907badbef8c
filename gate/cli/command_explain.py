"""`gate explain`: why a request went where it went, or where one would go."""

import argparse
import json
from typing import Any

from gate.cli.client import Away, add_url, ask
from gate.cli.main import Failed
from gate.core.dialect import Dialect
from gate.core.ids import worker_of
from gate.core.request import ClientProfile
from gate.planner.whatif import Supposed

NAME = "explain"
HELP = "explain a stored decision, or the decision a request would get now"


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("model", nargs="?", help="a model name as a client would send it, or a decision's id")
    parser.add_argument("--decision", metavar="ID", help="a stored decision (x-gate-decision-id)")
    parser.add_argument("--dialect", choices=[str(dialect) for dialect in Dialect], default="anthropic_messages")
    parser.add_argument("--client", choices=[str(client) for client in ClientProfile], default="automation")
    parser.add_argument("--input-tokens", type=int, default=1_000)
    parser.add_argument("--max-tokens", type=int)
    for feature in ("tools", "images", "thinking", "json-schema", "no-stream", "own-credential"):
        parser.add_argument(f"--{feature}", action="store_true")
    states = ", ".join(Supposed)
    parser.add_argument(
        "--suppose",
        action="append",
        default=[],
        metavar="ROUTE=STATE",
        help=f"a route in another state than it is in: {states}; may be repeated",
    )
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def supposed(written: list[str]) -> dict[str, str]:
    """What `--suppose` says, route by route. Raises Failed."""
    found: dict[str, str] = {}
    for pair in written:
        route, equals, state = pair.rpartition("=")
        if not equals or not route or state not in set(Supposed):
            raise Failed(f"--suppose {pair}: write it as ROUTE=STATE, STATE being one of {', '.join(Supposed)}")
        found[route] = state
    return found


def run(options: argparse.Namespace) -> int:
    if bool(options.model) == bool(options.decision):
        raise SystemExit("gate explain: name a model, or a decision with --decision ID")
    decision = options.decision or (options.model if worker_of(options.model) is not None else None)
    if decision:
        answer = _decision(options, decision)
    else:
        question = {
            "model": options.model,
            "dialect": options.dialect,
            "client": options.client,
            "stream": not options.no_stream,
            "tools": options.tools,
            "images": options.images,
            "thinking": options.thinking,
            "json_schema": options.json_schema,
            "own_credential": options.own_credential,
            "input_tokens": options.input_tokens,
            "max_tokens": options.max_tokens,
            "suppose": supposed(options.suppose),
        }
        answer = ask(options, "/gate/v1/explain", question)
    print(json.dumps(answer, indent=2) if options.json else answer["text"])
    return 0


def _decision(options: argparse.Namespace, decision: str) -> dict[str, Any]:
    """A stored decision as Gate tells it; as this machine's store has it where no Gate answers. Raises Failed."""
    try:
        return ask(options, f"/gate/v1/decisions/{decision}")
    except Away as away:
        from gate.cli.stored_decision import stored

        found = stored(decision)
        if found is None:
            raise away from None
        return found
