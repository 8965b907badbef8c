"""Which pages show a provider, a client, a route, a lane, an intent, a decision or a trace."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gate.cli.links import Grafana, JaegerPages, Link, Range
from gate.cli.main import Failed
from gate.telemetry import names


@dataclass(frozen=True, slots=True)
class Target:
    """A kind of thing that has a name. dashboards: titles by uid. variable: the dashboards' variable that chooses it.
    attribute: the span attribute that holds its name. spans: what the spans with it are."""

    dashboards: Mapping[str, str]
    variable: str
    attribute: str
    spans: str


TARGETS: Mapping[str, Target] = {
    "provider": Target(
        {"gate-providers": "Providers", "gate-routes": "Routes", "gate-cost-truth": "Cost truth"},
        "provider",
        names.GATE_ATTEMPT_PROVIDER,
        "attempts",
    ),
    "client": Target(
        {"gate-clients": "Clients", "gate-analytics": "Analytics"}, "client", names.GATE_CLIENT_PROFILE, "requests"
    ),
    "route": Target({"gate-routes": "Routes"}, "route", names.GATE_ATTEMPT_ROUTE, "attempts"),
    "lane": Target(
        {"gate-routes": "Routes", "gate-analytics": "Analytics"}, "lane", names.GATE_ATTEMPT_LANE, "attempts"
    ),
    "intent": Target({"gate-routes": "Routes"}, "intent", names.GATE_INTENT_NAME, "requests"),
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where links may lead; None for what was not named. now: seconds since 1970."""

    grafana: Grafana | None
    jaeger: JaegerPages | None
    span: Range
    now: float


def overview(places: Places) -> Iterator[Link]:
    if places.grafana is None:
        raise Failed("the overview is in Grafana: name one with --grafana URL (GATE_GRAFANA_URL)")
    yield places.grafana.dashboard("Overview", "gate-overview", places.span)


def of_name(kind: str, name: str, places: Places) -> Iterator[Link]:
    """The dashboards of a thing with it chosen, then its spans, failed ones first."""
    target = TARGETS[kind]
    if places.grafana is not None:
        for uid, title in target.dashboards.items():
            yield places.grafana.dashboard(title, uid, places.span, {target.variable: name})
        selector = f"span.{target.attribute} = {_quoted(name)}"
        failed = f"{{ {selector} && status = error }}"
        yield places.grafana.traceql(f"Failed {target.spans} (Tempo)", failed, places.span)
        yield places.grafana.traceql(f"All {target.spans} (Tempo)", f"{{ {selector} }}", places.span)
    if places.jaeger is not None:
        # No search for failed ones: Jaeger 2.13 finds nothing for the tag error=true in its memory store.
        tags = {target.attribute: name}
        yield places.jaeger.search(f"All {target.spans} (Jaeger)", tags, places.span, places.now)


def of_trace(trace_id: str, places: Places) -> Iterator[Link]:
    if places.jaeger is not None:
        yield places.jaeger.trace(trace_id)
    if places.grafana is not None:
        yield places.grafana.traceql("The trace (Tempo)", trace_id, places.span)


def of_decision(
    decision_id: str, trace_id: str | None, view: Mapping[str, Any] | None, places: Places
) -> Iterator[Link]:
    """trace_id, view: as far as they are known; view is what the API says of the decision."""
    if trace_id is not None:
        yield from of_trace(trace_id, places)
    elif places.jaeger is not None:
        tags = {names.GATE_DECISION_ID: decision_id}
        yield places.jaeger.search("The trace, by search (Jaeger)", tags, places.span, places.now)
    if places.grafana is None:
        return
    if trace_id is None:
        query = f"{{ span.{names.GATE_DECISION_ID} = {_quoted(decision_id)} }}"
        yield places.grafana.traceql("The trace, by search (Tempo)", query, places.span)
    yield places.grafana.dashboard("Requests at that time", "gate-requests", places.span)
    for kind, field in (("provider", "serving_provider"), ("client", "client_profile"), ("lane", "chosen_lane")):
        name = None if view is None else view.get(field)
        if name:
            uid, title = next(iter(TARGETS[kind].dashboards.items()))
            chosen = {TARGETS[kind].variable: str(name)}
            yield places.grafana.dashboard(f"{title}: {name}, at that time", uid, places.span, chosen)


def _quoted(text: str) -> str:
    """A string of TraceQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
