"""What another configuration would have made of recorded decisions: a golden worked out by hand, and the laws."""

from __future__ import annotations

from dataclasses import replace
from math import fsum
from typing import Any

from hypothesis import given, settings

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import Failure, FailureKind
from gate.core.money import Confidence, Cost, PriceSheet
from gate.core.reason import ReasonCode, reason
from gate.core.request import RequestFeatures
from gate.core.usage import Usage
from gate.health.sketch import EMPTY_SKETCH, noted
from gate.health.snapshot import HealthSnapshot, RouteHealth
from gate.health.traffic import Traffic
from gate.planner.comparison import (
    MOST_SUPPOSED,
    Change,
    Latency,
    Money,
    Worlds,
    compare,
    keys_seen,
    settled,
    summary,
    telling,
    with_keys,
)
from gate.planner.inputs import Policy, World
from gate.planner.plan import plan
from gate.planner.recording import Consulted, Recording, Situation, conditions_of
from gate.planner.routing.conditions import Answered, Flag, Matched, answered
from gate.planner.routing.reasons import RuleCode, because
from gate.planner.routing.rules import RoutingRule
from tests.planner.worlds import NOW, OPEN, PROVIDERS, ROUTES, cases, no_key, provider, request, route, usd, world

MILLION = 1_000_000


def recorded(
    number: int,
    under: World,
    asked: RequestFeatures | None = None,
    health: dict[str, RouteHealth] | None = None,
    *attempts: AttemptRecord,
) -> Recording:
    consulted = Consulted()
    known = health or {}
    decision = plan(
        asked or request(), under, HealthSnapshot(3, known), NOW, 17 + number, 42, f"gd-0-{number}", consulted
    )
    execution = Execution(attempts, outcome=Outcome.SERVED if attempts else None)
    return Recording(decision, execution, Situation(NOW, known, consulted.answers, conditions=conditions_of(under)))


def served(
    name: str, tokens: int, price: float, seconds: float, first: float | None = None, **more: Any
) -> AttemptRecord:
    """An attempt that read and wrote so many tokens each at one price, in USD per million."""
    owner, _, model = name.partition("/")
    lane = next(found.lane for found in ROUTES if found.id == name)
    cost = Cost(round(2 * tokens * price * MILLION), Confidence.EXACT)
    usage = Usage(input=tokens, output=tokens)
    return AttemptRecord(
        0, name, owner, model, lane, Relation.PRIMARY, 0.5, 0.5 + seconds,
        usage=usage, cost=cost, time_to_first_chunk_s=first, **more,
    )  # fmt: skip


def unreported(name: str, seconds: float) -> AttemptRecord:
    return replace(served(name, 0, 0, seconds), usage=Usage(), cost=Cost(None, Confidence.UNKNOWN))


def failed(name: str) -> AttemptRecord:
    return replace(unreported(name, 1.0), failure=Failure(FailureKind.RATE_LIMITED))


# --- the golden. Prices in USD per million tokens, the same to read and to write:
#
#   route       lane    cluster    now   new configuration
#   anth/mid    a/mid   balanced   3     3, but switched off below
#   agg/mid     a/mid   balanced   3.5   2
#   other/mid   b/mid   balanced   4     4
#   anth/fast   a/fast  fast       1     1
#   anth/best   a/best  elite      15    unknown
#
# `auto` starts in balanced: the cheapest is anth/mid now. In the new configuration agg/mid costs 2 and comes first.

NEW_ROUTES = tuple(
    replace(found, prices=usd(2, 2))
    if found.id == "agg/mid"
    else replace(found, prices=PriceSheet())
    if found.id == "anth/best"
    else found
    for found in ROUTES
)
CURRENT = world()
NEW = replace(world(routes=NEW_ROUTES), version="v2")

