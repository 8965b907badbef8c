"""Sessions stay: what their own route may change in a plan and what it may not, and what leaving costs."""

from dataclasses import replace
from typing import Any

import pytest

from gate.catalog.pricing import VariablePriceSheet
from gate.core.binding import Binding, Stickiness
from gate.core.decision import RouteDecision
from gate.core.failure import DowngradeReason
from gate.core.lane import Strategy
from gate.core.loss import LossAction, Use
from gate.core.money import Price, PriceSheet
from gate.core.request import RequestFeatures
from gate.core.route import Billing
from gate.health.snapshot import RouteHealth
from gate.planner.affinity import CACHE_HELD_S, asked_intent
from gate.planner.inputs import Policy, World
from gate.planner.routing.rules import RoutingRule
from tests.planner.worlds import (
    CHAT,
    COOLING,
    LANES,
    MESSAGES,
    NOW,
    OPEN,
    PROVIDERS,
    ROUTES,
    decide,
    names,
    provider,
    request,
    route,
    world,
)

ASKED = request(sticky_key="a-session")
WIDE = Policy(max_attempts=16)
KEPT, MOVED, NEW = Stickiness.KEPT, Stickiness.MOVED, Stickiness.NEW


def at(name: str, **more: Any) -> Binding:
    lane = next((found.lane for found in ROUTES if found.id == name), "gone")
    return Binding(name, lane, more.pop("when", NOW - 60), more.pop("cached", None))


def bound(
    name: str, health: dict[str, RouteHealth] | None = None, in_world: World | None = None, **more: Any
) -> RouteDecision:
    return decide(ASKED, in_world or world(policy=WIDE), health, at(name, **more))


def test_who_is_in_a_session_and_who_is_not() -> None:
    assert decide(ASKED, world()).stickiness is NEW
    assert decide(request(), world()).stickiness is None
    off = world(policy=Policy(stickiness_s=0))
    assert decide(ASKED, off).stickiness is None
    assert bound("agg/mid").stickiness is KEPT
    assert bound("gone/gone").stickiness is MOVED
    assert decide(request("nobody-knows", sticky_key="a-session"), world(), None, at("agg/mid")).stickiness is MOVED


def test_a_cheaper_route_of_the_lane_does_not_lure_a_session_away() -> None:
    decision = bound("agg/mid")
    assert names(decision)[:3] == [
        ("agg/mid", "primary"),
        ("anth/mid", "same_lane_fallback"),
        ("other/mid", "substitution"),
    ]
    assert decision.candidates == decide(ASKED, world(policy=WIDE)).candidates


@pytest.mark.parametrize("strategy", Strategy)
def test_it_stays_whatever_the_strategy(strategy: Strategy) -> None:
    lanes = [replace(lane, strategy=strategy) for lane in LANES]
    routes = [*ROUTES, route("other/mid2", "a/mid", 9.0, priority=9, weight=0.0)]
    spread = world(lanes=lanes, routes=routes, policy=WIDE)
    for seed in range(20):
        decision = decide(ASKED, spread, None, Binding("other/mid2", "a/mid", NOW), seed)
        assert names(decision)[0] == ("other/mid2", "primary")
        assert decision.strategy is strategy


@pytest.mark.parametrize("pressure", [OPEN, COOLING])
def test_under_pressure_it_moves_and_says_why(pressure: RouteHealth) -> None:
    decision = bound("agg/mid", {"agg/mid": pressure})
    assert names(decision)[0] == ("anth/mid", "same_lane_fallback")
    assert decision.stickiness is MOVED
    note = decision.attempts[0].note
    (candidate,) = [found for found in decision.candidates if found.route == "agg/mid"]
    assert note == candidate.reasons[0]


def test_a_route_that_no_longer_fits_is_left() -> None:
    small = world(routes=[replace(ROUTES[0], max_output_tokens=10), *ROUTES[1:]], policy=WIDE)
    decision = decide(replace(ASKED, max_tokens=100), small, None, at("anth/mid"))
    assert names(decision)[0] == ("agg/mid", "primary")
    assert decision.stickiness is MOVED


def test_a_sibling_lane_of_the_start_set_becomes_home() -> None:
    decision = bound("other/mid")
    assert names(decision)[:3] == [("other/mid", "primary"), ("anth/mid", "substitution"), ("agg/mid", "substitution")]
    assert (decision.lane, decision.first_lane) == ("b/mid", "b/mid")


