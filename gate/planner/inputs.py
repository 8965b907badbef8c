"""Everything `plan` reads, as one immutable value compiled from a configuration. Pure data, no secrets."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gate.core.dialect import Dialect
from gate.core.intent import Intent
from gate.core.lane import Lane
from gate.core.loss import DEFAULT_FIDELITY, Feature, Fidelity, LossAction, Use
from gate.core.reason import Reason
from gate.core.route import Route
from gate.planner.routing.rules import RoutingRule


@dataclass(frozen=True, slots=True)
class ProviderView:
    """A provider as the planner sees it.

    dialects: spoken natively, as configured. unusable: why no attempt can be made with a configured key (no key,
    placeholder key), None when it has one or needs none. owns: dialects whose own vendor it is. order: its dialects,
    the most faithful first. cannot: uses a dialect could carry and this provider does not take.
    """

    name: str
    dialects: frozenset[Dialect]
    unusable: Reason | None = None
    owns: frozenset[Dialect] = frozenset()
    key_variable: str | None = None
    order: tuple[Dialect, ...] = ()
    cannot: Mapping[Dialect, frozenset[Use]] = field(default_factory=dict[Dialect, frozenset[Use]])


@dataclass(frozen=True, slots=True)
class NameMapping:
    """One model-name mapping. pattern: lower-case shell pattern with `*`. target: an intent's name, `lane:NAME` or
    `provider/model`."""

    pattern: str
    target: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Weights of the score terms (lower score wins) and bounds of a plan.

    price: per USD per million tokens (blended 3 input : 1 output). latency: per second of observed time to the
    first byte. errors: per unit of observed failure rate (0 to 1). headroom: per unit of used headroom (0 to 1).
    allowance: where little is left of an upstream's allowance. unknown_price: USD per million tokens assumed, for
    ordering only, where no price is known: behind all known ones. translation: for a route that is asked in another
    dialect than the client's; by default behind every route that is not, whatever that costs: the raw lane loses
    nothing. avoided_loss: for each feature lost that `fidelity` says to avoid. max_attempts: planned attempts per
    request at the most. stickiness_s: seconds for which an idle session is remembered to stay where it was served,
    0 = sessions are not looked at. hedge_after_s: an attempt that is silent for so long gets another of its lane
    beside it, None for never. fidelity: what becomes of routes that would lose a feature.
    """

    price: float = 1.0
    latency: float = 0.001
    errors: float = 0.01
    headroom: float = 0.001
    allowance: float = 0.01
    unknown_price: float = 1_000.0
    translation: float = 2_000.0
    avoided_loss: float = 200.0
    max_attempts: int = 4
    stickiness_s: float = 18_000.0
    hedge_after_s: float | None = None
    fidelity: Mapping[Feature, Fidelity] = field(default_factory=lambda: DEFAULT_FIDELITY)


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class World:
    """One configuration, compiled.

    carries: the dialects a request can be put into -> what each cannot carry, and what becomes of it there.
    exact: requested name (lower case) -> target. patterns: in order, first match wins. model_owners: model name (lower
    case, aliases included) -> the provider that natively owns it. owned_names: patterns of names -> the same, for
    models that are not listed. routing: rules that send requests elsewhere than their names say, in any order.
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
    owned_names: tuple[NameMapping, ...] = ()
    carries: Mapping[Dialect, Mapping[Use, LossAction]] = field(default_factory=dict[Dialect, Mapping[Use, LossAction]])
    routing: tuple[RoutingRule, ...] = ()
