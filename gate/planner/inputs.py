"""Everything `plan` reads, as one immutable value compiled from a configuration. Pure data, no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.core.dialect import Dialect
from gate.core.intent import Intent
from gate.core.lane import Lane
from gate.core.reason import Reason
from gate.core.route import Route


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider as the planner sees it.

    dialects: spoken natively, as configured. unusable: why no attempt can be made with a configured key (no key,
    placeholder key), None when it has one or needs none. owns: dialects whose own vendor it is. counts_tokens: dialects
    in which it can count tokens.
    """

    name: str
    dialects: frozenset[Dialect]
    unusable: Reason | None = None
    owns: frozenset[Dialect] = frozenset()
    counts_tokens: frozenset[Dialect] = frozenset()
    key_variable: str | None = None


@dataclass(frozen=True, slots=True)
class NameMapping:
    """One model-name mapping. pattern: lower-case shell pattern with `*`. target: an intent's name, `lane:NAME` or
    `provider/model`."""

    pattern: str
    target: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights of the score terms (lower score wins) and bounds of a plan.

    price: per USD per million tokens (blended 3 input : 1 output). latency: per second of observed time to the first
    byte. errors: per unit of observed failure rate (0 to 1). headroom: per unit of used headroom (0 to 1).
    unknown_price: USD per million tokens assumed, for ordering only, where no price is known: behind all known ones.
    max_attempts: planned attempts per request at the most.
    """

    price: float = 1.0
    latency: float = 0.001
    errors: float = 0.01
    headroom: float = 0.001
    unknown_price: float = 1_000.0
    max_attempts: int = 4


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class World:
    """One configuration, compiled.

    exact: requested name (lower case) -> target. patterns: in order, first match wins. model_owners: model name (lower
    case, aliases included) -> the provider that natively owns it.
    """

    version: str
    lanes: Mapping[str, Lane]
    routes: tuple[Route, ...]
    intents: Mapping[str, Intent]
    providers: Mapping[str, ProviderView]
    exact: Mapping[str, str] = field(default_factory=dict[str, str])
    patterns: tuple[NameMapping, ...] = ()
    policy: Policy = DEFAULT_POLICY
    model_owners: Mapping[str, str] = field(default_factory=dict[str, str])
