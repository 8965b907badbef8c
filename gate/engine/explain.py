"""A decision in words: for the people who read `gate explain`, and for the client nothing could serve.

Everything said here is in the decision (and the execution); reasons are worded by their own templates. Lines are plain
text, in layers: asked for -> lane -> route -> other routes of the lane -> the way down -> why not, for every candidate.
"""

from collections.abc import Iterable, Sequence

from gate.core.binding import Stickiness
from gate.core.decision import Candidate, PlannedAttempt, Relation, RouteDecision, Tier
from gate.core.errors import ErrorCode, GateError
from gate.core.execution import AttemptRecord, Execution
from gate.core.failure import FailureKind
from gate.core.intent import Resolution, ResolvedBy
from gate.core.lane import Strategy
from gate.core.loss import Feature
from gate.core.money import PICO_PER_USD
from gate.core.reason import Reason, ReasonCode
from gate.engine.explain_rules import rule_lines
from gate.planner.routing.rules import Verdict

_KEY_WOULD_HELP = frozenset({ReasonCode.NO_CREDENTIAL, ReasonCode.PLACEHOLDER_KEY})
_STEPS = {
    ResolvedBy.RULE: "by the routing rule {rule}",
    ResolvedBy.EXACT_MAPPING: "mapped by name",
    ResolvedBy.INTENT_NAME: "an intent's own name",
    ResolvedBy.LANE: "an explicit lane",
    ResolvedBy.PROVIDER_PREFIX: "an explicit model",
    ResolvedBy.PATTERN_MAPPING: "mapped by the pattern {mapping}",
    ResolvedBy.OWNING_PROVIDER: "a model of the provider that owns the name",
    ResolvedBy.NOT_FOUND: "a name nobody knows",
}
_SESSION = {
    Stickiness.NEW: "new, or not served for long",
    Stickiness.KEPT: "kept at the route that served it before",
    Stickiness.MOVED: "moved from the route that served it before",
}
_MAX_SHOWN = 80


def refusal(decision: RouteDecision) -> GateError:
    """The error for a decision without attempts: what is wrong with the name, or why every route is out."""
    if decision.resolution.by is ResolvedBy.NOT_FOUND:
        name = shown(decision.request.model)
        return GateError(
            ErrorCode.UNKNOWN_MODEL,
            f"model '{name}' is not known to Gate: ask for an intent such as auto or coding-auto, for provider/model, "
            "or for a name listed by GET /v1/models",
        )
    code = ErrorCode.STATE_ELSEWHERE if _only_state_is_missing(decision) else ErrorCode.NO_ROUTE
    return GateError(code, why_no_route(decision))


def _only_state_is_missing(decision: RouteDecision) -> bool:
    """Whether a route would serve if the request held the whole conversation and not what a vendor keeps of it."""
    return any(
        len(candidate.reasons) == 1
        and candidate.reasons[0].code is ReasonCode.WOULD_LOSE
        and dict(candidate.reasons[0].params)["features"] == Feature.STATE
        for candidate in _asked_for(decision)
    )


def shown(name: str) -> str:
    """A name from outside, safe to print in one line."""
    return _one_line(name if len(name) <= _MAX_SHOWN else name[:_MAX_SHOWN] + "...")


def _one_line(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else "?" for c in text)


def why_no_route(decision: RouteDecision) -> str:
    """One paragraph: that nothing can serve this request, the keys that would help, and a sentence per provider with
    the reasons its routes are out."""
    request = decision.request
    asked = _asked_for(decision)
    parts = [f"no route can serve {shown(decision.resolution.intent)} for a client that speaks {request.dialect.value}"]
    keys = helpful_keys(decision)
    if keys:
        parts.append(f"set {_either(keys)} and start Gate again")
    for provider, texts in _by_provider(asked).items():
        sentence = "; ".join(texts)
        parts.append(sentence if provider in sentence else f"{provider}: {sentence}")
    return ". ".join(parts)


