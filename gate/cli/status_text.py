"""What `gate status` found, as text that fits: readiness first, then what is in the way, then what happened."""

from collections.abc import Iterator, Mapping

from gate.cli.status_report import MISSING_KEY, READY, SERVED, Group, Recent, Report
from gate.cli.text import (
    Style,
    count,
    listed,
    seconds,
    several,
    share,
    table,
    usd,
    wrapped,
)


def lines(
    found: Report, scopes: dict[str, int | None] | None, url: str, paint: Style, width: int, *, every: bool
) -> Iterator[str]:
    """The report as text."""
    word = paint("good", "READY") if found.ready else paint("bad", "NOT READY")
    yield f"{word}  gate {found.version or 'of unknown version'} at {url}"
    taking = "taking requests" if found.accepting else f"refusing requests ({found.refusing_because or 'no reason'})"
    workers = "workers unknown" if found.workers is None else several(found.workers, "worker")
    yield f"  {taking}, {count(found.in_flight)} in flight, {workers}, up {seconds(found.uptime_s)}"
    reloads = ", ".join(f"{count(number)} {result}" for result, number in found.reloads.items()) or "unknown"
    yield f"  configuration {found.config_version or 'unknown'}, reloads: {reloads}"
    yield ""
    if found.problems:
        yield paint("bold", "WHAT IS IN THE WAY")
        for problem in found.problems:
            first, *rest = wrapped(problem.what, width, "  ! ", "    ")
            yield from (paint("warn", line) for line in (first, *rest))
            yield from wrapped(f"do: {problem.do}", width, "      ", "          ")
        yield ""
    yield from _providers(found, paint, width, every=every)
    yield from _lanes(found, paint, width, every=every)
    yield from _recent(found.recent, paint, width)
    yield from _totals(found, paint, width)
    yield from _firing(scopes, paint, width)


def _providers(found: Report, paint: Style, width: int, *, every: bool) -> Iterator[str]:
    shown = [group for group in found.providers if group.usable or every]
    yield paint("bold", "PROVIDERS")
    yield from table([_group_row(group) for group in shown], width, right=(2,), indent="  ")
    waiting = [group.name for group in found.providers if group not in shown]
    if waiting:
        yield from wrapped(f"without a key: {', '.join(waiting)}", width, "  ", "    ")
    yield ""


def _group_row(group: Group) -> tuple[str, str, str, str]:
    rest = {state: number for state, number in group.states.items() if state != READY}
    word = "ready" if not rest else "not ready" if not group.ready else "partly"
    detail = listed(dict(rest))
    if set(group.states) == {MISSING_KEY} and group.why:
        detail = group.why.rpartition(": ")[2]  # the remedy alone: what is missing is in the word beside it
    return group.name, word, f"{group.ready} of {several(group.routes, 'route')}", detail


def _lanes(found: Report, paint: Style, width: int, *, every: bool) -> Iterator[str]:
    ready = [lane for lane in found.lanes if lane.ready]
    waiting = sum(1 for lane in found.lanes if not lane.ready and set(lane.states) == {MISSING_KEY})
    yield paint("bold", "LANES")
    yield f"  {len(ready)} of {several(len(found.lanes), 'lane')} can serve; {waiting} wait for a key"
    broken = [lane for lane in found.lanes if lane.usable and lane.states.get(READY, 0) < lane.routes]
    shown = found.lanes if every else [lane for lane in broken if set(lane.states) - {READY, MISSING_KEY, "disabled"}]
    yield from table([_group_row(lane) for lane in shown], width, right=(2,), indent="  ")
    opened = [
        *(f"{name} open" for name in found.breakers_open),
        *(f"{name} half open" for name in found.breakers_half_open),
    ]
    yield from wrapped(f"breakers: {', '.join(opened) or 'all closed'}", width, "  ", "    ")
    yield ""


def _recent(recent: Recent, paint: Style, width: int) -> Iterator[str]:
    reach = "" if recent.complete else ", as far back as decisions are kept"
    yield paint("bold", f"LAST {seconds(recent.seconds).upper()}") + reach
    failed = sum(number for outcome, number in recent.outcomes.items() if outcome not in (*SERVED, "running"))
    others = {outcome: number for outcome, number in recent.outcomes.items() if outcome != "served"}
    detail = f": {listed(dict(others))}" if others else ""
    rows = [
        ("requests", f"{count(recent.requests)}, failed {count(failed)} ({share(failed, recent.requests)}){detail}"),
        ("not first choice", _with_parts(recent.relations)),
        ("left the planned lane", _with_parts(recent.left)),
        ("premium escalations", count(recent.premium)),
        ("spend", _spend(recent.usd, recent.unpriced, recent.partly)),
    ]
    yield from _pairs(rows, width)
    yield ""


def _with_parts(parts: Mapping[str, int]) -> str:
    total = sum(parts.values())
    return f"{count(total)}: {listed(dict(parts))}" if total else "0"


def _spend(amount: float | None, unpriced: int, partly: int) -> str:
    missing = unpriced + partly
    more = f" and what {several(missing, 'request')} of unknown or partly known cost came to" if missing else ""
    return usd(amount) + (more if amount is not None else "")


def _totals(found: Report, paint: Style, width: int) -> Iterator[str]:
    total = found.since_start
    yield paint("bold", "SINCE THE START")
    missing = total["attempts_of_unknown_cost"]
    more = f" and what {several(missing, 'attempt')} of unknown or partly known cost came to" if missing else ""
    rows = [
        (
            "requests",
            f"{count(total['requests'])}, failed {count(total['failed'])}, "
            f"not admitted {count(total['overload_rejections'])}",
        ),
        ("fallbacks", f"{count(total['fallbacks'])} attempts, of which downgrades {count(total['downgrades'])}"),
        ("spend", usd(total["spend_usd"]) + more),
    ]
    for signal, numbers in found.telemetry.items():
        said = ", ".join(f"{count(number)} {name}" for name, number in numbers.items())
        rows.append((f"{signal} over OTLP", said))
    yield from _pairs(rows, width)


def _firing(scopes: dict[str, int | None] | None, paint: Style, width: int) -> Iterator[str]:
    yield ""
    yield paint("bold", "SAVED SCOPES")
    if scopes is None:
        yield from wrapped("unknown: name a Prometheus with --prometheus (GATE_PROMETHEUS_URL)", width, "  ")
        return
    told = [(name, several(number, "finding")) for name, number in scopes.items() if number]
    yield from _pairs(told, width)
    for word, names in (
        ("unknown, Prometheus gave no answer", [name for name, number in scopes.items() if number is None]),
        ("nothing", [name for name, number in scopes.items() if number == 0]),
    ):
        if names:
            yield from wrapped(f"{word}: {', '.join(names)}", width, "  ", "    ")
    if told:
        yield "  `gate scopes NAME --prometheus URL` shows what was found"


def _pairs(rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    size = max((len(name) for name, _ in rows), default=0)
    for name, value in rows:
        yield from wrapped(value, width, f"  {name.ljust(size)}  ", " " * (size + 4))
