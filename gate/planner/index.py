"""A configuration prepared for planning: what depends on the configuration and the kind of a request only.

Almost all verdicts of a plan are the same for every request of a kind (same name asked for, same dialect, same
features), so they are worked out once and kept. The memory changes no result: it holds values of pure functions of the
`World`, which is immutable, and it is bounded.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gate.core.decision import Candidate, Tier
from gate.core.dialect import Dialect
from gate.core.intent import Intent, Resolution, ResolvedBy
from gate.core.reason import Reason, ReasonCode
from gate.core.request import RequestFeatures
from gate.core.route import Billing, Route
from gate.health.snapshot import HEALTHY
from gate.planner import rules as rules_package
from gate.planner.carriage import best_carriage
from gate.planner.inputs import ProviderView, World
from gate.planner.lanes import Place, places
from gate.planner.live import Live, excluded
from gate.planner.resolve import Names, Target, names_of, resolve, ruled, target_of
from gate.planner.routing.rules import fired, in_order
from gate.planner.rule import Ask, FitRule, RuleSet, Seat, discover

RULES = discover(rules_package)

_MAX_KINDS = 256
_MAX_NAMES = 2_048
_MAX_WORLDS = 4


class Verdicts:
    """The candidates of a kind of request, put together with those that are looked at for every request. While nothing
    changes it hands out the same tuple again, so that whoever renders it may remember what came of it."""

    __slots__ = ("_found", "_places", "candidates")

    def __init__(self, candidates: tuple[Candidate, ...], live: tuple[Live, ...]) -> None:
        self.candidates = candidates
        self._places = tuple(one.at for one in live)
        self._found: list[Candidate] = []

    def with_live(self, found: list[Candidate]) -> tuple[Candidate, ...]:
        """found: one candidate per live route, in their order."""
        if found != self._found:
            candidates = list(self.candidates)
            for at, candidate in zip(self._places, found, strict=True):
                candidates[at] = candidate
            self.candidates = tuple(candidates)
        # Also where it is equal: the same objects are found the same at once.
        self._found = found
        return self.candidates


@dataclass(frozen=True, slots=True)
class Fired:
    """A routing rule whose conditions hold, and the target it names."""

    rule: str
    target: Target


@dataclass(frozen=True, slots=True)
class Fit:
    """Everything about one kind of request that does not depend on health and sizes.

    verdicts: one candidate per route, in the order of the configuration, with the reasons that are known already. live:
    the routes without any: only these are looked at again for every request.
    """

    resolution: Resolution
    intent: Intent | None
    verdicts: Verdicts
    live: tuple[Live, ...]


class Index:
    """One `World`, prepared. Not for several threads at once."""

    def __init__(self, world: World, rules: RuleSet = RULES) -> None:
        self.world = world
        self.rules = rules
        self.names: Names = names_of(world)
        self._places = {name: places(intent, world.lanes) for name, intent in world.intents.items()}
        self._vendors = {
            dialect: tuple(sorted(name for name, view in world.providers.items() if dialect in view.owns))
            for dialect in Dialect
        }
        rules_in_order = in_order(world.routing)
        self._routing = rules_in_order
        self._everywhere = tuple(rule for rule in rules_in_order if rule.everywhere)
        self._fired: dict[tuple[str, str], Fired | None] = {}
        self._resolutions: dict[str, Resolution] = {}
        self._fits: dict[object, Fit] = {}

    def resolve(self, requested: str) -> Resolution:
        found = self._resolutions.get(requested)
        if found is None:
            if len(self._resolutions) >= _MAX_NAMES:
                self._resolutions.clear()
            found = self._resolutions[requested] = resolve(requested, self.names)
        return found

    def intended(self, requested: str) -> bool:
        """Whether a name means an intent, and not a lane or a model, or nothing."""
        resolution = self.resolve(requested)
        return not resolution.explicit and resolution.by is not ResolvedBy.NOT_FOUND

    def fired(self, request: RequestFeatures, now_ns: int) -> Iterable[Fired]:
        """The routing rules that fire, in their order. One whose target names nothing that exists is passed over."""
        return self._firing(request, now_ns) if self._routing else ()

    def _firing(self, request: RequestFeatures, now_ns: int) -> Iterator[Fired]:
        rules = self._routing if self.intended(request.model) else self._everywhere
        for rule, target in fired(rules, request, now_ns):
            one = self._named(rule.name, target)
            if one is not None:
                yield one

    def _named(self, rule: str, target: str) -> Fired | None:
        key = (rule, target)
        if key not in self._fired:
            if len(self._fired) >= _MAX_NAMES:
                self._fired.clear()
            meant = target_of(target, self.names)
            self._fired[key] = None if meant is None else Fired(rule, meant)
        return self._fired[key]

    def fit(self, request: RequestFeatures, target: Target | None = None) -> Fit:
        """The fit of a request's kind. target: where a routing rule sends it."""
        kind = (
            request.model,
            None if target is None else target.label,
            request.dialect,
            request.operation,
            request.own_credential,
            request.tools,
            request.images,
            request.thinking,
            request.stream,
            request.json_schema,
            request.uses,
        )
        found = self._fits.get(kind)
        if found is None:
            if len(self._fits) >= _MAX_KINDS:
                self._fits.clear()
            found = self._fits[kind] = self._build(request, target)
        return found

    def _build(self, request: RequestFeatures, target: Target | None) -> Fit:
        resolution = self.resolve(request.model) if target is None else ruled(request.model, target)
        nameless = resolution.explicit or resolution.by is ResolvedBy.NOT_FOUND
        intent = None if nameless else self.world.intents[resolution.intent]
        ask = Ask(request, resolution, intent, self.world.policy.fidelity)
        candidates: list[Candidate] = []
        live: list[Live] = []
        for at, route in enumerate(self._routes(resolution)):
            seat = self._seat(route, ask)
            reasons = _reasons(self.rules.fits, seat, ask)
            if reasons:
                candidates.append(excluded(seat, reasons))
            else:
                fitting = Live(at, seat, self.rules, self.world.policy)
                live.append(fitting)
                candidates.append(fitting.scored(HEALTHY))
        return Fit(resolution, intent, Verdicts(tuple(candidates), tuple(live)), tuple(live))

    def _routes(self, resolution: Resolution) -> tuple[Route, ...]:
        """The catalog's routes, and one made for an explicit model that the catalog does not list."""
        routes = self.world.routes
        provider, model = resolution.provider, resolution.model
        if provider is None or model is None:
            return routes
        if any(route.provider == provider and route.model == model for route in routes):
            return routes
        return (*routes, self._unlisted(provider, model))

    def _unlisted(self, provider: str, model: str) -> Route:
        """A route to a model nothing is known of but its name; a lane of its own, in no cluster."""
        name = f"{provider}/{model}"
        view = self.world.providers.get(provider)
        dialects = frozenset[Dialect]() if view is None else view.dialects
        return Route(name, provider, model, name, dialects, billing=Billing.UNKNOWN)

    def _seat(self, route: Route, ask: Ask) -> Seat:
        tier, entry = self._place(route, ask)
        provider = self.world.providers.get(route.provider)
        request = ask.request
        carriage = None if provider is None else best_carriage(route, provider, request, self.world)
        return Seat(
            route,
            provider,
            self.world.lanes.get(route.lane),
            tier,
            entry,
            self._vendors[request.dialect],
            dialect=None if carriage is None else carriage.dialect,
            losses=() if carriage is None else carriage.losses,
            translated=carriage is not None and carriage.dialect is not request.dialect,
            own=request.own_credential and provider is not None and _takes_own(provider, request),
        )

    def _place(self, route: Route, ask: Ask) -> Place:
        if ask.intent is not None:
            return self._places[ask.resolution.intent].get(route.lane, (Tier.OUTSIDE, 0))
        target = ask.resolution
        asked = (target.lane is not None and route.lane == target.lane) or (
            target.provider is not None and (route.provider, route.model) == (target.provider, target.model)
        )
        return (Tier.START if asked else Tier.OUTSIDE, 0)


def _takes_own(provider: ProviderView, request: RequestFeatures) -> bool:
    """Whether a provider without a key of its own is the vendor the client's credential belongs to."""
    missing = provider.unusable
    return missing is not None and missing.code is not ReasonCode.DISABLED and request.dialect in provider.owns


def _reasons(fits: tuple[FitRule, ...], seat: Seat, ask: Ask) -> tuple[Reason, ...]:
    found = (rule.check(seat, ask) for rule in fits)
    return tuple(reason for reason in found if reason is not None)


_worlds: list[Index] = []


def index_of(world: World) -> Index:
    """The prepared form of a configuration; the few latest are kept, recognised by identity."""
    for index in _worlds:
        if index.world is world:
            return index
    index = Index(world)
    _worlds.insert(0, index)
    del _worlds[_MAX_WORLDS:]
    return index