def helpful_keys(decision: RouteDecision) -> tuple[str, ...]:
    """Variables of which each alone would let this request be served, in the order of the configuration."""
    found: dict[str, None] = {}
    for candidate in _asked_for(decision):
        if _only_a_key_is_missing(candidate):
            variable = dict(candidate.reasons[0].params).get("variable")
            if variable:
                found[str(variable)] = None
    return tuple(found)


def _only_a_key_is_missing(candidate: Candidate) -> bool:
    return len(candidate.reasons) == 1 and candidate.reasons[0].code in _KEY_WOULD_HELP


def _asked_for(decision: RouteDecision) -> tuple[Candidate, ...]:
    """The candidates on a path of the intent, or of the explicit target; all of them when there are none."""
    inside = tuple(candidate for candidate in decision.candidates if candidate.tier is not Tier.OUTSIDE)
    return inside or decision.candidates


def _by_provider(candidates: Iterable[Candidate]) -> dict[str, list[str]]:
    """Reasons by provider, each text once, in order: those all its routes share, which alone keep it out, or else all
    that any of them has."""
    found: dict[str, list[list[str]]] = {}
    for candidate in candidates:
        texts = [_one_line(reason.text) for reason in candidate.reasons]
        found.setdefault(candidate.provider, []).append(texts)
    grouped: dict[str, list[str]] = {}
    for provider, routes in found.items():
        shared = [text for text in routes[0] if all(text in other for other in routes)]
        grouped[provider] = shared or list(dict.fromkeys(text for texts in routes for text in texts))
    return grouped


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def explain_text(
    decision: RouteDecision, execution: Execution | None = None, rules: Sequence[Verdict] | None = None
) -> str:
    """The whole decision, and what came of it where that is known, as lines of text. rules: what became of each routing
    rule, None where that is not known."""
    return "\n".join(
        [
            *_asked(decision),
            *rule_lines(rules or ()),
            *_chosen(decision),
            *_path(decision),
            *_happened(execution),
            *_others(decision),
        ]
    )


def _asked(decision: RouteDecision) -> list[str]:
    request, resolution = decision.request, decision.resolution
    features = [
        name
        for name, on in (
            ("stream", request.stream),
            ("tools", request.tools),
            ("images", request.images),
            ("thinking", request.thinking),
            ("json schema", request.json_schema),
            ("own credential", request.own_credential),
        )
        if on
    ]
    size = f"about {request.token_estimate} input tokens"
    if request.max_tokens is not None:
        size += f", up to {request.max_tokens} output tokens"
    return [
        f"decision   {decision.id} (configuration {decision.config_version}, health epoch {decision.health_epoch})",
        f"asked      {shown(request.model)} by {request.client.value} in {request.dialect.value}, "
        f"{request.operation.value}: {', '.join([*features, size])}",
        f"intent     {shown(resolution.intent)}: {_step(resolution, decision.rule)}",
    ]


def _step(resolution: Resolution, rule: str | None) -> str:
    return _STEPS[resolution.by].format(mapping=resolution.mapping, rule=rule)


def _chosen(decision: RouteDecision) -> list[str]:
    if not decision.attempts:
        return [f"lane       none. {refusal(decision).message}"]
    first = decision.attempts[0]
    lines = [f"lane       {first.lane}{_away_from(decision, first)}"]
    if decision.premium_escalation:
        lines.append("           premium escalation: the intent did not ask for a premium lane")
    lines.append(f"route      {first.route}: {first.relation.value}{_price_terms(decision, first.route)}")
    if first.dialect is not None:
        lines.append(f"           {_asked_in(first)}")
    if first.note is not None:
        lines.append(f"           because: {first.note.text}")
    if decision.same_lane:
        lines.append(f"same lane  {', '.join(decision.same_lane)}")
    else:
        lines.append("same lane  no other route")
    if decision.strategy is not None and decision.strategy is not Strategy.PRICE:
        lines.append(f"strategy   {decision.strategy.value}")
    if decision.stickiness is not None:
        lines.append(f"session    {_SESSION[decision.stickiness]}{_cache_loss(first.cache_loss_pico)}")
    return lines