GOLDEN = [
    # 5: the route of the plan is the same in both (premium names its lane), but its price is not known any more.
    recorded(5, CURRENT, request("premium"), None, served("anth/best", 1_000, 15, 9.0, 2.0)),
    # 4: agg/mid failed when it was tried, and other/mid served. That would be so again.
    recorded(4, CURRENT, request(), {"anth/mid": OPEN}, failed("agg/mid"), served("other/mid", 1_000, 4, 3.0, 0.8)),
    # 3: an explicit model stays where it is.
    recorded(3, CURRENT, request("anth/fast"), None, served("anth/fast", 1_000, 1, 1.0, 0.2)),
    # 2: nothing was reported of what was used.
    recorded(2, CURRENT, request(stream=False), None, unreported("anth/mid", 4.0)),
    # 1: the same request as a stream: 3 USD per million becomes 2, the first content comes after 1.1 s, not 0.5 s.
    recorded(1, CURRENT, request(), None, served("anth/mid", 1_000, 3, 4.0, 0.5)),
    # 0: served by agg/mid while anth/mid was open: the first choice is the same route, but its relation is not.
    recorded(0, CURRENT, request(), {"anth/mid": OPEN}, served("agg/mid", 1_000, 3.5, 6.0, 1.1)),
]  # fmt: skip


def test_golden() -> None:
    found = {one.id: one for one in compare(GOLDEN, Worlds(NEW), Worlds(CURRENT))}
    by = {name.removeprefix("gd-0-"): one for name, one in found.items()}

    # 0: agg/mid was a fallback within the lane and is the first choice now. 2 x 1,000 tokens at 3.5, then at 2.
    assert by["0"].changes == (Change.RELATION,)
    assert (by["0"].before.route, by["0"].before.relation) == ("agg/mid", "same_lane_fallback")
    assert by["0"].after is not None
    assert (by["0"].after.route, by["0"].after.relation) == ("agg/mid", "primary")
    assert by["0"].pico == 2_000 * (2 - 3.5) * MILLION
    assert by["0"].seconds == 0

    assert by["1"].changes == (Change.ROUTE,)
    assert by["1"].after is not None
    assert (by["1"].before.route, by["1"].after.route, by["1"].after.lane) == ("anth/mid", "agg/mid", "a/mid")
    assert by["1"].pico == 2_000 * (2 - 3) * MILLION
    assert by["1"].seconds == 1.1 - 0.5

    # 2: it moves as well; what it cost is not known. It did not stream: 4 s of anth/mid, 6 s of agg/mid.
    assert by["2"].changes == (Change.ROUTE,)
    assert by["2"].pico is None
    assert not by["2"].priced
    assert by["2"].seconds == 2.0

    assert by["3"].changes == ()
    assert by["3"].pico == 0

    # 4: before: agg/mid first (anth/mid is open), it failed, other/mid served. After: the same, as the first choice.
    assert by["4"].changes == (Change.RELATION,)
    assert by["4"].after is not None
    assert (by["4"].before.serves, by["4"].after.serves) == ("other/mid", "other/mid")
    assert by["4"].pico == 0

    assert by["5"].changes == ()
    assert by["5"].priced
    assert by["5"].pico is None

    total = summary(list(found.values()))
    assert (total.decisions, total.changed, total.undecided) == (6, 4, 0)
    assert total.kinds == {Change.ROUTE: 2, Change.RELATION: 2}
    assert total.routes == {("anth/mid", "agg/mid"): 2}
    assert total.lanes == {}
    assert total.premium == (0, 0)
    # 0, 1, 3 and 4 are known on both sides: 2,000 tokens at 3.5, 3, 1 and 4; then at 2, 2, 1 and 4. 5 is not known any
    # more, and of 2 nothing was reported.
    assert total.money == Money(round(2_000 * 11.5 * MILLION), 2_000 * 9 * MILLION, 4, 1, 1)
    # Medians: anth/mid 0.5 (4.0), agg/mid 1.1 (6.0), anth/fast 0.2, other/mid 0.8, anth/best 2.0.
    assert total.latency == Latency(
        fsum((2.0, 0.8, 0.2, 4.0, 0.5, 1.1)) / 6, fsum((2.0, 0.8, 0.2, 6.0, 1.1, 1.1)) / 6, 6, 0
    )
    assert [one.id for one in telling(found.values(), 3)] == ["gd-0-0", "gd-0-1", "gd-0-4"]


def test_without_the_old_configuration_what_was_billed_is_what_it_cost() -> None:
    one = GOLDEN[4]
    (found,) = compare([one], Worlds(NEW))
    assert found.before.pico == 2_000 * 3 * MILLION
    assert found.pico == 2_000 * (2 - 3) * MILLION


