"""The attributes of each span, rendered from views. Plain dictionaries, no spans.

Which field becomes which attribute is the table `view` (and `attempt_view`) of the registry. Absent values are left
out: an attribute that is there was reported.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gate.core.decision import Candidate, RouteDecision, Tier
from gate.core.reason import ReasonCode
from gate.telemetry import names
from gate.telemetry.attempt_view import NAME_LIMIT, AttemptView
from gate.telemetry.otlp.wire import Unchanging
from gate.telemetry.redact import redact_query
from gate.telemetry.registry import ViewField, load
from gate.telemetry.view import DecisionView

Attributes = dict[str, Any]

TEXT_LIMIT = 1024
"""Characters of an attribute a client chose (Tempo cuts attributes over 2,048 bytes)."""
LIST_LIMIT = 32
EVENTS = load().events[names.EVENT_GATE_CANDIDATE].cap
"""Candidate events on one plan span; the rest is counted."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY"})


@dataclass(frozen=True, slots=True)
class ServerFacts:
    """What the SERVER span says of the HTTP request. path: without query. route: the template, None when none matched.
    query: raw, without `?`. server_address / server_port: as the Host header names them. http_version: `1.1`, `2`."""

    method: str
    path: str
    scheme: str
    route: str | None = None
    query: str = ""
    http_version: str | None = None
    user_agent: str | None = None
    client_address: str | None = None
    server_address: str | None = None
    server_port: int | None = None


def server_name(facts: ServerFacts) -> str:
    """`{method} {route}` (HTTP conventions: an unknown method is `HTTP`, no route means the method alone)."""
    method = facts.method if facts.method in _METHODS else "HTTP"
    return f"{method} {facts.route}" if facts.route else method


def server_start(facts: ServerFacts) -> Attributes:
    known = facts.method in _METHODS
    attributes: Attributes = {
        names.HTTP_REQUEST_METHOD: facts.method if known else "_OTHER",
        names.URL_PATH: facts.path[:TEXT_LIMIT],
        names.URL_SCHEME: facts.scheme,
    }
    if not known:
        attributes[names.HTTP_REQUEST_METHOD_ORIGINAL] = facts.method[:TEXT_LIMIT]
    if facts.route is not None:
        attributes[names.HTTP_ROUTE] = facts.route
    if facts.query:
        attributes[names.URL_QUERY] = redact_query(facts.query)[:TEXT_LIMIT]
    if facts.http_version is not None:
        attributes[names.NETWORK_PROTOCOL_VERSION] = facts.http_version
    if facts.user_agent:
        attributes[names.USER_AGENT_ORIGINAL] = facts.user_agent[:TEXT_LIMIT]
    if facts.client_address:
        attributes[names.CLIENT_ADDRESS] = facts.client_address
    if facts.server_address:
        attributes[names.SERVER_ADDRESS] = facts.server_address[:TEXT_LIMIT]
        if facts.server_port is not None:
            attributes[names.SERVER_PORT] = facts.server_port
    return attributes


Table = tuple[tuple[str, str, bool | None], ...]
"""Field of a view, attribute, and the only value that is shown if there is one."""
_registry = load()


def _table(
    rows: Mapping[str, ViewField], span: str, but: frozenset[str] = frozenset(), profile: str | None = None
) -> Table:
    return tuple(
        (field, name, row.only)
        for field, row in rows.items()
        if row.attribute is not None and row.span == span and field not in but
        for name in _registry.names_in(profile or _registry.default_profile, row.attribute)
    )


# Profiles differ on the attempt's span only (a test holds the registry to it).
_ROUTE = _table(_registry.view, "route")
_SERVER = _table(_registry.view, "server")
# What a sampler should see when the attempt's span is made; the rest is set once, at its end.
_AT_START = (names.GEN_AI_OPERATION_NAME, names.GEN_AI_PROVIDER_NAME, names.GEN_AI_REQUEST_MODEL)
_STARTED = frozenset({"operation", "gen_ai_provider", "model", "server_address", "server_port"})


def attempt_table(profile: str | None = None) -> Table:
    """What `attempt_end` says, by the names of a profile, None for the default one. Raises KeyError."""
    return _table(_registry.attempt_view, "route", _STARTED, profile)


ATTEMPT = attempt_table()


def _render(flat: DecisionView | AttemptView, table: Table) -> Attributes:
    attributes: Attributes = {}
    for field, attribute, only in table:
        value: Any = getattr(flat, field)
        if value is None or value == () or (only is not None and value is not only):
            continue
        attributes[attribute] = value[:LIST_LIMIT] if type(value) is tuple else value
    return attributes


def route_name(intent: str) -> str:
    return f"route {intent[:NAME_LIMIT]}"


def route_attributes(view: DecisionView) -> Attributes:
    """All the route span says, of the decision and of the execution."""
    return _render(view, _ROUTE)


def server_end(view: DecisionView, error: str | None) -> Attributes:
    """What the SERVER span learns at its end. error: its `error.type`."""
    attributes = _render(view, _SERVER)
    attributes[names.GATE_DECISION_ID] = view.decision_id
    return {**attributes, **_outcome(view.outcome, view.error_code, error)}


def rejected_end(status: int | None, code: str | None, outcome: str, error: str | None) -> Attributes:
    """The end of a SERVER span whose request got no decision."""
    attributes = _outcome(outcome, code, error)
    if status is not None:
        attributes[names.HTTP_RESPONSE_STATUS_CODE] = status
    return attributes


