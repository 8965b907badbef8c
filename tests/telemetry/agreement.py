"""Compares renderings of one request with its view, field by field, as the registry's tables say where each field is.

Every function returns the disagreements it found; none means that the rendering says what the view says. The spans may
come from the SDK or from any backend: `SpanData` is the common form, and values may be what JSON made of them.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from gate.telemetry.attempt_view import AttemptView
from gate.telemetry.registry import ViewField, load
from gate.telemetry.span_attributes import LIST_LIMIT
from gate.telemetry.view import DecisionView

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@dataclass(frozen=True)
class Disagreement:
    """rendering: spans, headers, log, api, cli, metrics. where: the span, header or metric."""

    rendering: str
    field: str
    where: str
    expected: Any
    shown: Any


@dataclass
class SpanData:
    """One finished span. kind: `server`, `internal`, `client`. status: `unset`, `error`, `ok`."""

    name: str
    kind: str
    span_id: str
    parent_id: str | None
    attributes: Mapping[str, Any]
    status: str = "unset"
    start_ns: int = 0
    end_ns: int = 0
    events: Sequence[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    links: Sequence[tuple[str, Mapping[str, Any]]] = field(default_factory=list)


def same(expected: Any, shown: Any) -> bool:
    """Whether a shown value means the expected one. Null and the empty list are shown by absence."""
    if expected is None or expected == ():
        return shown is None or shown == [] or shown == ()
    if shown is None:
        return False
    match expected:
        case bool():
            return str(shown).lower() == str(expected).lower()
        case int():
            return not isinstance(shown, bool) and float(shown) == expected
        case float():
            return math.isclose(float(shown), expected, rel_tol=1e-9, abs_tol=1e-12)
        case tuple():
            items = json.loads(shown) if isinstance(shown, str) else shown
            return list(items) == list(expected)
        case _:
            return shown == expected


def compare_spans(view: DecisionView, attempts: Sequence[AttemptView], spans: Iterable[SpanData]) -> list[Disagreement]:
    """One request's spans with its views. spans: at least those of its trace."""
    registry = load()
    spans = list(spans)
    mine = [span for span in spans if span.attributes.get("gate.decision.id") == view.decision_id]
    server = next((span for span in mine if span.kind == "server"), None)
    route = next((span for span in mine if span.kind == "internal"), None)
    if server is None or route is None:
        return [Disagreement("spans", "decision_id", "server" if server is None else "route", view.decision_id, None)]
    calls = sorted(
        (span for span in spans if span.parent_id == route.span_id and "gate.attempt.index" in span.attributes),
        key=lambda span: int(span.attributes["gate.attempt.index"]),
    )
    found: list[Disagreement] = []
    if len(calls) != len(attempts):
        found.append(Disagreement("spans", "attempts", "attempt", len(attempts), len(calls)))
    serving = calls[-1] if calls and view.serving_route is not None else None
    places = {"server": server, "route": route, "serving": serving}
    for name, row in registry.view.items():
        if row.attribute is not None:
            span = places[row.span]
            shown = None if span is None else span.attributes.get(row.attribute)
            found += _check("spans", name, row.span, _on_span(getattr(view, name), row), shown)
    if route.name != f"route {view.intent}":
        found.append(Disagreement("spans", "intent", "name of route", view.intent, route.name))
    for attempt, span in zip(attempts, calls, strict=False):
        for name, row in registry.attempt_view.items():
            if row.attribute is not None:
                expected = _on_span(getattr(attempt, name), row)
                found += _check("spans", name, f"attempt {attempt.index}", expected, span.attributes.get(row.attribute))
        status = "unset" if attempt.error_type is None else "error"
        found += _check("spans", "error_type", f"status of attempt {attempt.index}", status, span.status)
    return found


def compare_headers(view: DecisionView, headers: Mapping[str, str], *, early: bool = False) -> list[Disagreement]:
    """Response headers (lower-case names) with the view. early: the head went out before any attempt answered."""
    found: list[Disagreement] = []
    for name, row in load().view.items():
        if row.header is not None:
            value = getattr(view, name)
            expected = None if value is None or (early and name != "decision_id") else str(value)
            shown = headers.get(row.header)
            found += _check("headers", name, row.header, expected, None if shown is None else unquote(shown))
    return found


def compare_log(view: DecisionView, line: Mapping[str, Any]) -> list[Disagreement]:
    """The log line of the request with the view."""
    return [
        problem for name in load().view for problem in _check("log", name, name, getattr(view, name), line.get(name))
    ]


