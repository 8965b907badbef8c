"""`gate explain`: why a request went where it went, or where one would go."""

import argparse
import json

from gate.cli.client import add_url, ask
from gate.core.dialect import Dialect
from gate.core.request import ClientProfile

NAME = "explain"
HELP = "explain a stored decision, or the decision a request would get now"


def add(parser: argparse.ArgumentParser) -> None:
    add_url(parser)
    parser.add_argument("model", nargs="?", help="a model name as a client would send it")
    parser.add_argument("--decision", metavar="ID", help="a stored decision (x-gate-decision-id)")
    parser.add_argument("--dialect", choices=[str(dialect) for dialect in Dialect], default="anthropic_messages")
    parser.add_argument("--client", choices=[str(client) for client in ClientProfile], default="automation")
    parser.add_argument("--input-tokens", type=int, default=1_000)
    parser.add_argument("--max-tokens", type=int)
    for feature in ("tools", "images", "thinking", "json-schema", "no-stream", "own-credential"):
        parser.add_argument(f"--{feature}", action="store_true")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    if bool(options.model) == bool(options.decision):
        raise SystemExit("gate explain: name a model, or a decision with --decision ID")
    if options.decision:
        answer = ask(options, f"/gate/v1/decisions/{options.decision}")
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
        }
        answer = ask(options, "/gate/v1/explain", question)
    print(json.dumps(answer, indent=2) if options.json else answer["text"])
    return 0
