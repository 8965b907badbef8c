"""TraceQL that can only name attributes the registry puts on a span of this profile."""

import re

from gate.telemetry.registry import Registry

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ATTRIBUTE = re.compile(r"\b(span|resource|event|link)\.([\w.]+)")
_RESOURCE = ("service.name", "service.version", "service.instance.id")


COLUMNS: dict[str, tuple[str, str | None]] = {
    "gate.decision.id": ("Decision", None),
    "gate.client.profile": ("Client", None),
    "gate.intent.name": ("Intent", None),
    "gate.request.model": ("Asked for", None),
    "gate.plan.first_lane": ("Planned lane", None),
    "gate.serving.lane": ("Lane", None),
    "gate.serving.route": ("Route", None),
    "gate.serving.relation": ("Relation", None),
    "gate.premium_escalation": ("Escalated", None),
    "gate.outcome": ("Outcome", None),
    "gate.error.code": ("Error of Gate", None),
    "gate.last_failure": ("Last failure", None),
    "gate.downgrade.reason": ("Why", None),
    "gate.rule.name": ("Rule", None),
    "gate.stickiness": ("Session's route", None),
    "gate.cache_loss.usd": ("Cache lost, USD", "currencyUSD"),
    "gate.turn.repeats": ("Seen before", None),
    "gate.shadow.agreement": ("Candidate policy", None),
    "gate.shadow.route": ("It would have taken", None),
    "gate.cost.usd": ("USD", "currencyUSD"),
    "gate.cost.confidence": ("Confidence", None),
    "gate.cost.source_type": ("Source of the price", None),
    "gate.time.duration": ("Seconds", "s"),
    "gate.time.overhead": ("Of it Gate's own", "s"),
    "gate.attempt.index": ("Attempt", None),
    "gate.attempt.provider": ("Provider", None),
    "gate.attempt.route": ("Route", None),
    "gate.attempt.lane": ("Lane", None),
    "gate.attempt.relation": ("Relation", None),
    "gate.attempt.retry_after": ("Asked to wait", "s"),
    "error.type": ("Failure", None),
    "http.response.status_code": ("Status", None),
}
"""Title and unit of the column an attribute of a found span is shown in."""


class TraceQueryError(ValueError):
    """A TraceQL query that names an attribute no span of this profile has."""


def checked(text: str, registry: Registry, profile: str) -> str:
    """The query as it is. Raises TraceQueryError."""
    for scope, name in _ATTRIBUTE.findall(_STRING.sub('""', text)):
        if scope == "resource":
            known = name in _RESOURCE
        else:
            attribute = registry.attributes.get(name)
            known = (
                scope == "span" and attribute is not None and bool(attribute.spans) and registry.has(profile, attribute)
            )
        if not known:
            raise TraceQueryError(f"no span has {scope}.{name} in profile {profile}: {text}")
    return text


def attributes(text: str) -> list[str]:
    """Attributes that are shown of each span the query finds: those it selects, and those it asks about."""
    return list(dict.fromkeys(name for _, name in _ATTRIBUTE.findall(_STRING.sub('""', text))))