def compare_flat(view: DecisionView, shown: Mapping[str, Any], rendering: str) -> list[Disagreement]:
    """An answer of the explain API or of the command line (`api`, `cli`): every field is there, null or not."""
    found: list[Disagreement] = []
    for name in load().view:
        if name not in shown:
            found.append(Disagreement(rendering, name, name, getattr(view, name), "missing"))
        else:
            found += _check(rendering, name, name, getattr(view, name), shown[name])
    return found


def compare_attempts(attempts: Sequence[AttemptView], shown: Sequence[Mapping[str, Any]]) -> list[Disagreement]:
    """The attempts of an answer of the explain API with their views."""
    if len(attempts) != len(shown):
        return [Disagreement("api", "attempts", "attempts", len(attempts), len(shown))]
    return [
        problem
        for attempt, one in zip(attempts, shown, strict=True)
        for name in load().attempt_view
        for problem in _check("api", name, f"attempt {attempt.index}", getattr(attempt, name), one.get(name))
    ]


def compare_metrics(
    view: DecisionView, attempts: Sequence[AttemptView], before: Samples, after: Samples, intent: str | None = None
) -> list[Disagreement]:
    """The change in `/metrics` that one request made. intent: the label's value where it is not the intent itself
    (`explicit`, `other`). Routes, lanes and providers must be of the running configuration."""
    delta = {key: after[key] - before.get(key, 0.0) for key in after if after[key] != before.get(key, 0.0)}
    found: list[Disagreement] = []
    labels = {row.label: name for name, row in load().view.items() if row.label is not None}
    counted = [dict(key[1]) for key in delta if key[0] == "gate_requests_total"]
    if len(counted) != 1 or delta.get(("gate_requests_total", frozenset(counted[0].items()))) != 1.0:
        return [Disagreement("metrics", "outcome", "gate_requests_total", 1, counted)]
    for label, name in labels.items():
        expected = intent if name == "intent" and intent is not None else getattr(view, name)
        found += _check("metrics", name, f"gate_requests_total{{{label}}}", expected or "none", counted[0].get(label))
    for name, row in load().view.items():
        if row.metric is not None:
            family = load().metrics[row.metric].prometheus
            shown = _sum(delta, f"{family}_sum")
            found += _check("metrics", name, f"{family}_sum", getattr(view, name) or None, shown or None)
    found += _totals(attempts, delta)
    return found


def _totals(attempts: Sequence[AttemptView], delta: Samples) -> list[Disagreement]:
    """What all attempts add to the counters."""
    found: list[Disagreement] = []
    expected: dict[tuple[str, str, str], float] = {}
    for attempt in attempts:
        key = attempt.provider, attempt.route, attempt.error_type or attempt.cancelled_by or "none"
        expected[key] = expected.get(key, 0.0) + 1.0
    shown = {
        (labels["provider"], labels["route"], labels["error_type"]): value
        for labels, value in _named(delta, "gate_attempts_total")
    }
    if expected != shown:
        found.append(Disagreement("metrics", "attempts", "gate_attempts_total", expected, shown))
    chats = [attempt for attempt in attempts if attempt.operation == "chat"]
    spent = sum(attempt.cost_usd or 0.0 for attempt in chats if attempt.billable)
    found += _check("metrics", "cost_usd", "gate_spend_usd_total", spent or None, _sum(delta, "gate_spend_usd_total"))
    for kind in ("input", "output", "cache_read", "cache_write", "reasoning"):
        tokens = float(sum(getattr(attempt, f"{kind}_tokens") or 0 for attempt in chats))
        counted = [value for labels, value in _named(delta, "gate_tokens_total") if labels["kind"] == kind]
        found += _check("metrics", f"{kind}_tokens", "gate_tokens_total", tokens or None, sum(counted) or None)
    return found


def samples_of(exposition: str) -> Samples:
    """Sample name and labels -> value, of an OpenMetrics text."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition)
        for sample in family.samples
    }


def _named(delta: Samples, name: str) -> list[tuple[dict[str, str], float]]:
    return [(dict(labels), value) for (sample, labels), value in delta.items() if sample == name]


def _sum(delta: Samples, name: str) -> float | None:
    return sum(value for _, value in _named(delta, name)) or None


def _on_span(value: Any, row: ViewField) -> Any:
    if row.only is not None and value is not row.only:
        return None
    return value[:LIST_LIMIT] if isinstance(value, tuple) else value


def _check(rendering: str, name: str, where: str, expected: Any, shown: Any) -> list[Disagreement]:
    return [] if same(expected, shown) else [Disagreement(rendering, name, where, expected, shown)]
