"""What a planner rule is, and how rules are found: every module of `gate.planner.rules` has one object `RULE`.

There are three kinds. A `FitRule` asks whether a route can serve a kind of request at all; its answers depend on the
configuration only, so they are worked out once per kind. A `LimitRule` looks at the size of this request or at the
route's health now. A `ScoreRule` adds a term to the score of a route that is in. A rule owns the reason codes it emits.
"""

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import ModuleType

from gate.core.decision import Tier
from gate.core.dialect import Dialect
from gate.core.intent import Intent, Resolution, ResolvedBy
from gate.core.lane import Lane
from gate.core.loss import Feature, Fidelity
from gate.core.reason import Reason
from gate.core.request import RequestFeatures
from gate.core.route import Route
from gate.health.snapshot import RouteHealth
from gate.planner.inputs import Policy, ProviderView


@dataclass(frozen=True, slots=True)
class Seat:
    """A route in its place: with its provider and lane, and where it stands towards the intent.

    provider, lane: None when the configuration names one it does not define. tier, entry: the first of the intent's
    lists that holds the route's lane, and the position in that list. vendors: providers that own the request's dialect.
    dialect: the one the route is asked in, None when there is none. losses: what that would cost. translated: it is not
    the client's own. own: calls carry the client's own credential.
    """

    route: Route
    provider: ProviderView | None
    lane: Lane | None
    tier: Tier
    entry: int
    vendors: tuple[str, ...] = ()
    dialect: Dialect | None = None
    losses: tuple[Feature, ...] = ()
    translated: bool = False
    own: bool = False


def neutral(model: str) -> float:
    """Nothing was learned of this model."""
    del model
    return 1.0


@dataclass(frozen=True, slots=True)
class Ask:
    """The kind of a request: what fit rules may read. `request` is one example of the kind; its sizes, ids and client
    differ between requests of a kind and must not be read. intent: None for explicit targets and unknown names.
    fidelity: the policy's word on losses. token_ratio: of a model, what `request.token_estimate` has to be multiplied
    with, as far as was learned; limit rules may read it."""

    request: RequestFeatures
    resolution: Resolution
    intent: Intent | None
    fidelity: Mapping[Feature, Fidelity] = field(default_factory=dict[Feature, Fidelity])
    token_ratio: Callable[[str], float] = neutral

    @property
    def by_name(self) -> bool:
        """Whether the client itself named a lane or a model (or nothing that is known): it gets what it named. A target
        that a routing rule chose for it has to fit."""
        return self.intent is None and self.resolution.by is not ResolvedBy.RULE


class Rule(ABC):
    """order: rules run, and their reasons and terms are listed, by this number, then by name."""

    name: str
    order: int


class FitRule(Rule):
    """Whether a route can serve a kind of request."""

    @abstractmethod
    def check(self, seat: Seat, ask: Ask) -> Reason | None:
        """Why not, or None."""


class LimitRule(Rule):
    """Whether a route can serve this request now.

    pressure: the exclusion passes with time or is a guess, so that a last resort may ignore it. reads_health: there is
    nothing to check on a route of which nothing is known.
    """

    pressure: bool
    reads_health: bool

    @abstractmethod
    def check(self, seat: Seat, ask: Ask, health: RouteHealth, now: float) -> Reason | None:
        """Why not, or None. `ask.request` is this very request. now: monotonic seconds."""

    def sleeps(self, seat: Seat, health: RouteHealth) -> bool:
        """Whether it has nothing to say of a route in this health, whatever the request and the time: it is then not
        asked until the health changes. Only for speed: False is always right."""
        return False


class ScoreRule(Rule):
    """One addend of a score; lower is better. reads_health: it knows nothing of a route nobody has tried. carriage: it
    is about how the route would carry the request, not about what it costs or how it does (and does not read health).
    """

    reads_health: bool
    carriage = False

    @abstractmethod
    def term(self, seat: Seat, health: RouteHealth, policy: Policy) -> float | None:
        """The weighted value, or None when nothing is known: no term is added."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules, each kind in its order."""

    fits: tuple[FitRule, ...]
    limits: tuple[LimitRule, ...]
    scores: tuple[ScoreRule, ...]


def rule_set(rules: Iterable[Rule]) -> RuleSet:
    """Rules sorted into kinds. Raises ValueError when two have one name."""
    ordered = sorted(rules, key=lambda rule: (rule.order, rule.name))
    names = [rule.name for rule in ordered]
    if len(set(names)) != len(names):
        raise ValueError(f"two rules share a name: {names}")
    return RuleSet(
        tuple(rule for rule in ordered if isinstance(rule, FitRule)),
        tuple(rule for rule in ordered if isinstance(rule, LimitRule)),
        tuple(rule for rule in ordered if isinstance(rule, ScoreRule)),
    )


def discover(package: ModuleType) -> RuleSet:
    """The `RULE` of every module of a package. Raises AttributeError for a module without one."""
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."))
    return rule_set(importlib.import_module(name).RULE for name in names)
