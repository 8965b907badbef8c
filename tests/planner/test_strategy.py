"""How a lane's routes take turns, apart from lanes and pressure; and the same through whole plans."""

from collections import Counter
from dataclasses import replace
from math import sqrt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.decision import Tier
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.loss import LossAction, Use
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.health.traffic import Traffic
from gate.planner.index import RULES
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.live import Choice, Live
from gate.planner.rule import Seat
from gate.planner.strategy import STALE_S, arranged, chance
from tests.planner.worlds import CHAT, COOLING, MESSAGES, NOW, Intent, decide, names, provider, request, route, world

SPREADING = (Strategy.ROUND_ROBIN, Strategy.WEIGHTED, Strategy.LEAST_USED, Strategy.LATENCY)


def choice(name: str, strategy: Strategy, health: RouteHealth = HEALTHY, **more: Any) -> Choice:
    translated = more.pop("translated", False)
    lane = Lane("x", "family", Cluster.BALANCED_WORKHORSE, strategy=strategy)
    seat = Seat(
        route(f"p/{name}", "x", more.pop("price", 1.0), **more), None, lane, Tier.START, 0, translated=translated
    )
    return Live(0, seat, RULES, DEFAULT_POLICY).at_health(health).choice


def used(ago: float | None, **more: Any) -> RouteHealth:
    return RouteHealth(traffic=Traffic(9, None if ago is None else NOW - ago), **more)


def order(choices: list[Choice], seed: int = 42) -> str:
    return " ".join(one.id[2:] for one in arranged(choices, seed, NOW))


def test_price_and_priority_go_by_the_key() -> None:
    prices = {"a": 3.0, "b": 1.0, "c": 2.0}
    assert order([choice(name, Strategy.PRICE, price=price) for name, price in prices.items()]) == "b c a"
    ranks = {"a": 2, "b": 3, "c": 1}
    assert (
        order([choice(name, Strategy.PRIORITY, price=prices[name], priority=rank) for name, rank in ranks.items()])
        == "c a b"
    )


def test_round_robin_takes_the_one_not_used_for_longest_whatever_it_costs() -> None:
    ago = {"a": 5.0, "b": 50.0, "c": None, "d": 0.5}
    choices = [
        choice(name, Strategy.ROUND_ROBIN, used(one), price=place) for place, (name, one) in enumerate(ago.items())
    ]
    assert order(choices) == "c b a d"
    assert order([choice(name, Strategy.ROUND_ROBIN) for name in "cab"]) == "a b c"


def test_least_used_counts_what_is_under_way_then_goes_round() -> None:
    choices = [
        choice("a", Strategy.LEAST_USED, used(9.0, in_flight=2)),
        choice("b", Strategy.LEAST_USED, used(1.0, in_flight=0)),
        choice("c", Strategy.LEAST_USED, used(7.0, in_flight=0)),
        choice("d", Strategy.LEAST_USED, used(99.0, in_flight=3)),
    ]
    assert order(choices) == "c b a d"


def test_a_weight_is_a_share() -> None:
    weights = {"a": 6.0, "b": 3.0, "c": 1.0, "d": 0.0}
    choices = [choice(name, Strategy.WEIGHTED, weight=weight) for name, weight in weights.items()]
    rounds = 4_000
    orders = [order(choices, seed * 7_919).split() for seed in range(rounds)]
    heads = Counter(one[0] for one in orders)
    for name, share in (("a", 0.6), ("b", 0.3), ("c", 0.1), ("d", 0.0)):
        assert heads[name] / rounds == pytest.approx(share, abs=5 * sqrt(share * (1 - share) / rounds) + 1e-9)
    assert {one[-1] for one in orders} == {"d"}
    # The rest is a draw of the same kind: where a is first, b and c are second as 3 to 1.
    second = Counter(one[1] for one in orders if one[0] == "a")
    assert second["b"] / (second["b"] + second["c"]) == pytest.approx(0.75, abs=0.05)


def test_latency_takes_the_quicker_of_two() -> None:
    seconds = {"a": 0.5, "b": 0.6, "c": 5.0}
    choices = [choice(name, Strategy.LATENCY, used(1.0, ttfb_s=one)) for name, one in seconds.items()]
    orders = [order(choices, seed * 104_729) for seed in range(3_000)]
    heads = Counter(one[0] for one in orders)
    assert heads["a"] / 3_000 == pytest.approx(2 / 3, abs=0.05), "in two pairs of three"
    assert heads["b"] / 3_000 == pytest.approx(1 / 3, abs=0.05), "in one"
    assert heads["c"] == 0
    assert {one[-1] for one in orders} == {"c"}
    pair = choices[1:]
    assert {order(pair, seed) for seed in range(50)} == {"b c"}


def first_of_two(health: RouteHealth) -> str:
    """The route in question is b; a is used all the time and takes a second."""
    choices = [choice("a", Strategy.LATENCY, used(0.1, ttfb_s=1.0)), choice("b", Strategy.LATENCY, health)]
    (found,) = {order(choices, seed)[0] for seed in range(20)}
    return found