def test_a_lane_and_a_premium_escalation() -> None:
    """Everything below elite is switched off: `auto` goes up, which it did not ask for."""
    one = recorded(1, CURRENT, request(), None, served("anth/mid", 1_000, 3, 4.0, 0.5))
    only_best = replace(CURRENT, routes=tuple(found for found in ROUTES if found.id == "anth/best"))
    found = compare([one], Worlds(only_best))
    assert found[0].changes == (Change.ROUTE, Change.LANE, Change.RELATION)
    total = summary(found)
    assert total.lanes == {("a/mid", "a/best"): 1}
    assert total.premium == (0, 1)
    assert total.money == Money(2_000 * 3 * MILLION, 2_000 * 15 * MILLION, 1, 0, 0)
    # Nobody has ever seen anth/best serve.
    assert total.latency == Latency(None, None, 0, 1)


def test_a_request_that_loses_its_route_and_one_that_gains_one() -> None:
    nothing = replace(CURRENT, routes=())
    lost = compare([recorded(1, CURRENT, request(), None, served("anth/mid", 1_000, 3, 4.0))], Worlds(nothing))
    assert lost[0].changes == (Change.NO_ROUTE,)
    assert summary(lost).lanes == {("a/mid", None): 1}
    gained = compare([recorded(2, nothing)], Worlds(CURRENT))
    assert gained[0].changes == (Change.SERVED,)
    assert [one.changes for one in telling([*gained, *lost], 5)] == [(Change.NO_ROUTE,), (Change.SERVED,)]
    assert compare([recorded(3, nothing)], Worlds(nothing))[0].changes == ()


def test_latency_comes_from_health_where_no_attempt_was_recorded() -> None:
    traffic = Traffic(took=noted(EMPTY_SKETCH, 7.0, NOW), first=noted(EMPTY_SKETCH, 0.7, NOW))
    one = recorded(
        1, CURRENT, request(), {"agg/mid": RouteHealth(traffic=traffic)}, served("anth/mid", 10, 3, 4.0, 0.5)
    )
    (found,) = compare([one], Worlds(NEW))
    assert found.after is not None
    assert found.after.route == "agg/mid"
    assert found.after.seconds == traffic.first.quantile(0.5)


@settings(max_examples=100, deadline=None)
@given(cases())
def test_the_same_configuration_changes_nothing(case: tuple[RequestFeatures, World, dict[str, RouteHealth]]) -> None:
    asked, under, health = case
    one = recorded(1, under, asked, health)
    for base in (None, Worlds(under)):
        (found,) = compare([one], Worlds(replace(under)), base)
        assert found.changes == ()
        assert found.unknown == ()
        assert found.after is not None
        assert (found.before.route, found.before.seconds) == (found.after.route, found.after.seconds)


# --- conditions nobody looked at


def said(name: str, words: str) -> Matched:
    return Matched(name, because(RuleCode.KEYWORDS, wanted=words))


def ruled(*rules: RoutingRule) -> World:
    return replace(CURRENT, routing=rules)


def test_a_condition_that_was_looked_at_is_known() -> None:
    under = ruled(RoutingRule("fast", "lane:a/fast", (said("fast.text", "quick"),)))
    held = recorded(1, under, request(matched=frozenset({"fast.text"})))
    other = recorded(2, under, request())
    assert [one.decision.lane for one in (held, other)] == ["a/fast", "a/mid"]
    assert [one.changes for one in compare([held, other], Worlds(under))] == [(), ()]


def test_a_condition_nobody_looked_at_is_named_and_not_guessed() -> None:
    one = recorded(1, CURRENT, request(), None, served("anth/mid", 1_000, 3, 4.0))
    new = ruled(
        RoutingRule("fast", "lane:a/fast", (said("fast.text", "quick"),)),
        # Comes to the same whether it holds or not.
        RoutingRule("same", "auto", (said("same.text", "hello"),), priority=200),
    )
    found = compare([one], Worlds(new))
    assert found[0].after is None
    assert found[0].changes == ()
    assert found[0].unknown == ("fast.text",)
    assert found[0].pico is None
    total = summary(found)
    assert (total.changed, total.undecided, total.unknown) == (0, 1, {"fast.text": 1})
    assert (total.money.known, total.money.unknown) == (0, 0)


