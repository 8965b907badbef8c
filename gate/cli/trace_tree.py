"""A trace as a tree in the terminal: who called whom, how it ended, when (bars), and why a request went where it went.

One line per span (name, how it ended, duration, bar), below it what Gate said about it. Spans of other services that
joined the trace (a client's, a server's of one's own) are in it like any other, under their service's name.
"""

from collections.abc import Iterator
from typing import Any

from gate.cli.text import Style, cut, printable, seconds, table, usd, wrapped
from gate.cli.trace_model import Span, Trace
from gate.telemetry import names

DETAIL = "· "


def is_route(span: Span) -> bool:
    return span.kind == "internal" and names.GATE_INTENT_NAME in span.attributes


def is_attempt(span: Span) -> bool:
    return names.GATE_ATTEMPT_RELATION in span.attributes


def is_plan(span: Span) -> bool:
    return names.GATE_PLAN_CANDIDATES in span.attributes


def of_decision(trace: Trace, decision_id: str) -> Trace:
    """The part of a trace that is about one decision: its route with what is above and below. All of it, when it is
    about nothing else."""
    routes = [span for span in trace.spans if is_route(span)]
    about = [span for span in routes if span.attributes.get(names.GATE_DECISION_ID) == decision_id]
    if len(routes) < 2 or not about:
        return trace
    return trace.only([*trace.above(about[0]), *trace.under(about[0])])


def lines(trace: Trace, paint: Style, width: int, *, plan: bool = False) -> Iterator[str]:
    """plan: also every candidate of the plan with its verdict."""
    yield f"{paint('bold', 'trace')} {trace.trace_id}: {len(trace.spans)} spans, {seconds(trace.seconds)}"
    for route in (span for span in trace.spans if is_route(span)):
        yield from _summary(route, trace, paint, width)
    yield ""
    for root in trace.roots():
        if root.parent_id is not None:
            note = f"(its parent span {root.parent_id} is not here: not sent, or not yet)"
            yield from (paint("dim", line) for line in wrapped(note, width))
        yield from _node(trace, root, "", "", paint, width, plan)
    missing = incomplete(trace)
    if missing:
        yield ""
        yield from wrapped(f"incomplete: {missing}", width)


def incomplete(trace: Trace) -> str | None:
    """What of Gate's spans has not arrived, as far as the others show it."""
    for span in trace.spans:
        attempts = span.attributes.get(names.GATE_EXECUTED_ATTEMPTS)
        if is_route(span) and attempts is not None:
            here = sum(1 for child in trace.children(span) if is_attempt(child))
            if here < int(attempts):
                return f"{here} of {attempts} attempts have arrived; ask again in a few seconds"
    if not any(is_route(span) for span in trace.spans):
        return "no decision of Gate is in what has arrived; spans leave Gate with some seconds of delay"
    return None


def _summary(route: Span, trace: Trace, paint: Style, width: int) -> Iterator[str]:
    """The decision in words: asked, outcome, the way, the cost."""
    say = _Said(route)
    asked = f"{say(names.GATE_REQUEST_MODEL)} by {say(names.GATE_CLIENT_PROFILE)}"
    intent = f"{say(names.GATE_INTENT_NAME)} ({say(names.GATE_INTENT_RESOLVED_BY)})"
    tried = say.listed(names.GATE_EXECUTED_ORDER)
    rows = [
        ("decision", say(names.GATE_DECISION_ID)),
        ("asked", f"{asked}, intent {intent}"),
        ("outcome", _outcome(route, trace)),
        ("tried", " > ".join(tried) if tried else "nothing"),
        _left(say),
        ("cost", _cost(say)),
    ]
    if route.attributes.get(names.GATE_PREMIUM_ESCALATION):
        rows.append(("premium", "escalated: a premium lane served an intent that did not ask for one"))
    losses = say.listed(names.GATE_LOSSES)
    if losses:
        rows.append(("lost", ", ".join(losses)))
    size = max(len(name) for name, _ in rows)
    for name, value in rows:
        for line in wrapped(value, width, f"  {name.ljust(size)}  ", " " * (size + 4)):
            failed = name == "outcome" and route.status == "error"
            yield paint("bad", line) if failed else line