def test_but_not_while_its_route_is_pressed() -> None:
    decision = bound("other/mid", {"other/mid": OPEN})
    assert names(decision)[0] == ("anth/mid", "primary")
    assert decision.stickiness is MOVED


@pytest.mark.parametrize("name", ["other/good", "anth/fast", "anth/best"])
def test_an_upgrade_or_a_downgrade_does_not_stick(name: str) -> None:
    """Another cluster of the start set, the degrade path, the upgrade path."""
    decision = bound(name)
    assert names(decision)[0] == ("anth/mid", "primary")
    assert decision.stickiness is MOVED


def test_while_pressure_lasts_a_downgraded_session_keeps_its_place_there() -> None:
    pressed = {found.id: OPEN for found in ROUTES if found.lane in ("a/mid", "b/mid", "c/good")}
    decision = bound("agg/fast", pressed)
    assert names(decision)[:2] == [("agg/fast", "downgrade"), ("anth/fast", "downgrade")]
    assert decision.attempts[0].downgrade_reason is DowngradeReason.BREAKER_OPEN
    assert decision.stickiness is KEPT


def test_where_no_start_lane_fits_the_session_still_keeps_its_route() -> None:
    small = world(routes=[found for found in ROUTES if found.lane == "a/fast"])
    decision = bound("agg/fast", in_world=small)
    assert [name for name, _ in names(decision)] == ["agg/fast", "anth/fast"]
    assert decision.first_lane is None


def test_every_route_out_the_least_bad_is_tried_wherever_the_session_was() -> None:
    pressed = {found.id: COOLING for found in ROUTES}
    decision = bound("agg/mid", {**pressed, "other/good": OPEN})
    assert names(decision)[0] == ("other/good", "last_resort")
    assert decision.stickiness is MOVED


CARRIES: Any = {
    MESSAGES: {Use.CACHE_HINTS: LossAction.DROPPED},
    CHAT: {Use.CACHE_HINTS: LossAction.DROPPED},
}
CHATTING = replace(route("agg/mid", "a/mid", 1.0), dialects=frozenset({CHAT}))


def translating(**more: Any) -> World:
    views = (PROVIDERS[0], provider("agg", CHAT), PROVIDERS[2])
    routes = [found if found.id != "agg/mid" else CHATTING for found in ROUTES]
    return world(routes=routes, providers=views, carries=CARRIES, policy=replace(WIDE, **more))


def test_a_stand_in_in_another_dialect_is_left_when_the_own_one_is_back() -> None:
    assert names(bound("agg/mid", in_world=translating()))[0] == ("anth/mid", "primary")
    out = {"anth/mid": OPEN}
    decision = bound("agg/mid", out, translating())
    assert names(decision)[0] == ("agg/mid", "primary")
    assert decision.stickiness is KEPT
    assert names(bound("agg/mid", in_world=translating(translation=0.0)))[0] == ("agg/mid", "primary")


def test_nor_does_a_sibling_lane_in_another_dialect_hold_a_session() -> None:
    views = (*PROVIDERS[:2], provider("other", CHAT))
    routes = [replace(found, dialects=frozenset({CHAT})) if found.provider == "other" else found for found in ROUTES]
    small = world(routes=routes, providers=views, carries=CARRIES, policy=WIDE)
    assert names(bound("other/mid", in_world=small))[0] == ("anth/mid", "primary")
    home_out = {"anth/mid": OPEN, "agg/mid": OPEN}
    assert names(bound("other/mid", home_out, small))[0] == ("other/mid", "primary")


def test_the_intent_a_binding_is_kept_by() -> None:
    ruled = world(routing=(RoutingRule("more", "lane:nowhere"), RoutingRule("long", "premium")))
    assert asked_intent(request("auto"), world(), 17) == "auto"
    assert asked_intent(request("auto"), ruled, 17) == "premium"
    assert asked_intent(request("lane:a/mid"), world(), 17) == "lane:a/mid"
    out_of_reach = replace(ruled, routes=tuple(found for found in ROUTES if found.lane == "c/good"))
    assert asked_intent(request("auto"), out_of_reach, 17) == "auto", "a rule that leads nowhere does not count"


# What leaving costs. Prices in pico-USD per token are prices in micro-USD per million.


def sheet(reading: int | None, cached: int | None = None, writing: int | None = None) -> PriceSheet:
    made = [None if pico is None else Price(pico, "test", "2026-01-01") for pico in (reading, reading, cached, writing)]
    return PriceSheet(*made)


