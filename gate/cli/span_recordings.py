"""Recordings out of Gate's own spans, as far as spans tell: for replays, and only approximate.

A span has the request's features, the seed, the verdicts of the routes that came close, and the attempts. It has not
the averages a score is made of, the routes beyond the cap of events, nor which conditions of routing rules were looked
at. Health is what the verdicts say: an open breaker with its seconds, a cooldown, a used-up quota.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from gate.cli.trace_model import Span
from gate.core.binding import Binding, Stickiness
from gate.core.decision import Candidate, PlannedAttempt, Relation, RouteDecision, Tier
from gate.core.dialect import Dialect, Operation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import Failure, FailureKind
from gate.core.intent import Resolution, ResolvedBy
from gate.core.loss import Use
from gate.core.money import PICO_PER_USD, Confidence, Cost
from gate.core.reason import TEMPLATES, Reason, ReasonCode
from gate.core.request import ClientProfile, RequestFeatures, Session
from gate.core.usage import Usage
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.snapshot import HEALTHY, BreakerState, RouteHealth
from gate.planner.recording import Recording, Situation
from gate.telemetry import names
from gate.telemetry.view import FLAGS

_Word = TypeVar("_Word", bound=StrEnum)
_BYTES_PER_TOKEN = 4
_PARAMETER = re.compile(r"\{(\w+)\}")


def recordings_of(spans: Iterable[Span]) -> tuple[list[Recording], int]:
    """Every decision among spans of any number of traces, the newest first, each once; and how many were left out,
    because they are of a Gate that said less, or not to be understood."""
    below: dict[str, list[Span]] = {}
    routes: dict[str, Span] = {}
    for span in spans:
        if span.parent_id is not None:
            below.setdefault(span.parent_id, []).append(span)
        if span.kind == "internal" and names.GATE_DECISION_ID in span.attributes:
            routes[str(span.attributes[names.GATE_DECISION_ID])] = span
    found: list[Recording] = []
    for span in sorted(routes.values(), key=lambda one: -one.start_ns):
        with suppress(KeyError, ValueError, TypeError):
            found.append(_recording(span, below.get(span.span_id, [])))
    return found, len(routes) - len(found)


def _recording(route: Span, below: Sequence[Span]) -> Recording:
    said = route.attributes
    calls = sorted((one for one in below if names.GATE_ATTEMPT_INDEX in one.attributes), key=_index)
    plan = next((one for one in below if names.GATE_PLAN_CANDIDATES in one.attributes), None)
    candidates = [] if plan is None else [_candidate(one.attributes) for one in plan.events]
    request = _request(said, calls)
    attempts = tuple(_attempt(one, route.start_ns) for one in calls)
    decision = RouteDecision(
        id=str(said[names.GATE_DECISION_ID]),
        request=request,
        resolution=_resolution(said),
        candidates=tuple(candidates),
        attempts=_planned(said, candidates, attempts),
        lane=said.get(names.GATE_CHOSEN_LANE),
        first_lane=said.get(names.GATE_PLAN_FIRST_LANE),
        same_lane=tuple(_list(said, names.GATE_CHOSEN_ALTERNATIVES)),
        premium_asked=False,
        premium_escalation=bool(said.get(names.GATE_PREMIUM_ESCALATION, False)),
        config_version=str(said.get(names.GATE_CONFIG_VERSION, "")),
        health_epoch=int(said.get(names.GATE_HEALTH_EPOCH, 0)),
        now_ns=route.start_ns,
        seed=int(said.get(names.GATE_PLAN_SEED, 0)),
        rule=said.get(names.GATE_RULE_NAME),
    )
    execution = Execution(attempts, Outcome(said[names.GATE_OUTCOME]) if names.GATE_OUTCOME in said else None)
    return Recording(decision, execution, _situation(decision, said))


def _index(span: Span) -> int:
    return int(span.attributes[names.GATE_ATTEMPT_INDEX])


def _list(said: Mapping[str, Any], name: str) -> list[str]:
    """Jaeger's own JSON has a list as text."""
    value: Any = said.get(name) or []
    return [str(one) for one in (json.loads(value) if isinstance(value, str) else value)]


def _known(kind: type[_Word], text: str | None) -> _Word | None:
    """A word that this Gate knows, or None."""
    try:
        return None if text is None else kind(text)
    except ValueError:
        return None