def _outcome(route: Span, trace: Trace) -> str:
    say = _Said(route)
    server = next((span for span in trace.above(route) if span.kind == "server"), None)
    status = None if server is None else server.attributes.get(names.HTTP_RESPONSE_STATUS_CODE)
    parts = [say(names.GATE_OUTCOME)]
    if status is not None:
        parts.append(f"HTTP {status}")
    if names.GATE_SERVING_ROUTE in route.attributes:
        parts.append(f"by {say(names.GATE_SERVING_ROUTE)} ({say(names.GATE_SERVING_RELATION)})")
    if names.GATE_ERROR_CODE in route.attributes:
        parts.append(f"error {say(names.GATE_ERROR_CODE)}")
    took = say.number(names.GATE_TIME_DURATION)
    inside = say.number(names.GATE_TIME_OVERHEAD)
    parts.append(f"in {seconds(took)}, of which {seconds(inside)} in Gate")
    return ", ".join(parts)


def _left(say: "_Said") -> tuple[str, str]:
    """Whether and why the planned lane was left, and in which word."""
    reason = say.span.attributes.get(names.GATE_DOWNGRADE_REASON)
    if reason is None:
        return "downgrade", "none"
    word = "downgrade" if say(names.GATE_SERVING_RELATION) in ("downgrade", "last_resort") else "lane left"
    return word, f"{printable(reason)}: from {say(names.GATE_PLAN_FIRST_LANE)} to {say(names.GATE_SERVING_LANE)}"


def _cost(say: "_Said") -> str:
    amount = say.number(names.GATE_COST_USD)
    if amount is None:
        return "unknown"
    confidence = say(names.GATE_COST_CONFIDENCE)
    source = say.span.attributes.get(names.GATE_COST_SOURCE_TYPE)
    by = f", price from {printable(source)}" if source else ""
    least = "at least " if confidence == "partial" else ""
    return f"{least}{usd(amount)} ({confidence}{by})"


class _Said:
    """A span's attributes as text; what is absent is unknown."""

    def __init__(self, span: Span) -> None:
        self.span = span

    def __call__(self, name: str) -> str:
        value = self.span.attributes.get(name)
        return "unknown" if value is None else printable(value)

    def number(self, name: str) -> float | None:
        value = self.span.attributes.get(name)
        try:
            return None if value is None else float(value)
        except (TypeError, ValueError):
            return None

    def listed(self, name: str) -> list[str]:
        return texts(self.span.attributes.get(name))


def texts(value: Any) -> list[str]:
    """A list attribute; Jaeger's own form has it as the text of a JSON list."""
    if isinstance(value, str) and value.startswith("["):
        import json

        try:
            value = json.loads(value)
        except ValueError:
            return [printable(value)]
    if isinstance(value, list):
        return [printable(item) for item in value]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    return [] if value is None else [printable(value)]


def _node(trace: Trace, span: Span, first: str, rest: str, paint: Style, width: int, plan: bool) -> Iterator[str]:
    """Its own lines and those below it. first, rest: what stands before its first line, and before the others."""
    children = trace.children(span)
    yield _line(trace, span, first, paint, width)
    stem = rest + ("│  " if children else "   ")
    for detail in _details(span):
        for line in wrapped(detail, width, stem + DETAIL, stem + "  "):
            yield line[: len(stem)] + paint("dim", line[len(stem) :])
    if plan and is_plan(span):
        for line in _candidates(span, width - len(stem) - 2):
            yield stem + "  " + line
    for index, child in enumerate(children):
        last = index == len(children) - 1
        yield from _node(
            trace, child, rest + ("└─ " if last else "├─ "), rest + ("   " if last else "│  "), paint, width, plan
        )


def _line(trace: Trace, span: Span, prefix: str, paint: Style, width: int) -> str:
    ended, kind = _ended(span)
    took = seconds(span.seconds).rjust(9)
    bar = _bar(trace, span, 20 if width >= 72 else 10)
    space = width - len(prefix) - len(ended) - len(took) - len(bar) - 5
    name = cut(printable(span.name), max(4, space))
    gap = " " * max(1, space - len(name) + 1)
    painted = f"{paint('bold', name)}{gap}{paint(kind, ended) if kind else ended}"
    return f"{prefix}{painted} {took} |{bar}|"


def _ended(span: Span) -> tuple[str, str]:
    """How it ended in words, and the colour for it."""
    if span.status == "error":
        return f"ERROR {cut(_Said(span)(names.ERROR_TYPE), 24)}", "bad"
    if names.GATE_ATTEMPT_CANCELLED_BY in span.attributes:
        return f"cancelled: {_Said(span)(names.GATE_ATTEMPT_CANCELLED_BY)}", "warn"
    return ("served", "good") if is_attempt(span) else ("", "")


