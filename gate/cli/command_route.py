"""`gate route test`: which routing rule fires for a request that nobody sends, why the others do not, and the plan.

It asks a running Gate, whose routes are as healthy as they are now; with --config it needs none, and every route is
taken to be healthy. Nothing is sent to a provider, and the text is not kept.
"""

import argparse
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gate.cli.client import add_url, ask
from gate.cli.main import Failed
from gate.core.dialect import Dialect, Operation
from gate.core.request import ClientProfile

NAME = "route"
HELP = "test the routing rules with a mock request"

_FLAGS = {"tools": "tools", "image": "images", "thinking": "thinking", "web-search": "web_search"}


def add(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    test = below.add_parser("test", help="say which rule fires for a request, why the others do not, and the plan")
    add_url(test)
    test.add_argument("--config", type=Path, metavar="FILE", help="test this configuration; no Gate has to run")
    test.add_argument("--model", required=True, help="the model's name as a client would send it")
    test.add_argument("--dialect", choices=[str(dialect) for dialect in Dialect], default="anthropic_messages")
    test.add_argument("--operation", choices=[str(operation) for operation in Operation], default="chat")
    test.add_argument("--client", choices=[str(client) for client in ClientProfile], help="default: by the headers")
    test.add_argument("--tenant", metavar="NAME", help="name of the client key")
    test.add_argument("--tokens", type=int, default=1_000, metavar="N", help="input tokens; default %(default)s")
    test.add_argument("--max-tokens", type=int, metavar="N")
    for flag in (*_FLAGS, "json-schema", "no-stream", "own-credential"):
        test.add_argument(f"--{flag}", action="store_true")
    test.add_argument("--text", default="", help="what the user said last; `-` reads it from standard input")
    test.add_argument("--header", action="append", default=[], metavar="NAME=VALUE", help="may be repeated")
    test.add_argument("--at", metavar="TIME", help="when, e.g. 2026-11-21T22:00+01:00; default now, without zone UTC")
    test.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    question = _question(options)
    answer = ask(options, "/gate/v1/explain", question) if options.config is None else _alone(options.config, question)
    if options.json:
        print(json.dumps(answer, indent=2))
        return 0
    print(answer["text"])
    if not answer["rules"]:
        print("There are no routing rules (docs/how-to/routing-rules.md).")
    return 0


def _question(options: argparse.Namespace) -> dict[str, Any]:
    """What the HTTP operation takes."""
    said: dict[str, Any] = {
        "model": options.model,
        "dialect": options.dialect,
        "operation": options.operation,
        "client": options.client,
        "tenant": options.tenant,
        "stream": not options.no_stream,
        "json_schema": options.json_schema,
        "own_credential": options.own_credential,
        "input_tokens": options.tokens,
        "max_tokens": options.max_tokens,
        "text": sys.stdin.read() if options.text == "-" else options.text,
        "headers": _headers(options.header),
        "at": None if options.at is None else _time(options.at).isoformat(),
    }
    return said | {member: getattr(options, flag.replace("-", "_")) for flag, member in _FLAGS.items()}


def _headers(written: list[str]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for pair in written:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise Failed(f"--header {pair}: write it as NAME=VALUE")
        headers[name.strip().lower()] = value.strip()
    return headers


def _time(written: str) -> datetime:
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise Failed(f"--at {written}: write it as 2026-11-21T22:00+01:00") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _alone(path: Path, question: dict[str, Any]) -> dict[str, Any]:
    """The same from a configuration, without a Gate."""
    # Imported late: whoever asks a running Gate shall not pay for all of it.
    import time

    from gate.config.compile import compile_config
    from gate.config.load import load
    from gate.engine.mock import Mock, explained_alone

    snapshot = compile_config(load(path, os.environ), os.environ)
    headers, at, client = question.pop("headers"), question.pop("at"), question["client"]
    question |= {
        "dialect": Dialect(question["dialect"]),
        "operation": Operation(question["operation"]),
        "client": None if client is None else ClientProfile(client),
        "headers": tuple((name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()),
        "at_ns": None if at is None else int(datetime.fromisoformat(at).timestamp()) * 1_000_000_000,
    }

    def told(where: str, error: BaseException) -> None:
        print(f"gate route: {where}: {type(error).__name__}: {error}", file=sys.stderr)

    return explained_alone(Mock(**question), snapshot, time.time_ns(), told)
