"""The sequence of lanes, apart from rules and health."""

import pytest

from gate.core.decision import Relation, Tier
from gate.core.intent import OrderBy
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.reason import Reason, ReasonCode, reason
from gate.health.snapshot import HEALTHY
from gate.planner.index import RULES
from gate.planner.inputs import DEFAULT_POLICY
from gate.planner.live import Choice, Live
from gate.planner.order import Step, bounded, by_lane, first_choice, sequence, unpressed
from gate.planner.rule import Seat
from tests.planner.worlds import NOW, route


def choice(
    name: str,
    cluster: Cluster | None,
    price: float,
    tier: Tier = Tier.START,
    entry: int = 0,
    lane: str = "",
    strategy: Strategy = Strategy.PRICE,
    pressed: tuple[Reason, ...] = (),
) -> Choice:
    lane = lane or name
    known = None if cluster is None else Lane(lane, "family", cluster, strategy=strategy)
    seat = Seat(route(f"p/{name}", lane, price), None, known, tier, entry)
    live = Live(0, seat, RULES, DEFAULT_POLICY)
    return Choice(live, live.scored(HEALTHY), price, pressed)


def ordered(choices: list[Choice], order_by: OrderBy = OrderBy.PRICE) -> list[tuple[str, str]]:
    rows = by_lane(choices, 42, NOW)
    return [(step.id[2:], relation.value) for step, relation in sequence(rows, first_choice(rows, order_by), order_by)]


BALANCED, QUALITY, FAST, ELITE = (
    Cluster.BALANCED_WORKHORSE,
    Cluster.QUALITY_WORKHORSE,
    Cluster.FAST_WORKHORSE,
    Cluster.ELITE_REASONING,
)


def test_a_sibling_comes_before_a_cheaper_lane_of_another_cluster() -> None:
    choices = [choice("home", BALANCED, 1), choice("sibling", BALANCED, 9), choice("other", QUALITY, 2)]
    assert ordered(choices) == [("home", "primary"), ("sibling", "substitution"), ("other", "upgrade")]


def test_paths_are_walked_as_listed_whatever_they_cost() -> None:
    choices = [
        choice("home", BALANCED, 1),
        choice("second", FAST, 0.1, Tier.DEGRADE, 1),
        choice("first", FAST, 0.9, Tier.DEGRADE, 0),
        choice("up", ELITE, 0.01, Tier.UPGRADE, 0),
    ]
    assert [name for name, _ in ordered(choices)] == ["home", "first", "second", "up"]


def test_lanes_of_one_entry_go_by_price() -> None:
    choices = [choice("dear", FAST, 2, Tier.DEGRADE), choice("cheap", FAST, 1, Tier.DEGRADE), choice("home", ELITE, 9)]
    assert [name for name, _ in ordered(choices)] == ["home", "cheap", "dear"]


def test_ties_break_by_route_id() -> None:
    choices = [choice(name, BALANCED, 1, lane="one") for name in ("c", "a", "b")]
    assert [name for name, _ in ordered(choices)] == ["a", "b", "c"]


def test_a_lane_in_no_cluster_is_neither_better_nor_worse() -> None:
    assert ordered([choice("home", BALANCED, 1), choice("odd", None, 2)])[1] == ("odd", "substitution")


def test_without_a_start_lane_there_is_no_first_choice() -> None:
    rows = by_lane([choice("down", FAST, 1, Tier.DEGRADE)], 42, NOW)
    assert first_choice(rows, OrderBy.PRICE) is None
    assert [relation for _, relation in sequence(rows, None, OrderBy.PRICE)] == [Relation.DOWNGRADE]


@pytest.mark.parametrize("strategy", [Strategy.ROUND_ROBIN, Strategy.WEIGHTED, Strategy.LEAST_USED, Strategy.LATENCY])
def test_a_lane_that_spreads_requests_is_as_cheap_as_its_cheapest_route(strategy: Strategy) -> None:
    """Otherwise home would change with whose turn it is."""
    spread = [choice(name, BALANCED, price, lane="x", strategy=strategy) for name, price in (("a", 9), ("b", 1))]
    for seed in range(20):
        rows = by_lane([*spread, choice("other", BALANCED, 2)], seed, NOW)
        first = first_choice(rows, OrderBy.PRICE)
        assert first is rows["x"].choices[0]
        assert [step.lane for step, _ in sequence(rows, first, OrderBy.PRICE)] == ["x", "x", "other"]


def test_a_lane_under_pressure_is_as_cheap_as_what_is_left_of_it() -> None:
    why = (reason(ReasonCode.NO_HEADROOM, in_flight=1, limit=1),)
    choices = [
        choice("home", BALANCED, 1),
        choice("cheap", BALANCED, 2, lane="one", pressed=why),
        choice("dear", BALANCED, 9, lane="one"),
        choice("mid", BALANCED, 5),
        choice("out", BALANCED, 3, pressed=why),
    ]
    rows = by_lane(choices, 42, NOW)
    left = unpressed(rows)
    assert left["home"] is rows["home"], "what nothing presses is not made anew"
    steps = sequence(left, first_choice(rows, OrderBy.PRICE), OrderBy.PRICE)
    assert [step.id[2:] for step, _ in steps] == ["home", "mid", "dear"]


def test_listed_order_decides_the_first_choice() -> None:
    choices = [choice("cheap", FAST, 1, entry=1), choice("listed", ELITE, 9, entry=0)]
    assert ordered(choices)[0] == ("cheap", "primary")
    assert ordered(choices, OrderBy.LISTED) == [("listed", "primary"), ("cheap", "downgrade")]


def steps(text: str) -> list[Step]:
    """One step per letter: p, s, b, d, u."""
    of = {
        "p": Relation.PRIMARY,
        "s": Relation.SAME_LANE_FALLBACK,
        "b": Relation.SUBSTITUTION,
        "d": Relation.DOWNGRADE,
        "u": Relation.UPGRADE,
    }
    return [(choice(f"{letter}{at}", BALANCED, at), of[letter]) for at, letter in enumerate(text)]


@pytest.mark.parametrize(
    ("text", "most", "kept"),
    [
        ("psbdu", 9, "p0 s1 b2 d3 u4"),
        ("pssssd", 4, "p0 s1 s2 d5"),
        ("pssbbd", 4, "p0 s1 b3 d5"),
        ("psbud", 4, "p0 s1 b2 d4"),
        ("uudd", 2, "u0 d2"),
        ("psd", 1, "p0"),
        ("psd", 2, "p0 s1"),
        ("ddd", 2, "d0 d1"),
    ],
)
def test_bounded(text: str, most: int, kept: str) -> None:
    assert " ".join(step.id[2:] for step, _ in bounded(steps(text), most)) == kept
