"""What `gate top` shows of what happened between two readings of `/metrics`: a line for all, and a table by one thing.

Rates are per second of the interval, costs as if it went on for an hour. `-`: nothing of the kind happened. `+`: more
than this, because some costs are not known.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gate.cli.scrape import Change
from gate.cli.status_report import LESSER, SERVED
from gate.cli.text import NOTHING, UNKNOWN, count, seconds, share, usd

RATIO = 3_600
UNUSED = {"missing_key", "disabled"}
"""States of routes that are no choice."""
Cell = Callable[[Change, str], str]


@dataclass(frozen=True, slots=True)
class View:
    """A table: a row for each value of `label`. names: where the values are. busy: what happened to one, for the
    order. columns: title and cell."""

    label: str
    names: Callable[[Change], set[str]]
    busy: Callable[[Change, str], float]
    columns: Mapping[str, Cell]

    def rows(self, change: Change) -> list[tuple[str, ...]]:
        """The title, then the busiest first."""
        ordered = sorted(self.names(change), key=lambda name: (-self.busy(change, name), name))
        return [
            (self.label.upper(), *self.columns),
            *((name, *(cell(change, name) for cell in self.columns.values())) for name in ordered),
        ]


def rate(value: float | None) -> str:
    """Per second; `-` when there was nothing."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return NOTHING
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.2f}"


def quantile(change: Change, quantile: float, metric: str, **match: str) -> str:
    found = change.quantile(quantile, metric, **match)
    return NOTHING if found is None else found.sign + seconds(found.value)


def overview(change: Change) -> list[tuple[str, str]]:
    """What is true for all of Gate, as pairs to be written side by side."""
    requests = _requests(change)
    after = change.after
    dropped = change.added("gate_telemetry_dropped_total")
    return [
        ("in flight", count(after.total("gate_in_flight_requests"))),
        ("requests/s", rate(requests / change.seconds)),
        ("failed", share(_failed(change), requests)),
        ("downgraded", share(change.added("gate_requests_total", relation=LESSER) or 0, requests)),
        ("first chunk p95", quantile(change, 0.95, "gate_time_to_first_chunk_seconds")),
        ("overhead p95", quantile(change, 0.95, "gate_overhead_seconds")),
        ("spend/h", spend(change)),
        ("spans queued", count(after.total("gate_telemetry_queued", signal="traces"))),
        ("telemetry lost", count(dropped)),
        ("configuration", after.label("gate_config_info", "version") or UNKNOWN),
    ]


def spend(change: Change, **match: str) -> str:
    """USD an hour at this pace."""
    if change.after.total("gate_spend_usd_total") is None and change.after.total("gate_priced_attempts_total") is None:
        return NOTHING
    known = change.added("gate_spend_usd_total", **match) or 0
    countable = {name: value for name, value in match.items() if name in ("provider", "lane")}
    missing = change.added("gate_priced_attempts_total", confidence=("unknown", "partial"), **countable)
    more = "+" if missing and countable == match else ""
    return NOTHING if known == 0 and not more else usd(known * RATIO / change.seconds) + more


def state(change: Change, label: str, name: str) -> str:
    """How many of the routes that have a key are ready, and what stands in the way of the others."""
    routes: dict[str, set[str]] = {}
    for sample in change.after.series("gate_route_readiness", **{label: name}):
        if sample.value:
            routes.setdefault(sample.labels["route"], set()).add(sample.labels["state"])
    if not routes:
        return UNKNOWN
    usable = {route: states for route, states in routes.items() if not states <= UNUSED} or routes
    ready = sum("ready" in states for states in usable.values())
    if ready == len(usable):
        return "ready" if ready == 1 else f"{ready} ready"
    why = sorted({state for states in usable.values() if "ready" not in states for state in states})[0]
    return why if len(usable) == 1 else f"{ready}/{len(usable)} {why}"


def _failed_attempts(change: Change, label: str, name: str) -> str:
    tried = change.added("gate_attempts_total", **{label: name}) or 0
    well = change.added("gate_attempts_total", error_type="none", **{label: name}) or 0
    return share(tried - well, tried)


def _attempts(label: str) -> dict[str, Cell]:
    return {
        "TRIES/S": lambda change, name: rate(change.rate("gate_attempts_total", **{label: name}) or 0),
        "FAILED": lambda change, name: _failed_attempts(change, label, name),
        "P50": lambda change, name: quantile(change, 0.5, "gate_attempt_duration_seconds", **{label: name}),
        "P95": lambda change, name: quantile(change, 0.95, "gate_attempt_duration_seconds", **{label: name}),
    }


