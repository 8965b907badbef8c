"""What is remembered of a route is what would be worked out anew."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings

from gate.core.decision import Candidate, Tier
from gate.core.lane import Cluster, Lane, Strategy
from gate.core.loss import Feature
from gate.core.request import RequestFeatures
from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth
from gate.planner.index import RULES
from gate.planner.inputs import DEFAULT_POLICY, Policy, World
from gate.planner.live import Live
from gate.planner.plan import plan
from gate.planner.rule import LimitRule, Seat
from tests.planner.worlds import COOLING, NOW, OPEN, PROBED, cases, decide, request, route, world

LANE = Lane("x", "family", Cluster.BALANCED_WORKHORSE)


def live(lane: Lane | None = LANE, policy: Policy = DEFAULT_POLICY, **more: Any) -> Live:
    seat = {name: more.pop(name) for name in ("translated", "losses", "own") if name in more}
    return Live(0, Seat(route("p/m", "x", **more), None, lane, Tier.START, 0, **seat), RULES, policy)


def awake(health: RouteHealth, one: Live) -> list[str]:
    return [rule.name for rule in one.at_health(health).awake]


def test_a_route_at_ease_is_asked_about_nothing() -> None:
    assert awake(HEALTHY, live()) == []
    assert awake(RouteHealth(ttfb_s=1.0, error_rate=0.1, in_flight=7), live()) == []


@pytest.mark.parametrize(
    ("health", "rules"),
    [
        (OPEN, ["breaker"]),
        (PROBED, ["breaker"]),
        (COOLING, ["cooldown"]),
        (RouteHealth(group=GroupPressure(Cooldown(2_000.0, 5.0))), ["cooldown"]),
        (RouteHealth(group=GroupPressure(exhausted_until=2_000.0)), ["quota"]),
        (RouteHealth(in_flight=2), ["headroom"]),
    ],
)
def test_what_might_object_is_asked(health: RouteHealth, rules: list[str]) -> None:
    assert awake(health, live(max_in_flight=2)) == rules


def test_sizes_are_compared_where_there_is_a_limit() -> None:
    assert awake(HEALTHY, live(context_window=8_000, max_output_tokens=100)) == ["context_window", "output_limit"]
    assert awake(HEALTHY, live(max_output_tokens=100, translated=True)) == []


def test_pressure_on_a_shared_key_is_not_meant_for_another_credential() -> None:
    group = GroupPressure(Cooldown(2_000.0, 5.0), exhausted_until=2_000.0)
    assert awake(RouteHealth(cooldown=Cooldown(2_000.0, 5.0), group=group), live(own=True)) == []


def _never(rule: LimitRule, seat: Seat, health: RouteHealth) -> bool:
    return False


@settings(max_examples=60, deadline=None)
@given(cases())
def test_a_rule_that_sleeps_would_have_said_nothing(
    case: tuple[RequestFeatures, World, dict[str, RouteHealth]],
) -> None:
    request, world, health = case
    decision = decide(request, world, health)
    with pytest.MonkeyPatch.context() as patch:
        for rule in RULES.limits:
            patch.setattr(type(rule), "sleeps", _never)
        again = replace(world)
        assert decide(request, again, health) == decision


def test_what_presses_is_told_anew_when_it_changes() -> None:
    small = world()
    health = HealthSnapshot(1, {"anth/mid": COOLING})

    def verdict(now: float) -> Candidate:
        decision = plan(request(), small, health, now, 17, 42, "gd-0-00")
        return next(found for found in decision.candidates if found.route == "anth/mid")

    first = verdict(NOW)
    assert verdict(NOW + 0.01) is first, "the same tenth of a second"
    assert verdict(NOW + 2).reasons[0].params == (("seconds", 5.0),)
    assert verdict(NOW + 8).qualifies


def test_the_grade_is_what_carrying_costs() -> None:
    policy = Policy(translation=7.0, avoided_loss=2.0)
    assert live(policy=policy, price=99.0).grade == 0.0
    assert live(policy=policy, translated=True, losses=(Feature.OTHER,)).grade == 9.0
    assert live(policy=replace(policy, translation=0.0), translated=True).grade == 0.0


def test_a_lane_nobody_knows_goes_by_price() -> None:
    assert live(None).strategy is Strategy.PRICE
    assert live(replace(LANE, strategy=Strategy.PRIORITY), priority=3).rank == 3
    assert live(priority=3).rank == 0


def test_each_route_has_a_salt_of_its_own() -> None:
    assert live().salt == live().salt
    assert 0 <= live().salt < 1 << 64