def _cache_loss(pico: int | None) -> str:
    """What it costs that the session's prompt is cached at another route."""
    return "" if pico is None else f"; about {pico / PICO_PER_USD:.6g} USD more, the prompt is cached elsewhere"


def _away_from(decision: RouteDecision, first: PlannedAttempt) -> str:
    why = "" if first.downgrade_reason is None else f" ({first.downgrade_reason.value})"
    if decision.first_lane is None:
        return f" instead of the start set, none of which fits{why}"
    return "" if decision.first_lane == first.lane else f" instead of {decision.first_lane}{why}"


def _price_terms(decision: RouteDecision, route: str) -> str:
    candidate = next((candidate for candidate in decision.candidates if candidate.route == route), None)
    if candidate is None or candidate.score is None:
        return ""
    terms = ", ".join(f"{term.rule} {term.value:.6g}" for term in candidate.terms)
    return f", score {candidate.score:.6g} ({terms})"


def _path(decision: RouteDecision) -> list[str]:
    """The planned attempts after the first."""
    lines: list[str] = []
    for position, attempt in enumerate(decision.attempts[1:], start=2):
        label = "then      " if position == 2 else "          "
        line = f"{label} {position}. {attempt.route} in {attempt.lane}: {attempt.relation.value}"
        lines.append(line if attempt.dialect is None else f"{line}, {_asked_in(attempt)}")
        if attempt.relation is Relation.LAST_RESORT:
            candidate = next(found for found in decision.candidates if found.route == attempt.route)
            lines.append(f"              because: {_verdict(candidate)}")
    return lines


def _asked_in(attempt: PlannedAttempt) -> str:
    """The dialect a translated attempt is made in, and what does not arrive."""
    dialect = "" if attempt.dialect is None else attempt.dialect.value
    lost = ", ".join(feature.value for feature in attempt.losses)
    return f"asked in {dialect}" + (f", without {lost}" if lost else "")


def _happened(execution: Execution | None) -> list[str]:
    if execution is None:
        return []
    ended = "running" if execution.outcome is None else execution.outcome.value
    status = "" if execution.status is None else f", status {execution.status}"
    code = "" if execution.error_code is None else f", {execution.error_code}"
    lines = [f"happened   {ended}{status}{code}"]
    lines.extend(f"           {_attempted(record)}" for record in execution.attempts)
    return lines


def _attempted(record: AttemptRecord) -> str:
    spent = f"{record.ended_s - record.started_s:.3f} s"
    why = "" if record.downgrade_reason is None else f" ({record.downgrade_reason.value})"
    if record.failure is None:
        result = "served" if record.dialect is None else f"served in {record.dialect.value}"
    elif record.failure.kind is FailureKind.OUTRUN:
        result = "outrun"
    else:
        status = "" if record.failure.status is None else f" {record.failure.status}"
        result = f"failed:{status} {record.failure.kind.value}"
    lost = ", ".join(dict.fromkeys(f"{loss.feature} {loss.action}" for loss in record.losses))
    told = f" ({lost})" if lost else ""
    where = f"{record.route} in {record.lane}: {record.relation.value}"
    cache = _cache_loss(record.cache_loss_pico)
    beside = ", a hedge" if record.hedge else ""
    return f"{record.index + 1}. {where}{why}{beside}, {result}{told} after {spent}{cache}"


def _others(decision: RouteDecision) -> list[str]:
    """Why not, for every candidate that is not in the plan: first those that qualify, then
    those on a path of the intent, then the others."""
    planned = {attempt.route for attempt in decision.attempts}
    rest = [candidate for candidate in decision.candidates if candidate.route not in planned]
    rest.sort(key=lambda candidate: (candidate.tier is Tier.OUTSIDE, not candidate.qualifies))
    return [f"why not    {candidate.route} ({candidate.tier.value}): {_verdict(candidate)}" for candidate in rest]


def _verdict(candidate: Candidate) -> str:
    if not candidate.reasons:
        return f"qualifies with score {candidate.score:.6g}, behind those planned"
    return "; ".join(_worded(reason) for reason in candidate.reasons)


def _worded(reason: Reason) -> str:
    return f"{_one_line(reason.text)} [{reason.code.value}]"