def _request(said: Mapping[str, Any], calls: Sequence[Span]) -> RequestFeatures:
    flags = set(_list(said, names.GATE_REQUEST_FEATURES))
    estimate = int(said[names.GATE_REQUEST_INPUT_ESTIMATE])
    base = RequestFeatures(
        dialect=Dialect(said[names.GATE_DIALECT]),
        operation=Operation(said[names.GEN_AI_OPERATION_NAME]),
        model=str(said[names.GATE_REQUEST_MODEL]),
        stream=bool(said.get(names.GATE_REQUEST_STREAM, False)),
        body_bytes=estimate * _BYTES_PER_TOKEN,
        token_estimate=estimate,
        max_tokens=said.get(names.GATE_REQUEST_MAX_TOKENS),
        client=ClientProfile(said.get(names.GATE_CLIENT_PROFILE, ClientProfile.AUTOMATION)),
        client_version=said.get(names.GATE_CLIENT_VERSION),
        client_key=said.get(names.GATE_CLIENT_KEY_NAME),
        session=Session(
            said.get(names.GATE_SESSION_ID),
            said.get(names.GATE_SESSION_AGENT_ID),
            said.get(names.GATE_SESSION_PARENT_AGENT_ID),
        ),
        uses=frozenset(use for text in _list(said, names.GATE_REQUEST_USES) if (use := _known(Use, text)) is not None),
        # Which one it was does not matter: that there is one makes the session's own route count.
        sticky_key=None if said.get(names.GATE_STICKINESS) is None else "session",
        matched=frozenset(_list(said, names.GATE_REQUEST_MATCHED)),
    )
    own = any(one.attributes.get(names.GATE_ATTEMPT_OWN_CREDENTIAL) for one in calls)
    given: dict[str, Any] = {flag: flag in flags for flag in FLAGS}
    return replace(base, **given | {"own_credential": own or "own_credential" in flags})


def _resolution(said: Mapping[str, Any]) -> Resolution:
    by = ResolvedBy(said.get(names.GATE_INTENT_RESOLVED_BY, ResolvedBy.INTENT_NAME))
    return Resolution(
        str(said[names.GATE_REQUEST_MODEL]), by, str(said[names.GATE_INTENT_NAME]), said.get(names.GATE_INTENT_MAPPING)
    )


def _candidate(said: Mapping[str, Any]) -> Candidate:
    route = str(said[names.GATE_CANDIDATE_ROUTE])
    return Candidate(
        route=route,
        provider=route.partition("/")[0],
        lane=str(said[names.GATE_CANDIDATE_LANE]),
        tier=Tier(said[names.GATE_CANDIDATE_TIER]),
        reasons=tuple(_reason(text) for text in _list(said, names.GATE_CANDIDATE_REASONS)),
        score=said.get(names.GATE_CANDIDATE_SCORE),
    )


def _reason(text: str) -> Reason:
    """The code, and its parameters as far as its wording still fits the template. Raises ValueError."""
    name, _, words = text.partition(": ")
    code = ReasonCode(name)
    found = _wording(code).fullmatch(words)
    return Reason(code, () if found is None else tuple(sorted(found.groupdict().items())))


@cache
def _wording(code: ReasonCode) -> re.Pattern[str]:
    parts = _PARAMETER.split(TEMPLATES[code])
    return re.compile(
        "".join(f"(?P<{part}>.*?)" if number % 2 else re.escape(part) for number, part in enumerate(parts))
    )


def _attempt(span: Span, began_ns: int) -> AttemptRecord:
    said = span.attributes
    kind = said.get(names.ERROR_TYPE) or said.get(names.GATE_ATTEMPT_CANCELLED_BY)
    usd = said.get(names.GATE_COST_USD)
    confidence = Confidence(said.get(names.GATE_COST_CONFIDENCE, Confidence.UNKNOWN))
    started = (span.start_ns - began_ns) / 1e9
    written = names.GEN_AI_USAGE_CACHE_CREATION_INPUT_TOKENS, names.GEN_AI_USAGE_CACHE_WRITE_INPUT_TOKENS
    return AttemptRecord(
        index=_index(span),
        route=str(said[names.GATE_ATTEMPT_ROUTE]),
        provider=str(said[names.GATE_ATTEMPT_PROVIDER]),
        model=str(said[names.GEN_AI_REQUEST_MODEL]),
        lane=str(said[names.GATE_ATTEMPT_LANE]),
        relation=Relation(said[names.GATE_ATTEMPT_RELATION]),
        started_s=started,
        ended_s=started + span.seconds,
        failure=None if kind is None else Failure(_known(FailureKind, str(kind)) or FailureKind.INTERNAL),
        usage=Usage(
            input=said.get(names.GEN_AI_USAGE_INPUT_TOKENS),
            output=said.get(names.GEN_AI_USAGE_OUTPUT_TOKENS),
            cache_read=said.get(names.GEN_AI_USAGE_CACHE_READ_INPUT_TOKENS),
            cache_write=next((said[name] for name in written if name in said), None),
            reasoning=said.get(names.GEN_AI_USAGE_REASONING_OUTPUT_TOKENS),
        ),
        cost=Cost(None if usd is None else round(usd * PICO_PER_USD), confidence),
        time_to_first_chunk_s=said.get(names.GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK),
    )


