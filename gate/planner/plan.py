"""The route decision, made once by one pure function.

`plan` says of every route why it is in or out, and in which order which routes are tried (see `order`). A route is out
because it does not fit the request (fit rules), because the request is too large for it, or because it is under
pressure: breaker open, cooling down, account shut, no headroom, or probably too small a context window. What is only
under pressure stands at the end of the plan as `last_resort`, and makes all of it where nothing else is left; what does
not fit is never tried.

A plan whose first choice is under pressure starts further down its sequence. The first attempt then says so: its
relation is that towards the first choice, its note the reason the first choice is out, and, when it is in another lane,
its downgrade reason names what it left home for. `no_capable_route` means that no lane of the start set fits at all.

A routing rule that fires replaces what the name means (`planner/routing`). One whose target no route fits is passed
over for the next that fires, or for the name's own meaning: a rule never takes a request from where it can be served.
"""

from collections.abc import Callable

from gate.core.binding import Binding
from gate.core.decision import Candidate, PlannedAttempt, Relation, RouteDecision
from gate.core.dialect import Dialect
from gate.core.failure import DowngradeReason
from gate.core.intent import OrderBy
from gate.core.loss import Feature
from gate.core.reason import Reason, ReasonCode
from gate.core.request import RequestFeatures
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth
from gate.planner.affinity import CacheLoss, cache_loss, settled, stickiness_of
from gate.planner.index import Fit, Index, index_of
from gate.planner.inputs import World
from gate.planner.lanes import is_premium
from gate.planner.last_resort import last_resorts, noted
from gate.planner.live import Choice
from gate.planner.order import Step, bounded, by_lane, first_choice, sequence, unpressed
from gate.planner.rule import Ask, LimitRule, Seat, neutral

DOWNGRADE_OF = {
    ReasonCode.CONTEXT_TOO_LONG: DowngradeReason.CONTEXT_TOO_LONG,
    ReasonCode.BREAKER_OPEN: DowngradeReason.BREAKER_OPEN,
    ReasonCode.BREAKER_PROBING: DowngradeReason.BREAKER_OPEN,
    ReasonCode.COOLING_DOWN: DowngradeReason.RATE_LIMITED,
    ReasonCode.GROUP_COOLING_DOWN: DowngradeReason.RATE_LIMITED,
    ReasonCode.QUOTA_EXHAUSTED: DowngradeReason.QUOTA_EXHAUSTED,
    ReasonCode.QUOTA_PROBING: DowngradeReason.QUOTA_EXHAUSTED,
    ReasonCode.KEY_REFUSED: DowngradeReason.PROVIDER_ERROR,
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
    binding: Binding | None = None,
) -> RouteDecision:
    """The decision for one request.

    now: seconds on the clock of `health`. now_ns: wall clock, seed: a random number; both are kept in the decision for
    whoever carries it out or replays it. token_ratio: see `Ask`. binding: where the session was served before. Never
    raises: a request nothing can serve has no attempts.
    """
    index = index_of(world)
    rule: str | None = None
    for fired in index.fired(request, now_ns):
        fit = index.fit(request, fired.target)
        candidates, choices = _judged(index, fit, request, health, now, token_ratio)
        if choices:
            rule = fired.rule
            break
    else:
        # No rule fired, or none of those that did leads anywhere: what the name means.
        fit = index.fit(request)
        candidates, choices = _judged(index, fit, request, health, now, token_ratio)
    order_by = OrderBy.PRICE if fit.intent is None else fit.intent.order_by
    rows = by_lane(choices, seed, now)
    first = settled(rows, first_choice(rows, order_by), binding)
    usable = unpressed(rows)
    steps = sequence(usable, first, order_by)
    loss = cache_loss(index, request, binding, now)
    most = world.policy.max_attempts
    attempts: tuple[PlannedAttempt, ...] = _attempts(bounded(steps, most), first, loss) if steps else ()
    if len(attempts) < most and len(choices) > sum(len(row.choices) for row in usable.values()):
        last = last_resorts(sequence(rows, first, order_by), alone=not attempts)[: most - len(attempts)]
        attempts += tuple(_last_resort(choice, None if attempts else _left_for(choice, first), loss) for choice in last)
    begins = attempts[0] if attempts else None
    lane = None if begins is None else begins.lane
    row = None if lane is None else usable.get(lane)
    asked = fit.intent is None or fit.intent.premium
    return RouteDecision(
        id=decision_id,
        request=request,
        resolution=fit.resolution,
        candidates=candidates,
        attempts=attempts,
        lane=lane,
        first_lane=None if first is None else first.lane,
        same_lane=() if row is None or begins is None else tuple(c.id for c in row.choices if c.id != begins.route),
        premium_asked=asked,
        premium_escalation=not asked and lane is not None and is_premium(world.lanes.get(lane)),
        config_version=world.version,
        health_epoch=health.epoch,
        now_ns=now_ns,
        seed=seed,
        rule=rule,
        strategy=None if lane is None else rows[lane].choices[0].live.strategy,
        stickiness=stickiness_of(request, world, binding, attempts),
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
    known = health.routes
    found: list[Candidate] = []
    choices: list[Choice] = []
    for live in fit.live:
        live.at_health(known.get(live.id, HEALTHY))
        reasons, hard = _limited(live.awake, live.seat, ask, live.health, now) if live.awake else _NOTHING
        if not reasons:
            found.append(live.candidate)
            choices.append(live.choice)
            continue
        out = live.out_for(reasons)
        found.append(out.candidate)
        if not hard:
            choices.append(out)
    return fit.verdicts.with_live(found), choices


_NOTHING: tuple[tuple[Reason, ...], bool] = ((), False)


def _limited(
    limits: tuple[LimitRule, ...], seat: Seat, ask: Ask, health: RouteHealth, now: float
) -> tuple[tuple[Reason, ...], bool]:
    """The reasons of the limit rules, and whether one of them is more than pressure."""
    found: list[Reason] | None = None
    hard = False
    for rule in limits:
        why = rule.check(seat, ask, health, now)
        if why is not None:
            if found is None:
                found = []
            found.append(why)
            hard = hard or not rule.pressure
    return (() if found is None else tuple(found)), hard


def _attempts(steps: list[Step], first: Choice | None, loss: CacheLoss | None) -> tuple[PlannedAttempt, ...]:
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
                *_carried(choice, loss),
            )
        )
    return tuple(planned)


def _left_for(start: Choice, first: Choice | None) -> DowngradeReason | None:
    """Why a plan that starts with `start` left home, None when it did not."""
    if first is None:
        return DowngradeReason.NO_CAPABLE_ROUTE
    return None if start.lane == first.lane else DOWNGRADE_OF.get(first.pressed[0].code, DowngradeReason.POLICY)


def _last_resort(choice: Choice, why: DowngradeReason | None, loss: CacheLoss | None) -> PlannedAttempt:
    """why: it left home, if that is known beforehand."""
    route = choice.live.seat.route
    note = noted(choice)
    return PlannedAttempt(
        route.id, route.provider, route.model, route.lane, Relation.LAST_RESORT, why, note, *_carried(choice, loss)
    )


def _carried(
    choice: Choice, loss: CacheLoss | None
) -> tuple[Dialect | None, tuple[Feature, ...], bool, int | None, str]:
    """The dialect an attempt is made in, None for the client's own; what that loses; whether with the client's own
    credential; what it costs that the session's prompt cache is elsewhere; whose account it draws on."""
    seat = choice.live.seat
    lost = None if loss is None else loss.at(choice)
    return (seat.dialect if seat.translated else None), seat.losses, seat.own, lost, seat.route.quota_group
