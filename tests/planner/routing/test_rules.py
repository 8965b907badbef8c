"""Rules in their order: which fires, what it does to a plan, and what explain says of the others."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.decision import RouteDecision
from gate.core.intent import ResolvedBy
from gate.core.request import RequestFeatures
from gate.core.route import Capabilities
from gate.health.snapshot import HealthSnapshot, RouteHealth
from gate.planner.index import index_of
from gate.planner.inputs import World
from gate.planner.plan import plan
from gate.planner.routing.conditions import Answered, Flag, Like, ModelLike, answered
from gate.planner.routing.rules import RoutingRule, Verdict, fired, in_order, verdicts
from gate.planner.serialise import to_json
from tests.planner.routing.any_rules import any_features, any_rules
from tests.planner.worlds import COOLING, NOW, OPEN, ROUTES, cases, codes, decide, names, request, route, world

TOOLS, THINKS = Flag("tools", True), Flag("thinking", True)


def rule(name: str, target: str | None, *conditions: Flag | ModelLike | Answered, **more: object) -> RoutingRule:
    return RoutingRule(name, target, conditions, **more)  # pyright: ignore[reportArgumentType]


def ruled(*rules: RoutingRule, **more: object) -> World:
    return world(routing=rules, **more)  # pyright: ignore[reportArgumentType]


def judged(decision: RouteDecision, under: World) -> dict[str, str]:
    """Verdict codes by rule."""
    return {verdict.rule: verdict.why.code.value for verdict in told(decision, under)}


def told(decision: RouteDecision, under: World) -> tuple[Verdict, ...]:
    intended = index_of(under).intended(decision.request.model)
    return verdicts(under.routing, decision.request, decision.now_ns, intended=intended, chosen=decision.rule)


def test_lower_priorities_come_first_and_equal_ones_as_they_are_written() -> None:
    rules = [rule("a", "eco"), rule("b", "eco", priority=5), rule("c", "eco"), rule("d", "eco", priority=-1)]
    assert [one.name for one in in_order(rules)] == ["d", "b", "a", "c"]


def test_fired_gives_all_that_hold() -> None:
    rules = (rule("a", "eco", TOOLS), rule("b", "premium", THINKS), rule("c", "auto", TOOLS))
    found = [(one.name, target) for one, target in fired(rules, request(tools=True), 0)]
    assert found == [("a", "eco"), ("c", "auto")]


def test_the_first_rule_that_fires_decides() -> None:
    ours = ruled(rule("late", "auto", TOOLS), rule("early", "premium", TOOLS, priority=1), rule("no", "auto", THINKS))
    decision = decide(request(tools=True), ours)
    assert decision.rule == "early"
    assert decision.resolution.by is ResolvedBy.RULE
    assert (decision.resolution.requested, decision.resolution.intent) == ("auto", "premium")
    assert decision.attempts[0].route == "anth/best"
    assert decision.premium_asked
    assert judged(decision, ours) == {"early": "rule_fired", "late": "rule_outranked", "no": "rule_flag"}
    assert told(decision, ours)[1].why.text == "every condition holds, but the rule early comes first"


def test_targets_are_intents_lanes_and_models() -> None:
    assert decide("auto", ruled(rule("r", "listed"))).attempts[0].route == "other/good"
    lane = decide("auto", ruled(rule("r", "lane:a/fast")))
    assert names(lane) == [("anth/fast", "primary"), ("agg/fast", "same_lane_fallback")]
    assert lane.resolution.lane == "a/fast"
    model = decide("auto", ruled(rule("r", "other/odd")))
    assert names(model) == [("other/odd", "primary")]
    assert names(decide("auto", ruled(rule("r", "anth/never-listed")))) == [("anth/never-listed", "primary")]


def test_where_none_fires_the_name_means_what_it_means() -> None:
    bare, ours = decide("auto", world()), decide("auto", ruled(rule("r", "premium", TOOLS)))
    assert ours.rule is None
    assert ours == bare


def test_explicit_and_unknown_names_are_left_alone_unless_a_rule_is_for_all() -> None:
    ours = ruled(rule("mine", "premium"))
    for name in ("anth/mid", "lane:a/mid", "nobody-knows"):
        decision = decide(name, ours)
        assert decision.rule is None
        assert judged(decision, ours) == {"mine": "rule_explicit_model"}
        assert decide(name, ruled(rule("mine", "premium", everywhere=True))).rule == "mine"
    assert decide("claude-gate-auto", ours).rule == "mine"


def test_a_rule_whose_target_no_route_fits_is_passed_over() -> None:
    blind = [replace(one, capabilities=Capabilities(images=False)) for one in ROUTES if one.id == "anth/best"]
    routes = [*(one for one in ROUTES if one.id != "anth/best"), *blind]
    ours = ruled(rule("first", "lane:a/best"), rule("second", "lane:b/mid"), routes=routes)
    decision = decide(request(images=True), ours)
    assert decision.rule == "second"
    assert names(decision) == [("other/mid", "primary")]
    assert judged(decision, ours) == {"first": "rule_target_unusable", "second": "rule_fired"}
    assert told(decision, ours)[0].why.text == "every condition holds, but no route of lane:a/best fits this request"
    alone = ruled(rule("first", "lane:a/best"), routes=routes)
    back = decide(request(images=True), alone)
    assert back.rule is None
    assert back.resolution.by is ResolvedBy.INTENT_NAME
    assert names(back) == names(decide(request(images=True), world(routes=routes)))


def test_too_small_for_what_is_asked_is_unusable_and_pressure_is_not() -> None:
    small = route("other/small", "a/best", max_output_tokens=100)
    ours = ruled(rule("r", "other/small"), routes=[*ROUTES, small])
    assert decide(request(max_tokens=500), ours).rule is None
    assert decide(request(max_tokens=50), ours).rule == "r"
    for health in (OPEN, COOLING):
        pressed = decide(request(max_tokens=50), ours, {"other/small": health})
        assert pressed.rule == "r"
        assert names(pressed) == [("other/small", "last_resort")]


def test_a_target_that_is_nothing_is_passed_over() -> None:
    ours = ruled(rule("gone", "lane:gone"), rule("there", "premium"))
    decision = decide("auto", ours)
    assert decision.rule == "there"
    assert judged(decision, ours)["gone"] == "rule_target_unusable"


def test_a_rule_in_python_has_its_target_from_the_request() -> None:
    ours = ruled(rule("tiers", None, Answered("tiers", "acme")))
    decision = decide(request(matched=frozenset({answered("tiers", "lane:a/fast")})), ours)
    assert (decision.rule, decision.attempts[0].route) == ("tiers", "anth/fast")
    assert told(decision, ours)[0].target == "lane:a/fast"
    silent = decide("auto", ours)
    assert judged(silent, ours) == {"tiers": "rule_custom_silent"}
    assert told(silent, ours)[0].target is None


def test_requests_of_one_name_that_rules_part_do_not_share_a_fit() -> None:
    ours = ruled(rule("r", "lane:a/fast", ModelLike(Like(["auto"])), TOOLS))
    for _ in range(2):
        assert decide(request(tools=True), ours).lane == "a/fast"
        assert decide(request(), ours).lane == "a/mid"
        assert codes(decide(request(tools=True), ours), "anth/mid") != []
        assert codes(decide(request(), ours), "anth/mid") == []


@given(any_rules, any_features, st.integers(0, 1 << 62))
def test_verdicts_are_total_and_name_every_rule_once_in_order(
    rules: tuple[RoutingRule, ...], features: RequestFeatures, now_ns: int
) -> None:
    holding = [one.name for one, _ in fired(in_order(rules), features, now_ns)]
    found = verdicts(rules, features, now_ns, intended=True, chosen=holding[0] if holding else None)
    assert [verdict.rule for verdict in found] == [one.name for one in in_order(rules)]
    assert [verdict.rule for verdict in found if verdict.fired] == holding[:1]
    assert all(verdict.why.text for verdict in found)


@settings(max_examples=200)
@given(cases(), any_rules, any_features, st.integers(0, 1 << 62))
def test_plans_with_rules_are_total_deterministic_and_never_take_a_request_from_where_it_can_be_served(
    case: tuple[RequestFeatures, World, dict[str, RouteHealth]],
    rules: tuple[RoutingRule, ...],
    features: RequestFeatures,
    now_ns: int,
) -> None:
    _, made, health = case
    ours = replace(made, routing=rules)

    def decided(under: World) -> RouteDecision:
        return plan(features, under, HealthSnapshot(3, health), NOW, now_ns, 42, "gd-0-00")

    decision = decided(ours)
    assert to_json(decision, None) == to_json(decided(ours), None)
    assert to_json(decision, None) == to_json(decided(replace(ours)), None), "nothing is remembered that changes it"
    found = told(decision, ours)
    assert [verdict.rule for verdict in found if verdict.fired] == ([] if decision.rule is None else [decision.rule])
    if decision.rule is None:
        assert decision == decided(made)
    else:
        assert decision.resolution.by is ResolvedBy.RULE
        assert decision.attempts
    if decided(made).attempts:
        assert decision.attempts
