"""`gate probe`: ask every configured provider whether it answers and takes its key, and how long that takes.

Needs no running Gate: it reads the configuration and asks with the transports and credentials of real calls. Exit
status: 0 something is ready, 3 nothing is.
"""

import argparse
import asyncio
import json
import os
import secrets
import sys
import time
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.cli.text import NOTHING, columns, emit, seconds, several, style_for, table

if TYPE_CHECKING:
    from gate.engine.snapshot import Snapshot
    from gate.health.probing import Probe, ProbeResult

NAME = "probe"
HELP = "ask every provider with a key whether it answers and takes the key; exit status 0 something is ready, 3 nothing"
NOT_READY = 3
AT_ONCE = 8
_ANSWERED = {"list": "answers", "count": "counted a word", "call": "gave a token"}


def add(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="configuration file; default GATE_CONFIG, else the shipped default")
    parser.add_argument("--all", action="store_true", help="every route of these providers, not only the providers")
    parser.add_argument(
        "--paid", action="store_true", help="ask for one token each, which costs money, instead of listing models"
    )
    parser.add_argument("--timeout", type=float, default=10.0, metavar="SECONDS", help="for one answer; default 10")
    parser.add_argument("--json", action="store_true", help="print everything as JSON")


def run(options: argparse.Namespace) -> int:
    from gate.config.compile import compile_config
    from gate.config.load import load

    given = options.config or (Path(os.environ["GATE_CONFIG"]) if os.environ.get("GATE_CONFIG") else None)
    config = load(given, os.environ)
    snapshot = compile_config(config, os.environ)
    results = asyncio.run(_results(snapshot, every=options.all, paid=options.paid, timeout_s=options.timeout))
    rows = _rows(snapshot, results, every=options.all, paid=options.paid)
    rows += _waiting(snapshot, config.providers)
    if options.json:
        print(json.dumps(rows, indent=2))
    else:
        emit(_lines(rows, routes=options.all))
    return 0 if any(row["readiness"] == "ready" for row in rows) else NOT_READY


async def _results(snapshot: "Snapshot", *, every: bool, paid: bool, timeout_s: float) -> "list[ProbeResult]":
    """Of what is asked: each provider, or each route where that is paid for."""
    from gate.admission.loop import via_value
    from gate.upstream.probe import Prober
    from gate.upstream.transports import Transports

    transports = Transports(os.environ, lambda transport: transport)
    prober = Prober(transports, via_value(secrets.token_hex(4)), time.monotonic, time.time)
    room = asyncio.Semaphore(AT_ONCE)

    async def ask(probe: "Probe") -> "ProbeResult":
        async with room:
            return await prober.ask(probe, snapshot.targets[probe.provider], timeout_s)

    try:
        return await asyncio.gather(*(ask(probe) for probe in _probes(snapshot, every=every, paid=paid)))
    finally:
        await transports.aclose()


def _probes(snapshot: "Snapshot", *, every: bool, paid: bool) -> "list[Probe]":
    from gate.health.probing import call_probe, free_probe, paid_probe
    from gate.upstream.probe import usable

    found: list[Probe | None] = []
    for name in sorted(usable(snapshot)):
        profile = snapshot.targets[name].profile
        routes = [route for route in snapshot.routes.values() if route.provider == name]
        if paid and every:
            found += [call_probe(profile, route) for route in routes]
        else:
            found.append(paid_probe(profile, routes) if paid else free_probe(profile, routes))
    return [probe for probe in found if probe is not None]


def _rows(snapshot: "Snapshot", results: "list[ProbeResult]", *, every: bool, paid: bool) -> list[dict[str, Any]]:
    """One for each provider, or for each route with --all; one that could not be asked too."""
    from gate.upstream.probe import usable

    of = {(result.provider, result.route if every and paid else None): result for result in results}
    rows: list[dict[str, Any]] = []
    for name in sorted(usable(snapshot)):
        if not every:
            rows.append(_row(name, None, None, of.get((name, None))))
            continue
        for route in snapshot.routes.values():
            if route.provider == name:
                rows.append(_row(name, route.id, route.model, of.get((name, route.id if paid else None))))
    return rows


def _waiting(snapshot: "Snapshot", named: Collection[str]) -> list[dict[str, Any]]:
    """Providers that somebody meant to use and cannot: the configuration names them, or their key is a placeholder."""
    from gate.core.reason import ReasonCode
    from gate.health.sli import route_readiness
    from gate.health.snapshot import HEALTHY

    found: list[dict[str, Any]] = []
    for name, view in sorted(snapshot.world.providers.items()):
        reason = view.unusable
        if reason is None or reason.code is ReasonCode.DISABLED:
            continue
        if name in named or reason.code is ReasonCode.PLACEHOLDER_KEY:
            found.append(_row(name, None, None, None))
            found[-1] |= {"readiness": route_readiness(reason, HEALTHY, 0.0).value, "detail": reason.text}
    return found


def _row(provider: str, route: str | None, model: str | None, result: "ProbeResult | None") -> dict[str, Any]:
    from gate.health.probing import word

    failure = None if result is None else result.failure
    models = None if result is None else result.models
    return {
        "provider": provider,
        "route": route,
        # What nobody asked: nothing tells for nothing, and --paid was not given.
        "readiness": "unknown" if result is None else word(result),
        "asked": None if result is None else result.probe.kind.value,
        "took_s": None if result is None else round(result.took_s, 6),
        "failure": None if failure is None else failure.kind.value,
        "status": None if failure is None else failure.status,
        "detail": None if failure is None else failure.detail,
        "retry_after_s": None if failure is None else failure.retry_after_s,
        "models": None if models is None else len(models),
        "listed": None if models is None or model is None else model in models,
    }


def _lines(rows: list[dict[str, Any]], *, routes: bool) -> list[str]:
    if not rows:
        return ["no provider has a key, so there is nobody to ask: set ANTHROPIC_API_KEY, OPENAI_API_KEY or another's"]
    style = style_for(sys.stdout)
    heads = ("ROUTE" if routes else "PROVIDER", "READINESS", "TOOK", "SAYS")
    cells = [heads, *((row["route"] or row["provider"], row["readiness"], *_told(row)) for row in rows)]
    lines = table(cells, columns(), right=(2,))
    good = [True, *(row["readiness"] == "ready" for row in rows)]
    return [line if fine else style("bad", line) for line, fine in zip(lines, good, strict=True)]


def _told(row: dict[str, Any]) -> tuple[str, str]:
    if row["asked"] is None:
        return NOTHING, row["detail"] or "nothing tells it for nothing: --paid asks for a token"
    return seconds(row["took_s"]), _says(row)


def _says(row: dict[str, Any]) -> str:
    if row["failure"] is not None:
        return f"{row['failure']}: {row['detail']}"
    if row["listed"] is not None:
        return "listed" if row["listed"] else "not listed (an alias?)"
    return _ANSWERED[row["asked"]] if row["models"] is None else several(row["models"], "model")