def test_a_condition_that_asks_for_something_else_now_is_another_one() -> None:
    before = ruled(RoutingRule("fast", "lane:a/fast", (said("fast.text", "quick"),)))
    one = recorded(1, before, request(matched=frozenset({"fast.text"})))
    changed = ruled(RoutingRule("fast", "lane:a/fast", (said("fast.text", "brief"),)))
    assert settled(one, changed) == (None, ("fast.text",))
    # But not where the rule cannot fire for another reason.
    out = ruled(RoutingRule("fast", "lane:a/fast", (said("fast.text", "brief"), Flag("tools", True))))
    decision, unknown = settled(one, out)
    assert decision is not None
    assert decision.lane == "a/mid"
    assert unknown == ()


def test_only_the_condition_that_matters_is_named() -> None:
    both = (said("a.text", "x"), said("b.text", "y"))
    one = recorded(1, CURRENT)
    new = ruled(RoutingRule("first", "lane:a/fast", both[:1]), RoutingRule("second", "lane:a/fast", both, priority=200))
    assert settled(one, new) == (None, ("a.text",))
    joined = ruled(RoutingRule("both", "lane:a/fast", both))
    assert settled(one, joined) == (None, ("a.text", "b.text"))


def test_too_many_unknown_conditions_are_not_tried() -> None:
    many = [said(f"c{number}", "x") for number in range(MOST_SUPPOSED + 1)]
    new = ruled(*(RoutingRule(one.name, "auto", (one,)) for one in many))
    assert settled(recorded(1, CURRENT), new) == (None, tuple(sorted(one.name for one in many)))


def test_a_rule_written_in_python_that_was_not_asked() -> None:
    new = ruled(RoutingRule("mine", None, (Answered("mine", "package"),)))
    assert settled(recorded(1, CURRENT), new) == (None, ("mine",))
    asked = recorded(1, new, request(matched=frozenset({answered("mine", "lane:a/fast")})))
    decision, unknown = settled(asked, new)
    assert (decision, unknown) == (asked.decision, ())
    assert asked.decision.lane == "a/fast"


# --- keys


def test_keys_are_those_the_recorded_decisions_had() -> None:
    under = world(providers=(provider("anth"), provider("agg", key=False), provider("other")))
    recordings = [recorded(2, under), recorded(1, world())]
    assert keys_seen(recordings) == {"anth": True, "agg": False, "other": True}
    # A client's own credential says nothing of Gate's.
    assert keys_seen([recorded(3, under, request(own_credential=True))]) == {}

    bare = world(providers=tuple(replace(view, unusable=no_key(view.name)) for view in PROVIDERS))
    lent, names = with_keys(Worlds(bare), keys_seen(recordings))
    assert names == ("anth", "other")
    assert {name: view.unusable is None for name, view in lent.real.providers.items()} == {
        "anth": True,
        "agg": False,
        "other": True,
    }
    assert compare(recordings[:1], lent)[0].changes == ()


def test_what_is_switched_off_stays_off() -> None:
    off = replace(provider("anth"), unusable=reason(ReasonCode.DISABLED))
    worlds = Worlds(world(providers=(off, *PROVIDERS[1:])))
    assert with_keys(worlds, {"anth": True}) == (worlds, ())


def test_what_was_simulated_is_replayed_simulated() -> None:
    simulated = world(routes=(route("sim/one", "a/mid"),), providers=(provider("sim"),))
    one = recorded(1, simulated)
    one = replace(one, situation=replace(one.situation, simulated=True))
    assert compare([one], Worlds(CURRENT, simulated))[0].changes == ()
    assert compare([one], Worlds(CURRENT))[0].changes != ()
    assert keys_seen([one]) == {}


def test_the_bound_on_attempts_changes_no_first_choice() -> None:
    one = recorded(1, CURRENT)
    (found,) = compare([one], Worlds(replace(CURRENT, policy=Policy(max_attempts=1))))
    assert found.changes == ()
