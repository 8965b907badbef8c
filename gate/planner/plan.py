"""The route decision, made once by one pure function.

`plan` says of every route why it is in or out, and in which order which routes are tried (see `order`). A route is out
because it does not fit the request (fit rules), because the request is too large for it, or because it is under
pressure: breaker open, cooling down, no headroom, or probably too small a context window. If all that fits is under
pressure, the least bad route is planned as `last_resort`; what does not fit is never tried.

A plan whose first choice is under pressure starts further down its sequence. The first attempt then says so: its
relation is that towards the first choice, its note the reason the first choice is out, and, when it is in another lane,
its downgrade reason names what it left home for. `no_capable_route` means that no lane of the start set fits at all.
"""

from collections.abc import Callable

from gate.core.decision import Candidate, PlannedAttempt, Relation, RouteDecision
from gate.core.dialect import Dialect
from gate.core.failure import DowngradeReason
from gate.core.intent import OrderBy
from gate.core.loss import Feature
from gate.core.reason import Reason, ReasonCode, reason
from gate.core.request import RequestFeatures
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth
from gate.planner.index import Fit, Index, excluded, index_of
from gate.planner.inputs import World
from gate.planner.lanes import is_premium
from gate.planner.order import Choice, Step, bounded, by_lane, first_choice, sequence
from gate.planner.rule import Ask, LimitRule, Seat, neutral

DOWNGRADE_OF = {
    ReasonCode.CONTEXT_TOO_LONG: DowngradeReason.CONTEXT_TOO_LONG,
    ReasonCode.BREAKER_OPEN: DowngradeReason.BREAKER_OPEN,
    ReasonCode.BREAKER_PROBING: DowngradeReason.BREAKER_OPEN,
    ReasonCode.COOLING_DOWN: DowngradeReason.RATE_LIMITED,
    ReasonCode.NO_HEADROOM: DowngradeReason.POLICY,
}
"""What leaving home for is called, by the reason home's first choice is out. A bound on attempts is the operator's."""


def plan(
    request: RequestFeatures,
    world: World,
    health: HealthSnapshot,
    now: float,
    now_ns: int,
    seed: int,
    decision_id: str,
    token_ratio: Callable[[str], float] = neutral,
) -> RouteDecision:
    """The decision for one request.

    now: seconds on the clock of `health`. now_ns: wall clock, seed: a random number; both are kept in the decision for
    whoever carries it out or replays it. token_ratio: see `Ask`. Never raises: a request nothing can serve
    has no attempts.
    """
    index = index_of(world)
    fit = index.fit(request)
    candidates, choices = _judged(index, fit, request, health, now, token_ratio)
    order_by = OrderBy.PRICE if fit.intent is None else fit.intent.order_by
    lanes = by_lane(choices)
    first = first_choice(lanes, order_by)
    usable = [choice for choice in choices if not choice.pressed]
    if len(usable) < len(choices):
        lanes = by_lane(usable)
    steps = sequence(lanes, first, order_by)
    if steps:
        attempts = _attempts(bounded(steps, world.policy.max_attempts), first)
    else:
        attempts = _last_resort(choices, first, order_by)
    lane = attempts[0].lane if attempts else None
    asked = fit.intent is None or fit.intent.premium
    return RouteDecision(
        id=decision_id,
        request=request,
        resolution=fit.resolution,
        candidates=candidates,
        attempts=attempts,
        lane=lane,
        first_lane=None if first is None else first.lane,
        same_lane=() if lane is None else tuple(c.id for c in lanes.get(lane, ()) if c.id != attempts[0].route),
        premium_asked=asked,
        premium_escalation=not asked and lane is not None and is_premium(world.lanes.get(lane)),
        config_version=world.version,
        health_epoch=health.epoch,
        now_ns=now_ns,
        seed=seed,
    )


