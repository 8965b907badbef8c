"""What a requested model name means. The steps, in order; the one taken is part of the decision:

1. exact mapping, 2. intent name, 3. `lane:NAME`, 4. a configured provider's prefix (`provider/model`) or a route's own
id, 5. pattern mapping, 6. the provider that owns the name.

Case does not matter. A `[1m]` at the end (Claude Code's way to ask for the long window) is taken off. Intents are
published as `claude-gate-<intent>`, because Claude Code ignores listed models whose ids begin otherwise. A dated name
(`...-20250929`, `...-2025-09-29`, `...@20250929`) means what its undated name is mapped to; but as an explicit model it
is sent as it is, for a date names one snapshot of a model.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from gate.core.intent import Resolution, ResolvedBy
from gate.core.route import Route
from gate.planner.inputs import NameMapping, World

_Value = TypeVar("_Value")

PUBLISHED_PREFIX = "claude-gate-"
LANE_PREFIX = "lane:"
MAX_NAME = 256
"""Longer names are cut: nothing that long names a model."""

_WINDOW_SUFFIX = re.compile(r"\[\d+[kmKM]\]$")
_DATE_SUFFIX = re.compile(r"(?:-20\d{6}|-20\d\d-\d\d-\d\d|@20\d{6})$")
_SENDABLE = re.compile(r"[\x21-\x7e]{1,256}")


@dataclass(frozen=True, slots=True)
class Target:
    """What a mapping or an explicit name stands for. Exactly one of intent, lane and provider is set; model with
    provider."""

    intent: str | None = None
    lane: str | None = None
    provider: str | None = None
    model: str | None = None

    @property
    def label(self) -> str:
        if self.lane is not None:
            return LANE_PREFIX + self.lane
        return self.intent if self.intent is not None else f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one configuration, keyed in lower case. models: provider -> model name -> as the route spells it;
    undated: the same without dates."""

    intents: Mapping[str, str]
    lanes: Mapping[str, str]
    providers: Mapping[str, str]
    models: Mapping[str, Mapping[str, str]]
    undated: Mapping[str, Mapping[str, str]]
    route_ids: Mapping[str, Route]
    exact: Mapping[str, str]
    patterns: tuple[tuple[NameMapping, re.Pattern[str]], ...]
    owners: Mapping[str, str]
    owned: tuple[tuple[NameMapping, re.Pattern[str]], ...] = ()


def names_of(world: World) -> Names:
    models: dict[str, dict[str, str]] = {}
    undated: dict[str, dict[str, str]] = {}
    for route in world.routes:
        models.setdefault(route.provider, {}).setdefault(route.model.lower(), route.model)
        undated.setdefault(route.provider, {}).setdefault(_undated(route.model.lower()), route.model)
    return Names(
        intents=_lower((name, name) for name in world.intents),
        lanes=_lower((name, name) for name in world.lanes),
        providers=_lower((name, name) for name in world.providers),
        models=models,
        undated=undated,
        route_ids=_lower((route.id, route) for route in world.routes),
        exact=world.exact,
        patterns=tuple((mapping, _compiled(mapping.pattern)) for mapping in world.patterns),
        owners=world.model_owners,
        owned=tuple((mapping, _compiled(mapping.pattern)) for mapping in world.owned_names),
    )


def resolve(requested: str, names: Names) -> Resolution:
    """What `requested` means. Total: a name nobody knows resolves `by` NOT_FOUND, and no route qualifies."""
    requested = requested[:MAX_NAME]
    asked = _WINDOW_SUFFIX.sub("", requested.strip())
    lower = asked.lower()
    bare = _undated(lower)
    for key in dict.fromkeys((requested.strip().lower(), lower, bare)):
        mapped = names.exact.get(key)
        target = None if mapped is None else target_of(mapped, names)
        if target is not None:
            return _resolution(requested, ResolvedBy.EXACT_MAPPING, target, key)
    intent = names.intents.get(lower) or names.intents.get(lower.removeprefix(PUBLISHED_PREFIX))
    if intent is not None:
        return _resolution(requested, ResolvedBy.INTENT_NAME, Target(intent=intent))
    lane = _lane(lower, names)
    if lane is not None:
        return _resolution(requested, ResolvedBy.LANE, lane)
    explicit = _explicit(asked, names)
    if explicit is not None:
        return _resolution(requested, ResolvedBy.PROVIDER_PREFIX, explicit)
    for mapping, pattern in names.patterns:
        target = target_of(mapping.target, names) if pattern.fullmatch(lower) else None
        if target is not None:
            return _resolution(requested, ResolvedBy.PATTERN_MAPPING, target, mapping.pattern)
    owner = names.providers.get((names.owners.get(lower) or names.owners.get(bare) or _owner(lower, names)).lower())
    if owner is not None and _SENDABLE.fullmatch(asked):
        model = _model(owner, asked, names)
        return _resolution(requested, ResolvedBy.OWNING_PROVIDER, Target(provider=owner, model=model))
    return Resolution(requested, ResolvedBy.NOT_FOUND, requested)


def _owner(lower: str, names: Names) -> str:
    """Whose model a name that no catalog lists must be, by how it begins; empty when nobody can tell."""
    return next((mapping.target for mapping, pattern in names.owned if pattern.fullmatch(lower)), "")


def target_of(target: str, names: Names) -> Target | None:
    """What the right side of a mapping stands for: an intent, `lane:NAME` or `provider/model`; None when it names
    nothing that exists (such a mapping is passed over)."""
    lower = target.strip().lower()
    intent = names.intents.get(lower)
    if intent is not None:
        return Target(intent=intent)
    return _lane(lower, names) or _explicit(target.strip(), names)


def _lane(lower: str, names: Names) -> Target | None:
    if not lower.startswith(LANE_PREFIX):
        return None
    lane = names.lanes.get(lower[len(LANE_PREFIX) :])
    return None if lane is None else Target(lane=lane)


def _explicit(asked: str, names: Names) -> Target | None:
    """`provider/model` of a configured provider. The model need not be in the catalog: it is sent as asked."""
    prefix, slash, model = asked.partition("/")
    provider = names.providers.get(prefix.lower())
    if slash and provider is not None and _SENDABLE.fullmatch(model):
        return Target(provider=provider, model=_model(provider, model, names))
    route = names.route_ids.get(asked.lower())
    return None if route is None else Target(provider=route.provider, model=route.model)


def _model(provider: str, asked: str, names: Names) -> str:
    """The catalog's spelling of a model's name; for an undated name also of its dated one; else as asked."""
    lower = asked.lower()
    known = names.models.get(provider, {}).get(lower)
    if known is not None:
        return known
    # Only an undated name may stand for a dated one: a date that the catalog does not list is another snapshot.
    return names.undated.get(provider, {}).get(lower, asked)


def ruled(requested: str, target: Target) -> Resolution:
    """What a request means that a routing rule sends to a target."""
    return _resolution(requested[:MAX_NAME], ResolvedBy.RULE, target)


def _resolution(requested: str, by: ResolvedBy, target: Target, mapping: str | None = None) -> Resolution:
    return Resolution(requested, by, target.label, mapping, target.lane, target.provider, target.model)


def _undated(name: str) -> str:
    return _DATE_SUFFIX.sub("", name)


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in pattern.lower().split("*")), re.DOTALL)


def _lower(items: Iterable[tuple[str, _Value]]) -> dict[str, _Value]:
    found: dict[str, _Value] = {}
    for name, value in items:
        found.setdefault(name.lower(), value)
    return found
