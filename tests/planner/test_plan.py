"""What is decided, case by case, in the small world of `tests.planner.worlds`."""

from dataclasses import replace

import pytest

from gate.core.decision import Relation, Tier
from gate.core.failure import DowngradeReason, FailureKind
from gate.core.intent import Intent, ResolvedBy
from gate.core.lane import Strategy
from gate.core.money import PriceSheet
from gate.core.reason import ReasonCode
from gate.core.route import Capabilities
from gate.health.snapshot import RouteHealth
from gate.health.steady import Steady
from gate.planner.inputs import DEFAULT_POLICY, Policy
from tests.planner.worlds import (
    CHAT,
    COOLING,
    INTENTS,
    LANES,
    OPEN,
    PROBED,
    PROVIDERS,
    ROUTES,
    codes,
    decide,
    names,
    no_key,
    provider,
    request,
    route,
    usd,
    world,
)

WIDE = Policy(max_attempts=16)


def test_the_cheapest_route_of_the_start_set_comes_first_then_its_lane_its_cluster_and_the_rest() -> None:
    decision = decide("auto", world(policy=WIDE))
    assert names(decision) == [
        ("anth/mid", "primary"),
        ("agg/mid", "same_lane_fallback"),
        ("other/mid", "substitution"),
        ("other/good", "upgrade"),
        ("anth/fast", "downgrade"),
        ("agg/fast", "downgrade"),
        ("anth/best", "upgrade"),
    ]
    assert (decision.lane, decision.first_lane, decision.same_lane) == ("a/mid", "a/mid", ("agg/mid",))
    assert codes(decision, "other/odd") == [ReasonCode.OUTSIDE_INTENT]
    assert not decision.premium_escalation
    assert (decision.config_version, decision.health_epoch, decision.now_ns, decision.seed) == ("v1", 3, 17, 42)


def test_few_attempts_keep_one_of_each_relation_so_that_the_way_down_stays_open() -> None:
    assert names(decide("auto", world(policy=Policy(max_attempts=4)))) == [
        ("anth/mid", "primary"),
        ("agg/mid", "same_lane_fallback"),
        ("other/mid", "substitution"),
        ("anth/fast", "downgrade"),
    ]
    two_lanes = world(routes=[found for found in ROUTES if found.lane in ("a/mid", "a/fast")])
    assert [relation for _, relation in names(decide("auto", replace(two_lanes, policy=Policy(max_attempts=2))))] == [
        "primary",
        "same_lane_fallback",
    ]
    many = [route(f"p{count}/mid", "a/mid", count) for count in range(6)]
    crowded = world(routes=[*many, *ROUTES], providers=[*PROVIDERS, *(provider(f"p{count}") for count in range(6))])
    assert [relation for _, relation in names(decide("auto", crowded))] == [
        "primary",
        "same_lane_fallback",
        "substitution",
        "downgrade",
    ]


def test_health_decides_between_equal_prices_only() -> None:
    slow = RouteHealth(steady=Steady(9.0, 0.9))
    equal = world(routes=[route("anth/one", "a/mid", 3.0), route("other/two", "a/mid", 3.0)])
    assert names(decide("auto", equal))[0][0] == "anth/one"
    assert names(decide("auto", equal, {"anth/one": slow}))[0] == ("other/two", "primary")
    assert names(decide("auto", world(), {"anth/mid": slow}))[0] == ("anth/mid", "primary")


def test_an_unknown_price_is_behind_every_known_one() -> None:
    mixed = world(routes=[route("anth/a", "a/mid", prices=PriceSheet()), route("other/b", "a/mid", 900.0)])
    assert names(decide("auto", mixed))[0][0] == "other/b"