def _seen(metric: str, label: str) -> Callable[[Change], set[str]]:
    """The values of a label that something was ever counted for, but `none`."""

    def names(change: Change) -> set[str]:
        return {name for name, number in change.after.by(metric, label).items() if number} - {"none"}

    return names


def _usable(label: str) -> Callable[[Change], set[str]]:
    """Those that a key makes a choice, and those something was tried at."""

    def names(change: Change) -> set[str]:
        states = change.after.series("gate_route_readiness")
        usable = {sample.labels[label] for sample in states if sample.value and sample.labels["state"] not in UNUSED}
        return usable | (_seen("gate_attempts_total", label)(change) if label != "lane" else set())

    return names


def _busy(metric: str, label: str) -> Callable[[Change, str], float]:
    return lambda change, name: change.added(metric, **{label: name}) or 0


def _requests(change: Change, **match: str) -> float:
    return change.added("gate_requests_total", **match) or 0


def _failed(change: Change, **match: str) -> float:
    return _requests(change, **match) - (change.added("gate_requests_total", outcome=SERVED, **match) or 0)


def _first_chunk(label: str) -> Cell:
    return lambda change, name: quantile(change, 0.95, "gate_time_to_first_chunk_seconds", **{label: name})


def _tokens(kind: str, label: str) -> Cell:
    return lambda change, name: rate(change.rate("gate_tokens_total", kind=kind, **{label: name}) or 0)


_CLIENT = "gate_client_request_duration_seconds"

VIEWS: Mapping[str, View] = {
    "route": View(
        "route",
        _usable("route"),
        _busy("gate_attempts_total", "route"),
        {**_attempts("route"), "STATE": lambda change, name: state(change, "route", name)},
    ),
    "provider": View(
        "provider",
        _usable("provider"),
        _busy("gate_attempts_total", "provider"),
        {
            **_attempts("provider"),
            "TOK/S": _tokens("output", "provider"),
            "SPEND/H": lambda change, name: spend(change, provider=name),
            "STATE": lambda change, name: state(change, "provider", name),
        },
    ),
    "client": View(
        "client",
        lambda change: (
            _seen(f"{_CLIENT}_count", "client_profile")(change) | _seen("gate_tokens_total", "client_profile")(change)
        ),
        _busy(f"{_CLIENT}_count", "client_profile"),
        {
            "REQ/S": lambda change, name: rate(change.rate(f"{_CLIENT}_count", client_profile=name)),
            "P50": lambda change, name: quantile(change, 0.5, _CLIENT, client_profile=name),
            "P95": lambda change, name: quantile(change, 0.95, _CLIENT, client_profile=name),
            "IN TOK/S": _tokens("input", "client_profile"),
            "OUT TOK/S": _tokens("output", "client_profile"),
            "PREMIUM/S": lambda change, name: rate(
                change.rate("gate_premium_escalations_total", client_profile=name) or 0
            ),
            "SPEND/H": lambda change, name: spend(change, client_profile=name),
        },
    ),
    "intent": View(
        "intent",
        _seen("gate_requests_total", "intent"),
        _busy("gate_requests_total", "intent"),
        {
            "REQ/S": lambda change, name: rate(_requests(change, intent=name) / change.seconds),
            "FAILED": lambda change, name: share(
                _requests(change, intent=name)
                - (change.added("gate_requests_total", intent=name, outcome=SERVED) or 0),
                _requests(change, intent=name),
            ),
            "DOWNGRADED": lambda change, name: share(
                change.added("gate_requests_total", intent=name, relation=LESSER) or 0, _requests(change, intent=name)
            ),
            "FIRST CHUNK P95": _first_chunk("intent"),
            "P50": lambda change, name: quantile(change, 0.5, "gate_request_duration_seconds", intent=name),
            "P95": lambda change, name: quantile(change, 0.95, "gate_request_duration_seconds", intent=name),
        },
    ),
    "lane": View(
        "lane",
        lambda change: _usable("lane")(change) | _seen("gate_requests_total", "lane")(change),
        lambda change, name: (
            _busy("gate_requests_total", "lane")(change, name)
            + _busy("gate_fallbacks_total", "from_lane")(change, name)
        ),
        {
            "SERVED/S": lambda change, name: rate(_requests(change, lane=name) / change.seconds),
            "LEFT/S": lambda change, name: rate(change.rate("gate_fallbacks_total", from_lane=name) or 0),
            "FIRST CHUNK P95": lambda change, name: quantile(
                change, 0.95, "gate_time_to_first_chunk_seconds", lane=name
            ),
            "SPEND/H": lambda change, name: spend(change, lane=name),
            "STATE": lambda change, name: state(change, "lane", name),
        },
    ),
}