def _outcome(outcome: str | None, code: str | None, error: str | None) -> Attributes:
    attributes: Attributes = {}
    if outcome is not None:
        attributes[names.GATE_OUTCOME] = outcome
    if code is not None:
        attributes[names.GATE_ERROR_CODE] = code
    if error is not None:
        attributes[names.ERROR_TYPE] = error
    return attributes


def attempt_name(operation: str, model: str) -> str:
    return f"{operation} {model}"


def attempt_end(view: AttemptView, table: Table = ATTEMPT) -> Attributes:
    """What an attempt's span learns at its end."""
    return _render(view, table)


def attempt_start(
    operation: str, provider: str, model: str, server_address: str | None, server_port: int | None
) -> Attributes:
    attributes: Attributes = dict(zip(_AT_START, (operation, provider, model), strict=True))
    if server_address is not None:
        attributes[names.SERVER_ADDRESS] = server_address
        if server_port is not None:
            attributes[names.SERVER_PORT] = server_port
    return attributes


def plan_story(decision: RouteDecision) -> tuple[Attributes, Sequence[Attributes]]:
    """What the plan span says, and its events: one per candidate, the most telling first, at most `EVENTS`.

    First those planned, in their order, then those that qualify, then those out for a reason of this request or this
    moment, last those the configuration rules out. The rest is counted by the first reason of each.

    The planner hands out the same candidates again while nothing about them changes; then this is the same story.
    """
    candidates = decision.candidates
    order = tuple([attempt.route for attempt in decision.attempts])
    told = _TOLD.get(id(candidates))
    if told is not None and told.candidates is candidates and told.order == order:
        return told.attributes, told.events
    attributes, events = _story(candidates, order)
    if len(_TOLD) >= _MOST_TOLD:
        _TOLD.clear()
    _TOLD[id(candidates)] = _Told(candidates, order, attributes, events)
    return attributes, events


@dataclass(frozen=True, slots=True)
class _Told:
    """A story and what it was told of; that is held, so that its id stays its own."""

    candidates: tuple[Candidate, ...]
    order: tuple[str, ...]
    attributes: Attributes
    events: Sequence[Attributes]


_TOLD: dict[int, _Told] = {}
_MOST_TOLD = 64


def _story(candidates: Sequence[Candidate], order: Sequence[str]) -> tuple[Attributes, Sequence[Attributes]]:
    places = {route: place for place, route in reversed(list(enumerate(order)))}
    planned: list[Candidate] = []
    qualifying: list[Candidate] = []
    out: list[Candidate] = []
    always_out: list[Candidate] = []
    accepted = 0
    for candidate in candidates:
        reasons = candidate.reasons
        accepted += not reasons
        if candidate.route in places:
            planned.append(candidate)
        elif not reasons:
            qualifying.append(candidate)
        else:
            (always_out if reasons[0].code in _CONFIGURED else out).append(candidate)
    planned.sort(key=lambda candidate: places[candidate.route])
    always_out.sort(key=_remoteness)
    ordered = [*planned, *qualifying, *out, *always_out]
    attributes: Attributes = {
        names.GATE_PLAN_CANDIDATES: len(ordered),
        names.GATE_PLAN_QUALIFYING: accepted,
    }
    omitted = ordered[EVENTS:]
    if omitted:
        attributes[names.GATE_PLAN_OMITTED] = len(omitted)
        counts: dict[str, int] = {}
        for candidate in omitted:
            code = candidate.reasons[0].code if candidate.reasons else "qualifies"
            counts[code] = counts.get(code, 0) + 1
        attributes[names.GATE_PLAN_OMITTED_REASONS] = tuple([f"{code}={count}" for code, count in counts.items()])
    return attributes, [Unchanging(_candidate(candidate, candidate.route in places)) for candidate in ordered[:EVENTS]]


def _remoteness(candidate: Candidate) -> int:
    """How far a route that is always out was from this request: a provider without a key says least."""
    no_key = any(reason.code in _NO_KEY for reason in candidate.reasons)
    return 2 * no_key + (candidate.tier is Tier.OUTSIDE)


_NO_KEY = frozenset({ReasonCode.NO_CREDENTIAL, ReasonCode.PLACEHOLDER_KEY, ReasonCode.DISABLED})
# Reasons that hold for every request of a kind while the configuration stays: the least telling ones on a trace.
_CONFIGURED = frozenset(
    {
        ReasonCode.NOT_REQUESTED,
        ReasonCode.OUTSIDE_INTENT,
        ReasonCode.OTHER_DIALECT,
        ReasonCode.NO_CREDENTIAL,
        ReasonCode.NOT_OWN_VENDOR,
        ReasonCode.PLACEHOLDER_KEY,
        ReasonCode.DISABLED,
    }
)


def _candidate(candidate: Candidate, planned: bool) -> Attributes:
    verdict = "planned" if planned else "out" if candidate.reasons else "qualifies"
    attributes: Attributes = {
        names.GATE_CANDIDATE_ROUTE: candidate.route,
        names.GATE_CANDIDATE_LANE: candidate.lane,
        names.GATE_CANDIDATE_TIER: candidate.tier.value,
        names.GATE_CANDIDATE_VERDICT: verdict,
    }
    if candidate.reasons:
        attributes[names.GATE_CANDIDATE_REASONS] = tuple(
            [f"{reason.code.value}: {reason.text}"[:200] for reason in candidate.reasons[:8]]
        )
    if candidate.score is not None:
        attributes[names.GATE_CANDIDATE_SCORE] = candidate.score
    if candidate.dialect is not None:
        attributes[names.GATE_CANDIDATE_DIALECT] = candidate.dialect.value
    if candidate.losses:
        attributes[names.GATE_CANDIDATE_LOSSES] = tuple([feature.value for feature in candidate.losses])
    return attributes