@pytest.mark.parametrize(
    ("pressure", "code", "reason"),
    [
        (OPEN, ReasonCode.BREAKER_OPEN, DowngradeReason.BREAKER_OPEN),
        (PROBED, ReasonCode.BREAKER_PROBING, DowngradeReason.BREAKER_OPEN),
        (COOLING, ReasonCode.COOLING_DOWN, DowngradeReason.RATE_LIMITED),
    ],
)
def test_a_pressed_home_is_left_with_a_named_reason(
    pressure: RouteHealth, code: ReasonCode, reason: DowngradeReason
) -> None:
    small = world(routes=[route("anth/mid", "a/mid", 3.0), route("anth/fast", "a/fast", 1.0)])
    decision = decide("auto", small, {"anth/mid": pressure})
    attempt, after_all = decision.attempts
    assert (attempt.route, attempt.relation, attempt.downgrade_reason) == ("anth/fast", Relation.DOWNGRADE, reason)
    assert (after_all.route, after_all.relation, after_all.downgrade_reason) == ("anth/mid", Relation.LAST_RESORT, None)
    assert attempt.note is not None
    assert attempt.note.code is code
    assert (decision.lane, decision.first_lane) == ("a/fast", "a/mid")
    assert codes(decision, "anth/mid") == [code]


def test_a_pressed_first_choice_leaves_the_others_of_its_lane_fallbacks() -> None:
    decision = decide("auto", world(), {"anth/mid": OPEN})
    first = decision.attempts[0]
    assert (first.route, first.relation, first.downgrade_reason) == ("agg/mid", Relation.SAME_LANE_FALLBACK, None)
    assert first.note is not None
    assert first.note.text == "the breaker is open for another 20.0 s after 5 failures (server_error)"
    assert decision.first_lane == decision.lane == "a/mid"
    assert decision.same_lane == ()


def test_a_pressed_lane_is_left_for_its_cluster_before_any_other() -> None:
    decision = decide("auto", world(policy=WIDE), {"anth/mid": OPEN, "agg/mid": COOLING})
    assert names(decision)[:2] == [("other/mid", "substitution"), ("other/good", "upgrade")]
    assert decision.attempts[0].downgrade_reason is DowngradeReason.BREAKER_OPEN
    assert decision.attempts[1].downgrade_reason is None, "that one is reached by failing"


def test_all_routes_of_the_lane_a_plan_starts_in_share_its_reason() -> None:
    pressed = {found.id: OPEN for found in ROUTES if found.lane in ("a/mid", "b/mid", "c/good")}
    decision = decide("auto", world(policy=WIDE), pressed)
    assert [(a.route, a.downgrade_reason) for a in decision.attempts[:3]] == [
        ("anth/fast", DowngradeReason.BREAKER_OPEN),
        ("agg/fast", DowngradeReason.BREAKER_OPEN),
        ("anth/best", None),
    ]
    assert {a.relation for a in decision.attempts[3:]} == {Relation.LAST_RESORT}


def test_a_long_request_goes_where_it_fits() -> None:
    routes = [route("anth/mid", "a/mid", 3.0, context_window=8_000), route("anth/fast", "a/fast", 1.0)]
    decision = decide(request(token_estimate=9_000), world(routes=routes))
    (attempt,) = decision.attempts
    assert (attempt.route, attempt.relation.value) == ("anth/fast", "downgrade")
    assert attempt.downgrade_reason is DowngradeReason.CONTEXT_TOO_LONG


def test_a_start_set_that_does_not_fit_at_all_is_said_so() -> None:
    deaf = Capabilities(tools=False)
    routes = [route("anth/mid", "a/mid", 3.0, capabilities=deaf), route("anth/fast", "a/fast", 1.0)]
    decision = decide(request(tools=True), world(routes=routes))
    (attempt,) = decision.attempts
    assert attempt.downgrade_reason is DowngradeReason.NO_CAPABLE_ROUTE
    assert (decision.lane, decision.first_lane) == ("a/fast", None)
    assert codes(decision, "anth/mid") == [ReasonCode.NO_TOOLS]


def test_an_upgrade_into_the_elite_is_an_escalation_unless_it_was_asked_for() -> None:
    only_best = world(routes=[found for found in ROUTES if found.lane == "a/best"])
    decision = decide("auto", only_best)
    assert names(decision) == [("anth/best", "upgrade")]
    assert decision.premium_escalation
    assert not decide("premium", only_best).premium_escalation
    assert not decide("lane:a/best", only_best).premium_escalation
    assert not decide("anth/best", only_best).premium_escalation