def _planned(
    said: Mapping[str, Any], candidates: Sequence[Candidate], attempts: Sequence[AttemptRecord]
) -> tuple[PlannedAttempt, ...]:
    """The plan in its order. Relations are only known of what was tried; of the others only their lane is."""
    lanes = {one.route: one.lane for one in candidates}
    tried = {one.route: one for one in reversed(attempts)}
    found: list[PlannedAttempt] = []
    for route in _list(said, names.GATE_PLAN_ORDER):
        record = tried.get(route)
        provider, _, model = route.partition("/")
        lane = lanes.get(route, str(said.get(names.GATE_CHOSEN_LANE, ""))) if record is None else record.lane
        relation = Relation.PRIMARY if record is None else record.relation
        found.append(PlannedAttempt(route, provider, model, lane, relation))
    return tuple(found)


# -- health, by what was said of it


def _situation(decision: RouteDecision, said: Mapping[str, Any]) -> Situation:
    """Seconds are counted from the decision: its `now` is 0."""
    health: dict[str, RouteHealth] = {}
    ratios: dict[str, float] = {}
    for candidate in decision.candidates:
        for why in candidate.reasons:
            params = {name: str(value) for name, value in why.params}
            if why.code is ReasonCode.CONTEXT_TOO_LONG and decision.request.token_estimate:
                model = candidate.route.partition("/")[2]
                ratios[model] = _number(params.get("estimate")) / decision.request.token_estimate
            before = health.get(candidate.route, HEALTHY)
            after = _pressed(before, why.code, params)
            if after is not before:
                health[candidate.route] = after
    route, lane = said.get(names.GATE_CHOSEN_ROUTE), said.get(names.GATE_CHOSEN_LANE)
    kept = said.get(names.GATE_STICKINESS) == Stickiness.KEPT and route is not None and lane is not None
    return Situation(0.0, health, ratios, Binding(str(route), str(lane), 0.0) if kept else None)


def _number(text: str | None) -> float:
    """Raises ValueError where a wording was cut before its number."""
    return float(text or "")


def _pressed(health: RouteHealth, code: ReasonCode, params: Mapping[str, str]) -> RouteHealth:
    read: Callable[[], RouteHealth] | None = {
        ReasonCode.BREAKER_OPEN: lambda: replace(
            health,
            state=BreakerState.OPEN,
            open_until=_number(params.get("seconds")),
            consecutive=int(_number(params.get("failures"))),
            last_failure=_known(FailureKind, params.get("last")),
        ),
        ReasonCode.BREAKER_PROBING: lambda: replace(
            health, state=BreakerState.HALF_OPEN, probing=True, probe_until=1.0
        ),
        ReasonCode.COOLING_DOWN: lambda: replace(health, cooldown=_cooldown(params)),
        ReasonCode.GROUP_COOLING_DOWN: lambda: replace(health, group=GroupPressure(cooldown=_cooldown(params))),
        ReasonCode.QUOTA_EXHAUSTED: lambda: replace(
            health,
            group=GroupPressure(exhausted_until=_number(params.get("seconds")), by=FailureKind.QUOTA_EXHAUSTED),
        ),
        ReasonCode.KEY_REFUSED: lambda: replace(
            health, group=GroupPressure(exhausted_until=_number(params.get("seconds")), by=FailureKind.INVALID_AUTH)
        ),
        ReasonCode.QUOTA_PROBING: lambda: replace(
            health, group=GroupPressure(exhausted_until=0.0, probing=True, probe_until=1.0)
        ),
        ReasonCode.NO_HEADROOM: lambda: replace(health, in_flight=int(_number(params.get("in_flight")))),
    }.get(code)
    return health if read is None else read()


def _cooldown(params: Mapping[str, str]) -> Cooldown:
    seconds = _number(params.get("seconds"))
    return Cooldown(seconds, seconds)
