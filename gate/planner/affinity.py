"""Sessions stay where they are: which route is a session's own, what it may change in a plan, and what leaving costs.

A session's own route, the one that served it last, comes first in its lane while it is not pressed. It may make its
lane home, but only a start lane of the cluster home would have anyway: what was reached under pressure, up or down, is
left again when the pressure is over. Nor is a session held on a route that carries its requests worse (in another
dialect) than one that can be used now.
"""

from gate.catalog.pricing import sheet_at
from gate.core.binding import Binding, Stickiness
from gate.core.decision import PlannedAttempt
from gate.core.loss import Use
from gate.core.request import RequestFeatures
from gate.core.route import Billing, Route
from gate.planner.index import Index, index_of
from gate.planner.inputs import World
from gate.planner.live import Choice
from gate.planner.order import SIBLING, Row, step_of

CACHE_HELD_S = 300.0
"""So long after its last use a prompt is surely still in a provider's cache: Anthropic keeps it for 5 minutes after the
last use (https://platform.claude.com/docs/en/build-with-claude/prompt-caching), OpenAI for 5 to 10 and with its newer
models for 30 (https://developers.openai.com/api/docs/guides/prompt-caching; both read 2026-11-21). Later nobody can
tell."""

_HINTS = Use.CACHE_HINTS.feature


def asked_intent(request: RequestFeatures, world: World, now_ns: int) -> str:
    """The intent by which a session's binding is kept: what a request means, before any route was judged."""
    index = index_of(world)
    for fired in index.fired(request, now_ns):
        fit = index.fit(request, fired.target)
        if fit.live:
            return fit.resolution.intent
    return index.resolve(request.model).intent


def settled(rows: dict[str, Row], first: Choice | None, binding: Binding | None) -> Choice | None:
    """The first choice of a session that was served before; its own route is put first in its row. first: what it would
    be without. The own route is the first choice of its lane even under pressure: it is what the plan had to leave."""
    bound = None if binding is None else _own(rows, binding)
    if bound is None:
        return first
    row = rows[bound.lane]
    row.choices.remove(bound)
    grade = bound.live.grade
    place = next((at for at, choice in enumerate(row.choices) if choice.live.grade >= grade), len(row.choices))
    row.choices.insert(place, bound)
    if first is None or not all(choice.pressed for choice in row.choices[:place]):
        return first
    if bound.lane == first.lane:
        return bound
    if bound.pressed or step_of(row.name, row.seat.tier, row.seat.lane, first)[0] > SIBLING:
        return first
    better = any(choice.live.grade < grade and not choice.pressed for choice in rows[first.lane].choices)
    return first if better else bound


def _own(rows: dict[str, Row], binding: Binding) -> Choice | None:
    for row in rows.values():
        for choice in row.choices:
            if choice.id == binding.route:
                return choice
    return None


def stickiness_of(
    request: RequestFeatures, world: World, binding: Binding | None, attempts: tuple[PlannedAttempt, ...]
) -> Stickiness | None:
    """What became of a session's binding. None for a request of no session, and while stickiness is off."""
    if request.sticky_key is None or world.policy.stickiness_s <= 0:
        return None
    if binding is None:
        return Stickiness.NEW
    return Stickiness.KEPT if attempts and attempts[0].route == binding.route else Stickiness.MOVED


class CacheLoss:
    """What it costs that a session's prompt cache is elsewhere, by route."""

    __slots__ = ("_marked", "_read", "_route", "_tokens")

    def __init__(self, request: RequestFeatures, route: Route, tokens: int, read: int) -> None:
        self._marked = Use.CACHE_HINTS in request.uses
        self._route = route
        self._tokens = tokens
        self._read = read

    def at(self, choice: Choice) -> int | None:
        """pico-USD, None where it cannot be told or nothing is lost: the cached tokens at what the route asks for new
        input, less what reading them from the cache would have cost. A request that marks what is to be cached pays for
        the writing, where that has a price and the marks arrive; others may, so that this is a lower bound."""
        seat = choice.live.seat
        route = seat.route
        if route.id == self._route.id or route.billing is Billing.FREE:
            return None
        sheet = sheet_at(route.prices, self._tokens)
        marked = self._marked and _HINTS not in seat.losses
        price = (sheet.cache_write_5m if marked else None) or sheet.input
        if price is None:
            return None
        return max(0, self._tokens * (price.pico_per_token - self._read)) or None


def cache_loss(index: Index, request: RequestFeatures, binding: Binding | None, now: float) -> CacheLoss | None:
    """None where it cannot be told for any route: no binding, no count of cached tokens, no price of reading them, or a
    cache that may be gone by now. now: on the clock of `binding.at`."""
    if binding is None or not binding.cached_tokens or now - binding.at > CACHE_HELD_S:
        return None
    route = index.names.route_ids.get(binding.route.lower())
    read = None if route is None else sheet_at(route.prices, binding.cached_tokens).cache_read
    if route is None or read is None:
        return None
    return CacheLoss(request, route, binding.cached_tokens, read.pico_per_token)