def _bar(trace: Trace, span: Span, size: int) -> str:
    """When the span ran, within the trace: `=`, at least one of them however short it was."""
    whole = max(trace.seconds, 1e-9)
    begins = min(size - 1, int(size * (span.start_ns - trace.start_ns) / 1e9 / whole))
    length = max(1, min(size - begins, round(size * span.seconds / whole)))
    return (" " * begins + "=" * length).ljust(size)


def _details(span: Span) -> Iterator[str]:
    """What is worth reading about a span, in lines."""
    say = _Said(span)
    if is_attempt(span):
        yield from _attempt(say)
    elif is_plan(span):
        omitted = say.number(names.GATE_PLAN_OMITTED)
        more = f", {omitted:.0f} of them not told one by one" if omitted else ""
        yield f"{say(names.GATE_PLAN_CANDIDATES)} candidates{more}, {say(names.GATE_PLAN_QUALIFYING)} qualify"
    elif is_route(span):
        lanes = [say(names.GATE_CHOSEN_LANE)]
        if names.GATE_SERVING_LANE in span.attributes and say(names.GATE_SERVING_LANE) != lanes[0]:
            lanes.append(say(names.GATE_SERVING_LANE))
        yield f"lane {' > '.join(lanes)}"
    elif span.kind == "server":
        kept = say.listed(names.GATE_SAMPLING_REASONS)
        if kept:
            yield f"worth keeping: {', '.join(kept)}"
    if span.service != "gate" and not is_route(span) and not is_attempt(span):
        yield f"service {printable(span.service)}"
    if span.status_message:
        yield printable(span.status_message)
    for link in span.links:
        kind = printable(link.attributes.get(names.GATE_LINK_KIND, "link"))
        yield f"{kind}: trace {link.trace_id}"


def _attempt(say: _Said) -> Iterator[str]:
    parts = [say(names.GATE_ATTEMPT_RELATION), say(names.GATE_ATTEMPT_ROUTE), f"lane {say(names.GATE_ATTEMPT_LANE)}"]
    if names.HTTP_RESPONSE_STATUS_CODE in say.span.attributes:
        parts.append(f"HTTP {say(names.HTTP_RESPONSE_STATUS_CODE)}")
    yield ", ".join(parts)
    more: list[str] = []
    if names.GATE_DOWNGRADE_REASON in say.span.attributes:
        more.append(f"lane left because {say(names.GATE_DOWNGRADE_REASON)}")
    if names.GATE_ATTEMPT_RETRY_AFTER in say.span.attributes:
        more.append(f"asked to wait {seconds(say.number(names.GATE_ATTEMPT_RETRY_AFTER))}")
    first = next((value for name, value in say.span.attributes.items() if name.endswith("time_to_first_chunk")), None)
    if first is not None:
        more.append(f"first chunk after {seconds(float(first))}")
    read, written = say.number(names.GEN_AI_USAGE_INPUT_TOKENS), say.number(names.GEN_AI_USAGE_OUTPUT_TOKENS)
    if read is not None or written is not None:
        more.append(f"tokens {_tokens(read)} in, {_tokens(written)} out")
    if names.GATE_COST_USD in say.span.attributes or say.span.status != "error":
        more.append(f"cost {_cost(say)}")
    if more:
        yield ", ".join(more)


def _tokens(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f}"


def _candidates(span: Span, width: int) -> list[str]:
    rows: list[tuple[str, str, str]] = []
    for event in span.events:
        if event.name == names.EVENT_GATE_CANDIDATE:
            score = event.attributes.get(names.GATE_CANDIDATE_SCORE)
            reasons = "; ".join(texts(event.attributes.get(names.GATE_CANDIDATE_REASONS)))
            told = reasons or (f"score {float(score):.4g}" if score is not None else "")
            route, verdict = (event.attributes.get(name, "unknown") for name in _CANDIDATE)
            rows.append((printable(route), printable(verdict), told))
    if not rows:
        return []
    found: list[str] = []
    for line, (_, _, told) in zip(table([(*row[:2], "") for row in rows], width), rows, strict=True):
        side = f"{line.ljust(max(len(route) for route, _, _ in rows) + 11)}{told}"
        found += [side] if len(side) <= width else [line, *wrapped(told, width, "    ")]
    return found


_CANDIDATE = (names.GATE_CANDIDATE_ROUTE, names.GATE_CANDIDATE_VERDICT)