def losses(
    there: PriceSheet, here: PriceSheet, cached: int | None = 1_000, asked: RequestFeatures = ASKED, **more: Any
) -> list[int | None]:
    """Of the attempts: the session's own route, then the other. here: prices of the other route."""
    when = more.pop("when", NOW - 60)
    routes = [replace(ROUTES[0], prices=there), replace(ROUTES[1], prices=here, **more)]
    small = world(routes=routes, carries=CARRIES)
    binding = Binding("anth/mid", "a/mid", when, cached)
    decision = decide(asked, small, None, binding)
    assert [attempt.route for attempt in decision.attempts] == ["anth/mid", "agg/mid"]
    return [attempt.cache_loss_pico for attempt in decision.attempts]


def test_cached_tokens_at_the_new_price_less_what_reading_them_would_have_cost() -> None:
    assert losses(sheet(3_000_000, 300_000), sheet(3_500_000, 350_000)) == [None, 1_000 * (3_500_000 - 300_000)]


def test_a_request_that_marks_its_cache_pays_for_writing_it() -> None:
    marked = replace(ASKED, uses=frozenset({Use.CACHE_HINTS}))
    there, here = sheet(3_000_000, 300_000), sheet(3_500_000, 350_000, 4_000_000)
    assert losses(there, here, asked=marked)[1] == 1_000 * (4_000_000 - 300_000)
    assert losses(there, here)[1] == 1_000 * (3_500_000 - 300_000)
    assert losses(there, sheet(3_500_000), asked=marked)[1] == 1_000 * (3_500_000 - 300_000)


def test_marks_that_do_not_arrive_write_nothing() -> None:
    routes = [
        replace(ROUTES[0], prices=sheet(3_000_000, 300_000)),
        replace(CHATTING, prices=sheet(3_500_000, 350_000, 4_000_000)),
    ]
    views = (PROVIDERS[0], provider("agg", CHAT))
    marked = replace(ASKED, uses=frozenset({Use.CACHE_HINTS}))
    decision = decide(marked, world(routes=routes, providers=views, carries=CARRIES), None, at("anth/mid", cached=10))
    assert decision.attempts[1].cache_loss_pico == 10 * (3_500_000 - 300_000)


@pytest.mark.parametrize(
    ("there", "here", "cached", "more"),
    [
        (sheet(3, 1), sheet(4), None, {}),
        (sheet(3, 1), sheet(4), 0, {}),
        (sheet(3), sheet(4), 10, {}),
        (sheet(3, 1), sheet(None), 10, {}),
        (sheet(3, 2), sheet(1), 10, {}),
        (sheet(3, 1), sheet(1), 10, {}),
        (sheet(3, 1), sheet(4), 10, {"billing": Billing.FREE}),
        (sheet(3, 1), sheet(4), 10, {"when": NOW - CACHE_HELD_S - 1}),
    ],
    ids=[
        "cached tokens not reported",
        "none cached",
        "price of reading unknown",
        "price of the other route unknown",
        "cheaper even so",
        "as cheap even so",
        "free",
        "the cache may be gone",
    ],
)
def test_what_is_not_known_or_not_lost_is_not_told(
    there: PriceSheet, here: PriceSheet, cached: int | None, more: dict[str, Any]
) -> None:
    assert losses(there, here, cached, **more) == [None, None]


def test_long_prompts_at_the_rates_of_long_prompts() -> None:
    long = VariablePriceSheet(
        *(Price(pico, "test", "2026-01-01") for pico in (3, 3, 1)), long_above=500, long=sheet(30, 10)
    )
    assert losses(long, long)[1] == 1_000 * (30 - 10)
    assert losses(long, long, 500)[1] == 500 * (3 - 1)


def test_an_own_route_that_is_gone_has_no_price() -> None:
    decision = bound("gone/gone", cached=1_000)
    assert {attempt.cache_loss_pico for attempt in decision.attempts} == {None}


def test_a_last_resort_is_told_its_loss_too() -> None:
    routes = [replace(found, prices=sheet(3_000_000, 300_000)) for found in ROUTES[:2]]
    decision = bound("anth/mid", {"anth/mid": OPEN, "agg/mid": OPEN}, world(routes=routes), cached=10)
    loss = {attempt.route: attempt.cache_loss_pico for attempt in decision.attempts}
    assert loss == {"anth/mid": None, "agg/mid": 10 * 2_700_000}
