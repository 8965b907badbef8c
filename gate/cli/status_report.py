"""What `gate status` says, as values: readiness of Gate, its providers and lanes, what is in the way, what happened.

A route is ready when at least one worker would send it a request. A lane without any provider that has a key is not
broken, nobody asked for it: it is counted, and not among the problems.
"""

import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.cli.scrape import Scrape
from gate.cli.text import listed

READY, MISSING_KEY = "ready", "missing_key"
KEPT = 1_000
"""Decisions that are asked for: as many as Gate gives at once."""
SERVED = ("served", "client_gone")
"""Outcomes that are nobody's failure: the client that leaves has its reasons."""
FIRST = ("primary", "none", None)
LESSER = ("downgrade", "last_resort")
"""Relations of an attempt that a lesser lane than the planned one served."""

_DO = {
    MISSING_KEY: "{why}, then start Gate again",
    "invalid_auth": "the provider refused the configured key: put a valid one in its place and start Gate again",
    "placeholder_key": "{why}, then start Gate again",
    "endpoint_mismatch": "the address answers, but not as this API does: correct base_url or paths of the provider",
    "model_unavailable": "the provider does not have this model, or not for this key: correct the route or remove it",
    "quota_limited": "the account's quota is used up or its bill is not paid: mend that with the provider; Gate asks "
    "again by itself",
    "rate_limited": "the provider asked to be left alone for a while; nothing to do unless that lasts",
    "transport_error": "the provider cannot be reached: look at its address, DNS, certificates and the way there",
    "breaker_open": "it failed too often: Gate leaves it alone for a while and then probes it by itself; "
    "`gate link route {route}` leads to the reason",
    "disabled": "{why}; nothing to do unless that was not meant",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something an operator should know. what: the finding. do: the remedy."""

    what: str
    do: str


@dataclass(frozen=True, slots=True)
class RouteState:
    """states: workers by readiness; None of them known when `/metrics` has no such route yet."""

    id: str
    provider: str
    lane: str
    state: str
    why: str | None
    workers: Mapping[str, float]

    @property
    def ready(self) -> bool:
        return self.state == READY


@dataclass(frozen=True, slots=True)
class Group:
    """The routes of a provider or of a lane. why: what keeps the first of them away, if anything does for good."""

    name: str
    ready: int
    routes: int
    states: Mapping[str, int]
    why: str | None

    @property
    def usable(self) -> bool:
        """Whether a key (or none needed) makes it a choice at all."""
        return any(state not in (MISSING_KEY, "disabled") for state in self.states)


@dataclass(frozen=True, slots=True)
class Recent:
    """The decisions of the last minutes that Gate still keeps. seconds: how far back they reach; complete: whether that
    is all of the time asked for. left: requests that left the planned lane, by reason. unpriced: requests whose cost is
    not known at all, partly: of which a part is."""

    seconds: float
    complete: bool
    requests: int
    outcomes: Mapping[str, int]
    relations: Mapping[str, int]
    left: Mapping[str, int]
    premium: int
    usd: float | None
    unpriced: int
    partly: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything. Times in seconds, None = not known."""

    ready: bool
    accepting: bool
    refusing_because: str
    version: str | None
    workers: int | None
    uptime_s: float | None
    in_flight: float | None
    config_version: str | None
    reloads: Mapping[str, float]
    providers: Sequence[Group]
    lanes: Sequence[Group]
    breakers_open: Sequence[str]
    breakers_half_open: Sequence[str]
    recent: Recent
    since_start: Mapping[str, float | None]
    telemetry: Mapping[str, Mapping[str, float | None]]
    problems: Sequence[Problem]


def report(
    accepting: bool,
    refusing_because: str,
    routes: Sequence[Mapping[str, Any]],
    metrics: Scrape,
    decisions: Sequence[Mapping[str, Any]],
    minutes: float,
    now: float | None = None,
) -> Report:
    """Puts together what a Gate answered. now: seconds since 1970."""
    clock = time.time() if now is None else now
    states = [_route_state(route, metrics) for route in routes]
    providers = groups((state.provider, state) for state in states)
    lanes = groups((state.lane, state) for state in states)
    breakers = metrics.series("gate_breaker_state")
    started = [sample.value for sample in metrics.series("gate_worker_started_seconds")]
    telemetry = {signal: _signal(metrics, signal) for signal in ("traces", "metrics", "logs")}
    reloads = metrics.by("gate_config_reloads_total", "result")
    ready = accepting and any(state.ready for state in states)
    found = [
        *_no_service(accepting, refusing_because, states),
        *_routes_in_the_way(states, metrics),
        *_lanes_in_the_way(lanes),
        *_telemetry_losses(telemetry, metrics),
    ]
    if reloads.get("refused"):
        text = f"a changed configuration was refused ({reloads['refused']:.0f} times since the start)"
        found.append(Problem(text, "`gate check-config FILE` says why; the one before stays in force"))
    return Report(
        ready=ready,
        accepting=accepting,
        refusing_because=refusing_because,
        version=metrics.label("gate_build_info", "version"),
        workers=len(started) or None,
        uptime_s=clock - min(started) if started else None,
        in_flight=metrics.total("gate_in_flight_requests"),
        config_version=metrics.label("gate_config_info", "version"),
        reloads=reloads,
        providers=providers,
        lanes=lanes,
        breakers_open=sorted(sample.labels["route"] for sample in breakers if sample.value == 2),
        breakers_half_open=sorted(sample.labels["route"] for sample in breakers if sample.value == 1),
        recent=recent(decisions, minutes * 60, clock, metrics.total("gate_requests_total") or 0),
        since_start=_since_start(metrics),
        telemetry=telemetry,
        problems=found,
    )


def groups(named: Iterable[tuple[str, RouteState]]) -> list[Group]:
    """The routes by name, in the order in which names come."""
    found: dict[str, list[RouteState]] = {}
    for name, state in named:
        found.setdefault(name, []).append(state)
    return [
        Group(
            name,
            sum(one.ready for one in states),
            len(states),
            dict(Counter(one.state for one in states)),
            next((one.why for one in states if one.why), None),
        )
        for name, states in found.items()
    ]


def recent(decisions: Sequence[Mapping[str, Any]], seconds: float, now: float, ended: float) -> Recent:
    """decisions: newest first, as the API gives them. ended: how many there ever were."""
    inside = [one for one in decisions if now - one["now_ns"] / 1e9 <= seconds]
    complete = len(inside) < len(decisions) or len(decisions) >= ended
    reaches = seconds if complete or not inside else now - inside[-1]["now_ns"] / 1e9
    confidence = Counter(one["cost_confidence"] for one in inside if one["attempts"])
    known = [one["cost_usd"] for one in inside if one["cost_usd"] is not None]
    return Recent(
        seconds=reaches,
        complete=complete,
        requests=len(inside),
        outcomes=dict(Counter(one["outcome"] or "running" for one in inside)),
        relations=dict(Counter(one["relation"] for one in inside if one["relation"] not in FIRST)),
        left=dict(Counter(one["downgrade_reason"] for one in inside if one["downgrade_reason"])),
        premium=sum(bool(one["premium_escalation"]) for one in inside),
        usd=sum(known) if known or not confidence else None,
        unpriced=confidence["unknown"],
        partly=confidence["partial"],
    )


def _route_state(route: Mapping[str, Any], metrics: Scrape) -> RouteState:
    workers = {
        state: number
        for state, number in metrics.by("gate_route_readiness", "state", route=route["id"]).items()
        if number
    }
    # One worker answers for itself; the metric is the sum of all of them.
    state = READY if workers.get(READY) else max(workers, key=lambda name: workers[name], default=route["readiness"])
    return RouteState(route["id"], route["provider"], route["lane"], state, route["why"], workers)


def _no_service(accepting: bool, because: str, states: Sequence[RouteState]) -> list[Problem]:
    found: list[Problem] = []
    if not accepting:
        why = because or "no reason given"
        found.append(Problem(f"Gate takes no new requests: {why}", "wait for its end, or start another one"))
    if not any(state.ready for state in states):
        found.append(Problem("no route can serve anything", "give at least one provider a key, and start Gate again"))
    return found


def _routes_in_the_way(states: Sequence[RouteState], metrics: Scrape) -> list[Problem]:
    """One finding for each provider and state, with the routes it is about. A missing key is a choice, not a finding,
    unless nothing else can serve."""
    together: dict[tuple[str, str], list[RouteState]] = {}
    none_ready = not any(state.ready for state in states)
    for state in states:
        partly = sorted(name for name in state.workers if name != READY)
        kind = partly[0] if state.ready and partly else state.state
        if kind == READY or (kind in (MISSING_KEY, "disabled") and not none_ready):
            continue
        together.setdefault((state.provider, kind), []).append(state)
    found: list[Problem] = []
    for (provider, kind), routes in together.items():
        one = routes[0]
        names = one.id if len(routes) == 1 else f"{one.id} and {len(routes) - 1} more"
        workers = "" if not one.ready else f" in {one.workers[kind]:.0f} of {sum(one.workers.values()):.0f} workers"
        do = _DO.get(kind, "look into Gate's log").format(why=one.why or f"{provider} has no key", route=one.id)
        found.append(Problem(f"{provider}: {kind}{workers}: {names}{_failures(routes, metrics)}", do))
    return found


def _failures(routes: Sequence[RouteState], metrics: Scrape) -> str:
    """How these routes have failed since the start, the most frequent kind first."""
    ids = [route.id for route in routes]
    kinds = metrics.by("gate_attempts_total", "error_type", route=ids)
    failed = {kind: number for kind, number in kinds.items() if kind != "none" and number}
    return f" (failed: {listed(failed)})" if failed else ""


def _lanes_in_the_way(lanes: Sequence[Group]) -> list[Problem]:
    down = [lane.name for lane in lanes if lane.usable and not lane.ready]
    if not down:
        return []
    what = f"{'lane' if len(down) == 1 else 'lanes'} without a ready route: {', '.join(down)}"
    return [Problem(what, "requests go down to the next lane, or are refused where there is none")]


def _telemetry_losses(telemetry: Mapping[str, Mapping[str, float | None]], metrics: Scrape) -> list[Problem]:
    found: list[Problem] = []
    for signal, numbers in telemetry.items():
        if numbers["dropped"]:
            why = metrics.by("gate_telemetry_dropped_total", "reason", signal=signal)
            reasons = ", ".join(f"{name} {number:.0f}" for name, number in sorted(why.items()) if number)
            what = f"{signal} were lost since the start: {numbers['dropped']:.0f} ({reasons})"
            found.append(Problem(what, "is the collector there, and does it take what is sent? see Gate's log"))
    return found


def _signal(metrics: Scrape, signal: str) -> dict[str, float | None]:
    return {
        "queued": metrics.total("gate_telemetry_queued", signal=signal),
        "delivered": metrics.total("gate_telemetry_exported_total", signal=signal),
        "dropped": metrics.total("gate_telemetry_dropped_total", signal=signal),
    }


def _since_start(metrics: Scrape) -> dict[str, float | None]:
    """Counters of this Gate's life; 0 when the metric has no series yet, because then nothing was counted."""
    return {
        "requests": metrics.total("gate_requests_total") or 0,
        "failed": sum(
            number for outcome, number in metrics.by("gate_requests_total", "outcome").items() if outcome not in SERVED
        ),
        "fallbacks": metrics.total("gate_fallbacks_total") or 0,
        "downgrades": metrics.total("gate_fallbacks_total", relation=LESSER) or 0,
        "premium_escalations": metrics.total("gate_premium_escalations_total") or 0,
        "overload_rejections": metrics.total("gate_overload_rejections_total"),
        "spend_usd": metrics.total("gate_spend_usd_total") or 0,
        "attempts_of_unknown_cost": metrics.total("gate_priced_attempts_total", confidence=("unknown", "partial")) or 0,
    }