def test_latency_tries_what_it_knows_nothing_of_or_nothing_recent() -> None:
    assert first_of_two(HEALTHY) == "b"
    assert first_of_two(RouteHealth(in_flight=1)) == "a", "somebody is trying it already"
    assert first_of_two(used(STALE_S - 1, ttfb_s=9.0)) == "a"
    assert first_of_two(used(STALE_S + 1, ttfb_s=9.0)) == "b"
    assert first_of_two(used(STALE_S + 1, ttfb_s=9.0, in_flight=1)) == "a"
    assert first_of_two(used(1.0, error_rate=1.0)) == "a", "it was tried and never answered"


def test_failing_quickly_is_not_being_quick() -> None:
    assert first_of_two(used(1.0, ttfb_s=0.6, error_rate=0.1)) == "b"
    assert first_of_two(used(1.0, ttfb_s=0.6, error_rate=0.5)) == "a"
    assert first_of_two(used(1.0, ttfb_s=0.1, error_rate=1.0)) == "a"


@pytest.mark.parametrize("strategy", SPREADING)
def test_what_would_have_to_be_translated_comes_last(strategy: Strategy) -> None:
    choices = [
        choice("a", strategy, translated=True, weight=99.0),
        choice("b", strategy, used(1.0, ttfb_s=9.0, in_flight=5)),
        choice("c", strategy, used(2.0, ttfb_s=8.0, in_flight=4)),
    ]
    assert {order(choices, seed)[-1] for seed in range(50)} == {"a"}


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**64 - 1))
@settings(max_examples=200)
def test_chance_is_above_zero_and_not_above_one(seed: int, salt: int) -> None:
    assert 0 < chance(seed, salt) <= 1
    assert chance(seed, salt) == chance(seed, salt)


def test_chance_is_even_and_routes_do_not_go_together() -> None:
    one, two = live_salts()
    pairs = [(chance(seed, one), chance(seed, two)) for seed in range(5_000)]
    quarters = Counter((a < 0.5, b < 0.5) for a, b in pairs)
    assert all(count / 5_000 == pytest.approx(0.25, abs=0.03) for count in quarters.values())
    assert len(quarters) == 4


def live_salts() -> tuple[int, int]:
    return choice("a", Strategy.WEIGHTED).live.salt, choice("b", Strategy.WEIGHTED).live.salt


# Through whole plans.


def turns(strategy: Strategy, **more: Any) -> Any:
    lane = Lane("x", "x", Cluster.BALANCED_WORKHORSE, strategy=strategy)
    routes = [route(f"p/{name}", "x", price, **more) for name, price in (("a", 1.0), ("b", 2.0), ("c", 3.0))]
    return world(lanes=[lane], routes=routes, providers=[provider("p")], intents=[Intent("auto", ("x",))])


def test_ten_rounds_of_round_robin_are_even_and_name_their_strategy() -> None:
    small = turns(Strategy.ROUND_ROBIN)
    health: dict[str, RouteHealth] = {}
    seen: list[str] = []
    for tick in range(30):
        decision = decide("auto", small, health)
        assert decision.strategy is Strategy.ROUND_ROBIN
        first = decision.attempts[0]
        assert first.relation.value == "primary"
        seen.append(first.route)
        health[first.route] = RouteHealth(traffic=Traffic(1, NOW - 100 + tick))
    assert seen == ["p/a", "p/b", "p/c"] * 10


@pytest.mark.parametrize("strategy", SPREADING)
def test_pressure_is_left_out_of_the_turns(strategy: Strategy) -> None:
    small = turns(strategy)
    for seed in range(20):
        healthy = decide("auto", small, seed=seed)
        out = healthy.attempts[0].route
        pressed = decide("auto", small, {out: COOLING}, seed=seed)
        assert [a.route for a in pressed.attempts][:2] == [a.route for a in healthy.attempts][1:]
        assert [a.relation.value for a in pressed.attempts] == ["same_lane_fallback"] * 2 + ["last_resort"]


def test_a_route_added_changes_no_other_draw() -> None:
    small = turns(Strategy.WEIGHTED)
    more = replace(small, routes=(*small.routes, route("p/d", "x", 9.0)))
    for seed in range(50):
        with_it = [name for name, _ in names(decide("auto", more, seed=seed)) if name != "p/d"]
        assert with_it == [name for name, _ in names(decide("auto", small, seed=seed))]


def test_without_a_choice_there_is_no_strategy() -> None:
    assert decide("auto", turns(Strategy.LATENCY, dialects=frozenset({CHAT}))).strategy is None
    assert decide("auto", world()).strategy is Strategy.PRICE


def test_a_lane_spreads_over_routes_in_the_clients_own_dialect_only() -> None:
    """Unless the operator says that translation costs nothing."""
    small = turns(Strategy.ROUND_ROBIN)
    chat = replace(small.routes[0], id="p/chat", model="chat", dialects=frozenset({CHAT}))
    carries: Any = {MESSAGES: {}, CHAT: {Use.CACHE_HINTS: LossAction.DROPPED}}
    both = replace(small, routes=(*small.routes, chat), providers={"p": provider("p", MESSAGES, CHAT)}, carries=carries)
    used_up = {one.id: RouteHealth(traffic=Traffic(1, NOW - 1)) for one in small.routes}
    assert decide(request(), both, used_up).attempts[-1].route == "p/chat"
    free = replace(both, policy=replace(both.policy, translation=0.0))
    assert decide(request(), free, used_up).attempts[0].route == "p/chat"