def _judged(
    index: Index,
    fit: Fit,
    request: RequestFeatures,
    health: HealthSnapshot,
    now: float,
    token_ratio: Callable[[str], float],
) -> tuple[tuple[Candidate, ...], list[Choice]]:
    """All candidates with their final verdicts, and those of them that fit and are at most under pressure."""
    ask = Ask(request, fit.resolution, fit.intent, token_ratio=token_ratio)
    limits = index.rules.limits
    known = health.routes
    found: list[Candidate] = []
    choices: list[Choice] = []
    for live in fit.live:
        state = known.get(live.id, HEALTHY)
        candidate = live.scored(state)
        score = candidate.score or 0.0
        reasons, hard = _limited(limits, live.seat, ask, state, now)
        if reasons:
            candidate = excluded(live.seat.route, live.seat, reasons)
        found.append(candidate)
        if not hard:
            choices.append(Choice(live, candidate, score, reasons))
    return fit.verdicts.with_live(found), choices


def _limited(
    limits: tuple[LimitRule, ...], seat: Seat, ask: Ask, health: RouteHealth, now: float
) -> tuple[tuple[Reason, ...], bool]:
    """The reasons of the limit rules, and whether one of them is more than pressure."""
    found: list[Reason] | None = None
    hard = False
    for rule in limits:
        if rule.reads_health and health is HEALTHY:
            continue
        why = rule.check(seat, ask, health, now)
        if why is not None:
            if found is None:
                found = []
            found.append(why)
            hard = hard or not rule.pressure
    return (() if found is None else tuple(found)), hard


def _attempts(steps: list[Step], first: Choice | None) -> tuple[PlannedAttempt, ...]:
    start = steps[0][0]
    left = first if start is not first else None
    note = None if left is None else left.pressed[0]
    why = _left_for(start, first)
    planned: list[PlannedAttempt] = []
    for position, (choice, relation) in enumerate(steps):
        route = choice.live.seat.route
        planned.append(
            PlannedAttempt(
                route.id,
                route.provider,
                route.model,
                route.lane,
                relation,
                # The whole lane the plan starts in was reached for this reason; later ones are reached by failing.
                why if choice.lane == start.lane else None,
                note if position == 0 else None,
                *_carried(choice),
            )
        )
    return tuple(planned)


def _left_for(start: Choice, first: Choice | None) -> DowngradeReason | None:
    """Why a plan that starts with `start` left home, None when it did not."""
    if first is None:
        return DowngradeReason.NO_CAPABLE_ROUTE
    return None if start.lane == first.lane else DOWNGRADE_OF.get(first.pressed[0].code, DowngradeReason.POLICY)


def _last_resort(choices: list[Choice], first: Choice | None, order_by: OrderBy) -> tuple[PlannedAttempt, ...]:
    """The least bad of the routes that are out for pressure only; nothing when there is none."""
    if not choices:
        return ()
    in_order = [choice for choice, _ in sequence(by_lane(choices), first, order_by)]
    best = min(in_order, key=_badness)  # the earliest of the sequence among equals
    route = best.live.seat.route
    note = reason(ReasonCode.LAST_RESORT, was=max(best.pressed, key=_weight).code.value)
    why = _left_for(best, first)
    return (
        PlannedAttempt(
            route.id, route.provider, route.model, route.lane, Relation.LAST_RESORT, why, note, *_carried(best)
        ),
    )


def _carried(choice: Choice) -> tuple[Dialect | None, tuple[Feature, ...], bool]:
    """The dialect an attempt is made in, None for the client's own; what that loses; whether with the client's own
    credential."""
    seat = choice.live.seat
    return (seat.dialect if seat.translated else None), seat.losses, seat.own


# The lighter, the sooner or the likelier the route can serve after all.
_WEIGHTS = {
    ReasonCode.NO_HEADROOM: 1,
    ReasonCode.BREAKER_PROBING: 2,
    ReasonCode.BREAKER_OPEN: 3,
    ReasonCode.COOLING_DOWN: 4,
    ReasonCode.CONTEXT_TOO_LONG: 5,
}


def _weight(why: Reason) -> tuple[int, float]:
    """What kind of pressure, and how much of it: seconds left, or tokens missing."""
    params = dict(why.params)
    amount = params.get("seconds", 0.0)
    if why.code is ReasonCode.CONTEXT_TOO_LONG:
        amount = float(params["estimate"]) - float(params["window"])
    return _WEIGHTS.get(why.code, 6), float(amount)


def _badness(choice: Choice) -> tuple[int, float]:
    return max(_weight(why) for why in choice.pressed)
