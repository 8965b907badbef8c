"""A configuration prepared for planning: what depends on the configuration and the kind of a request only.

Almost all verdicts of a plan are the same for every request of a kind (same name asked for, same dialect, same
features), so they are worked out once and kept. The memory changes no result: it holds values of pure functions of the
`World`, which is immutable, and it is bounded.
"""

import math
from dataclasses import dataclass

from gate.core.decision import Candidate, ScoreTerm, Tier
from gate.core.dialect import Dialect
from gate.core.intent import Intent, Resolution, ResolvedBy
from gate.core.lane import Strategy
from gate.core.reason import Reason, ReasonCode
from gate.core.request import RequestFeatures
from gate.core.route import Billing, Route
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner import rules as rules_package
from gate.planner.carriage import best_carriage
from gate.planner.inputs import Policy, ProviderView, World
from gate.planner.lanes import Place, places
from gate.planner.resolve import Names, names_of, resolve
from gate.planner.rule import Ask, FitRule, RuleSet, Seat, discover

RULES = discover(rules_package)

_MAX_KINDS = 256
_MAX_NAMES = 2_048
_MAX_WORLDS = 4


class Live:
    """A route that fits a kind of request, with its score remembered for the health it was worked out for."""

    __slots__ = ("_candidate", "_health", "_policy", "_rules", "_score", "at", "id", "rank", "seat")

    def __init__(self, at: int, seat: Seat, rules: RuleSet, policy: Policy) -> None:
        self.at = at
        self.seat = seat
        self.id = seat.route.id
        lane = seat.lane
        by_priority = lane is not None and lane.strategy is Strategy.PRIORITY
        # Compared before the score inside a lane; the same for all routes of a lane ordered by price.
        self.rank = seat.route.priority if by_priority else 0
        self._rules = rules
        self._policy = policy
        self._remember(HEALTHY)

    def scored(self, health: RouteHealth) -> Candidate:
        """The route as a candidate that qualifies."""
        if health is not self._health:
            self._remember(health)
        return self._candidate

    def _remember(self, health: RouteHealth) -> None:
        seat = self.seat
        route = seat.route
        terms: list[ScoreTerm] = []
        for rule in self._rules.scores:
            if rule.reads_health and health is HEALTHY:
                continue
            value = rule.term(seat, health, self._policy)
            if value is not None:
                terms.append(ScoreTerm(rule.name, value))
        # Rounded once: the same on every Python version (`sum` of floats changed in 3.12) and in any order of rules.
        score = math.fsum(term.value for term in terms)
        self._candidate = Candidate(
            self.id,
            route.provider,
            route.lane,
            seat.tier,
            terms=tuple(terms),
            score=score,
            dialect=seat.dialect,
            losses=seat.losses,
        )
        self._health = health

    def __repr__(self) -> str:
        return f"Live({self.id})"


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
            self._found = found
        return self.candidates


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
        self._resolutions: dict[str, Resolution] = {}
        self._fits: dict[object, Fit] = {}

    def resolve(self, requested: str) -> Resolution:
        found = self._resolutions.get(requested)
        if found is None:
            if len(self._resolutions) >= _MAX_NAMES:
                self._resolutions.clear()
            found = self._resolutions[requested] = resolve(requested, self.names)
        return found

    def fit(self, request: RequestFeatures) -> Fit:
        """The fit of a request's kind."""
        kind = (
            request.model,
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
            found = self._fits[kind] = self._build(request)
        return found

    def _build(self, request: RequestFeatures) -> Fit:
        resolution = self.resolve(request.model)
        nameless = resolution.explicit or resolution.by is ResolvedBy.NOT_FOUND
        intent = None if nameless else self.world.intents[resolution.intent]
        ask = Ask(request, resolution, intent, self.world.policy.fidelity)
        candidates: list[Candidate] = []
        live: list[Live] = []
        for at, route in enumerate(self._routes(resolution)):
            seat = self._seat(route, ask)
            reasons = _reasons(self.rules.fits, seat, ask)
            if reasons:
                candidates.append(excluded(route, seat, reasons))
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


def excluded(route: Route, seat: Seat, reasons: tuple[Reason, ...]) -> Candidate:
    """A route as a candidate that is out."""
    return Candidate(route.id, route.provider, route.lane, seat.tier, reasons, dialect=seat.dialect, losses=seat.losses)


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