def test_a_listed_order_beats_price_among_lanes() -> None:
    decision = decide("listed", world(policy=WIDE))
    assert names(decision) == [
        ("other/good", "primary"),
        ("anth/mid", "downgrade"),
        ("agg/mid", "downgrade"),
        ("other/mid", "downgrade"),
    ]


def test_an_explicit_lane_stays_in_it() -> None:
    decision = decide("lane:a/mid", world())
    assert names(decision) == [("anth/mid", "primary"), ("agg/mid", "same_lane_fallback")]
    assert codes(decision, "other/mid") == [ReasonCode.NOT_REQUESTED]


def test_an_explicit_model_is_tried_nowhere_else() -> None:
    decision = decide("agg/mid", world())
    assert names(decision) == [("agg/mid", "primary")]
    assert {candidate.tier for candidate in decision.candidates if candidate.route != "agg/mid"} == {Tier.OUTSIDE}


def test_an_explicit_model_the_catalog_does_not_list_is_honoured() -> None:
    decision = decide("anth/Brand-New-1", world())
    (attempt,) = decision.attempts
    assert (attempt.route, attempt.provider, attempt.model) == ("anth/Brand-New-1", "anth", "Brand-New-1")
    assert (attempt.lane, attempt.relation) == ("anth/Brand-New-1", Relation.PRIMARY)
    assert len(decision.candidates) == len(ROUTES) + 1
    assert decision.candidates[-1].qualifies


def test_an_explicit_model_is_not_second_guessed_about_sizes() -> None:
    small = world(routes=[route("anth/mid", "a/mid", context_window=8_000, max_output_tokens=100)])
    decision = decide(request("anth/mid", token_estimate=9_000, max_tokens=200), small)
    assert names(decision) == [("anth/mid", "primary")]


def test_an_unlisted_model_of_a_provider_without_a_key_says_which_key() -> None:
    decision = decide("anth/new", world(providers=[provider("anth", key=False)]))
    assert decision.attempts == ()
    assert codes(decision, "anth/new") == [ReasonCode.NO_CREDENTIAL]


def test_a_name_nobody_knows_has_no_attempts() -> None:
    decision = decide("what-is-this", world())
    assert decision.resolution.by is ResolvedBy.NOT_FOUND
    assert decision.attempts == ()
    assert {reason.code for c in decision.candidates for reason in c.reasons} == {ReasonCode.NOT_REQUESTED}


def test_all_reasons_a_route_does_not_fit_are_listed_and_then_no_others() -> None:
    """A route that cannot serve a request at all is not asked how it feels today."""
    routes = [route("anth/mid", "a/mid", capabilities=Capabilities(tools=False), context_window=10)]
    bare = world(routes=routes, providers=[provider("anth", CHAT, key=False)])
    decision = decide(request(tools=True), bare, {"anth/mid": OPEN})
    assert codes(decision, "anth/mid") == [ReasonCode.OTHER_DIALECT, ReasonCode.NO_CREDENTIAL, ReasonCode.NO_TOOLS]
    assert decision.attempts == (), "no last resort past a missing key"


def test_all_reasons_of_the_moment_are_listed_for_a_route_that_fits() -> None:
    decision = decide(request(), world(routes=[route("anth/mid", "a/mid", context_window=10)]), {"anth/mid": OPEN})
    assert codes(decision, "anth/mid") == [ReasonCode.CONTEXT_TOO_LONG, ReasonCode.BREAKER_OPEN]


def test_when_everything_is_pressed_the_least_bad_is_the_last_resort() -> None:
    pressed = {found.id: COOLING for found in ROUTES}
    decision = decide("auto", world(), {**pressed, "other/good": OPEN, "anth/fast": PROBED})
    attempt = decision.attempts[0]
    assert (attempt.route, attempt.relation) == ("anth/fast", Relation.LAST_RESORT)
    assert attempt.note is not None
    assert attempt.note.text == "under pressure (breaker_probing), tried because nothing better is left"
    assert decision.attempts[1].route == "other/good"
    assert {a.relation for a in decision.attempts} == {Relation.LAST_RESORT}
    assert attempt.downgrade_reason is DowngradeReason.RATE_LIMITED
    assert all(candidate.reasons for candidate in decision.candidates)


def test_among_equally_pressed_routes_the_first_of_the_sequence_is_the_last_resort() -> None:
    decision = decide("auto", world(), {found.id: OPEN for found in ROUTES})
    assert names(decision)[0] == ("anth/mid", "last_resort")
    assert decision.attempts[0].downgrade_reason is None
    assert len(decision.attempts) == DEFAULT_POLICY.max_attempts


def test_sooner_back_is_less_bad() -> None:
    pressed = {found.id: OPEN for found in ROUTES}
    decision = decide("auto", world(), {**pressed, "anth/best": replace(OPEN, open_until=1_001.0)})
    assert names(decision)[0] == ("anth/best", "last_resort")
    assert decision.premium_escalation


def test_a_hard_limit_is_no_pressure() -> None:
    routes = [route("anth/mid", "a/mid", max_output_tokens=100)]
    decision = decide(request(max_tokens=200), world(routes=routes))
    assert decision.attempts == ()
    assert codes(decision, "anth/mid") == [ReasonCode.OUTPUT_TOO_LONG]


def test_an_own_credential_is_planned_on_its_vendor_only() -> None:
    keyless = world(providers=[replace(view, unusable=no_key(view.name)) for view in PROVIDERS], policy=WIDE)
    decision = decide(request(own_credential=True), keyless)
    assert {attempt.provider for attempt in decision.attempts} == {"anth"}
    assert all(attempt.own_credential for attempt in decision.attempts)
    assert codes(decision, "agg/mid") == [ReasonCode.NOT_OWN_VENDOR]
    assert names(decision)[0] == ("anth/mid", "primary")


def test_a_configured_key_of_another_provider_serves_beside_an_own_credential() -> None:
    views = [view if view.name == "agg" else replace(view, unusable=no_key(view.name)) for view in PROVIDERS]
    decision = decide(request(own_credential=True), world(providers=views, policy=WIDE))
    assert {(attempt.provider, attempt.own_credential) for attempt in decision.attempts} == {
        ("anth", True),
        ("agg", False),
    }


def test_the_lane_may_go_by_priority_instead_of_price() -> None:
    lanes = [replace(lane, strategy=Strategy.PRIORITY) if lane.name == "a/mid" else lane for lane in LANES]
    routes = [
        route("anth/mid", "a/mid", 1.0, priority=2),
        route("agg/mid", "a/mid", 9.0, priority=1),
        route("other/mid", "b/mid", 5.0),
    ]
    decision = decide("auto", world(lanes=lanes, routes=routes))
    # What would be paid in a/mid is 9, so b/mid is the cheaper lane although a/mid has the cheapest route.
    assert names(decision) == [
        ("other/mid", "primary"),
        ("agg/mid", "substitution"),
        ("anth/mid", "substitution"),
    ]


def test_coding_takes_lanes_known_for_tools() -> None:
    decision = decide("coding", world())
    assert names(decision)[0] == ("anth/fast", "primary")
    assert codes(decision, "other/odd") == [ReasonCode.NOT_TOOL_LANE]


def test_no_routes_at_all_is_a_decision_too() -> None:
    decision = decide("auto", world(routes=()))
    assert (decision.candidates, decision.attempts, decision.lane, decision.first_lane) == ((), (), None, None)


def test_an_intent_without_start_lanes_that_exist_uses_its_other_paths() -> None:
    intents = [*INTENTS, Intent("ghost", ("nowhere",), ("a/fast",))]
    assert names(decide("ghost", world(intents=intents)))[0] == ("anth/fast", "downgrade")


def test_terms_are_only_there_for_what_is_known() -> None:
    known = RouteHealth(steady=Steady(2.0, 0.5), in_flight=1, last_failure=FailureKind.OVERLOADED)
    limited = world(routes=[route("anth/mid", "a/mid", max_in_flight=4, prices=usd(3, 15))])
    (unknown,) = decide("auto", limited).candidates
    assert [(term.rule, term.value) for term in unknown.terms] == [("cost", 6.0)]
    (candidate,) = decide("auto", limited, {"anth/mid": known}).candidates
    assert [(term.rule, term.value) for term in candidate.terms] == [
        ("cost", 6.0),
        ("latency", 0.002),
        ("error_rate", 0.005),
        ("load", 0.00025),
    ]
