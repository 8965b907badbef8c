"""The ten laws of the planner, each on generated configurations, healths and requests."""

import json
import math
import random
from dataclasses import replace
from itertools import pairwise

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.core.binding import Binding, Stickiness
from gate.core.decision import PlannedAttempt, Relation, RouteDecision, Tier
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.lane import Strategy
from gate.core.reason import TEMPLATES, ReasonCode
from gate.core.request import RequestFeatures
from gate.core.route import Route
from gate.engine.next_step import Fail, Finish, StepState, Try, Wait, next_step
from gate.health.cooldown import Cooldown
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.index import RULES, Index
from gate.planner.inputs import World
from gate.planner.serialise import decision_from, decision_to, to_json
from tests.planner.worlds import any_route, decide, sessions

Case = tuple[RequestFeatures, World, dict[str, RouteHealth], Binding | None]
MANY = settings(max_examples=100, deadline=None)
PRESSURE = {
    ReasonCode.BREAKER_OPEN,
    ReasonCode.BREAKER_PROBING,
    ReasonCode.COOLING_DOWN,
    ReasonCode.GROUP_COOLING_DOWN,
    ReasonCode.QUOTA_EXHAUSTED,
    ReasonCode.QUOTA_PROBING,
    ReasonCode.KEY_REFUSED,
    ReasonCode.NO_HEADROOM,
    ReasonCode.CONTEXT_TOO_LONG,
}


def decided(case: Case) -> RouteDecision:
    return decide(*case)


def pressed_only(decision: RouteDecision) -> list[str]:
    """Routes that are out, but for nothing that lasts."""
    return [
        candidate.route
        for candidate in decision.candidates
        if candidate.reasons and all(reason.code in PRESSURE for reason in candidate.reasons)
    ]


@MANY
@given(sessions())
def test_1_the_same_inputs_give_the_same_bytes(case: Case) -> None:
    first = to_json(decided(case), None)
    request, world, health, binding = case
    # Another world that is equal, so that nothing remembered can help, and a memory warmed by another request.
    again = replace(world)
    decide(replace(request, model="eco", tools=not request.tools), again, health)
    decide(request, again, {})
    decide(request, again, health, seed=7)
    assert to_json(decide(request, again, dict(reversed(list(health.items()))), binding), None) == first


@MANY
@given(sessions())
def test_2_every_route_is_a_candidate_exactly_once_with_its_reasons(case: Case) -> None:
    decision = decided(case)
    listed = [route.id for route in case[1].routes]
    found = [candidate.route for candidate in decision.candidates]
    assert found[: len(listed)] == listed
    assert len(set(found)) == len(found)
    extra = found[len(listed) :]
    assert extra in ([], [f"{decision.resolution.provider}/{decision.resolution.model}"])
    for candidate in decision.candidates:
        assert bool(candidate.reasons) != candidate.qualifies
        assert (candidate.score is None) == bool(candidate.reasons)


@MANY
@given(sessions())
def test_3_nothing_excluded_is_attempted(case: Case) -> None:
    decision = decided(case)
    qualifying = {candidate.route for candidate in decision.candidates if candidate.qualifies}
    for attempt in decision.attempts:
        assert attempt.route in qualifying or attempt.relation is Relation.LAST_RESORT
    assert bool(qualifying) == any(attempt.relation is not Relation.LAST_RESORT for attempt in decision.attempts)


_STEP = {Relation.PRIMARY: 0, Relation.SAME_LANE_FALLBACK: 1, Relation.SUBSTITUTION: 2}


@MANY
@given(sessions())
def test_4_same_lane_before_substitution_before_what_leaves_the_cluster(case: Case) -> None:
    decision = decided(case)
    steps = [_STEP.get(attempt.relation, 3) for attempt in decision.attempts]
    assert steps == sorted(steps)
    tiers = {candidate.route: candidate.tier for candidate in decision.candidates}
    usable = [attempt for attempt in decision.attempts if attempt.relation is not Relation.LAST_RESORT]
    order = [list(Tier).index(tiers[attempt.route]) for attempt in usable]
    assert order == sorted(order), "start before degrade before upgrade, last resorts after all"
    assert len(decision.attempts) <= case[1].policy.max_attempts
    routes = [attempt.route for attempt in decision.attempts]
    assert len(set(routes)) == len(routes)


@MANY
@given(sessions())
def test_5_terms_add_up_and_ties_break_by_id(case: Case) -> None:
    decision = decided(case)
    for candidate in decision.candidates:
        if candidate.qualifies:
            assert candidate.score == math.fsum(term.value for term in candidate.terms)
    scores = {candidate.route: candidate.score for candidate in decision.candidates}
    lanes, priority = case[1].lanes, {route.id: route.priority for route in case[1].routes}

    def strategy(attempt: PlannedAttempt) -> Strategy:
        lane = lanes.get(attempt.lane)
        return Strategy.PRICE if lane is None else lane.strategy

    def rank(attempt: PlannedAttempt) -> tuple[int, float | None, str]:
        first = priority[attempt.route] if strategy(attempt) is Strategy.PRIORITY else 0
        return first, scores[attempt.route], attempt.route

    # A session's own route comes first, and last resorts are in an order of their own.
    bound = case[3]
    ranked = [
        attempt
        for attempt in decision.attempts
        if attempt.relation is not Relation.LAST_RESORT and (bound is None or attempt.route != bound.route)
    ]
    for one, two in pairwise(ranked):
        if one.lane == two.lane and strategy(one) in (Strategy.PRICE, Strategy.PRIORITY):
            assert rank(one) < rank(two)


@MANY
@given(sessions())
def test_6_json_round_trip_with_a_schema_version(case: Case) -> None:
    decision = decided(case)
    data = json.loads(json.dumps(decision_to(decision)))
    assert data["schema"] == 1
    assert decision_from(data) == decision
    assert msgspec.json.encode(decision_to(decision_from(data))) == msgspec.json.encode(decision_to(decision))


@MANY
@given(sessions(), any_route)
def test_7_a_route_that_does_not_fit_changes_no_other_ranking(case: Case, route: Route) -> None:
    request, world, health, binding = case
    # `nobody` is no configured provider, so whatever else is true of this route, it does not fit.
    misfit = replace(route, id="aaa/misfit", model="misfit", provider="nobody")
    before = decided(case)
    after = decide(request, replace(world, routes=(misfit, *world.routes)), health, binding)
    assert after.candidates[0].reasons
    assert after.candidates[1:] == before.candidates
    assert after.attempts == before.attempts
    assert (after.lane, after.first_lane, after.same_lane) == (before.lane, before.first_lane, before.same_lane)


@MANY
@given(sessions(), st.randoms(use_true_random=False))
def test_7_pressure_takes_a_route_out_and_changes_no_other_order_within_a_lane(
    case: Case, chance: random.Random
) -> None:
    request, world, health, binding = case
    world = replace(world, policy=replace(world.policy, max_attempts=16))
    before = decide(request, world, health, binding)
    usable = [attempt.route for attempt in before.attempts if attempt.relation is not Relation.LAST_RESORT]
    if not usable:
        return
    out = chance.choice(usable)
    pressed = replace(health.get(out, HEALTHY), cooldown=Cooldown(5_000.0, 60.0))
    after = decide(request, world, {**health, out: pressed}, binding)
    if request.own_credential:
        return  # a cooldown is not meant for it
    by_lane = [route for route in usable if route != out]
    kept = [attempt.route for attempt in after.attempts if attempt.relation is not Relation.LAST_RESORT]
    assert sorted(kept) == sorted(by_lane)
    lanes = {attempt.route: attempt.lane for attempt in before.attempts}
    for lane in set(lanes.values()):
        assert [name for name in kept if lanes[name] == lane] == [name for name in by_lane if lanes[name] == lane]


KINDS = st.lists(st.sampled_from([None, *FailureKind]), min_size=1, max_size=12)


@MANY
@given(sessions(), KINDS, st.integers(0, 12))
def test_8_attempts_are_a_walk_of_the_plan_and_none_follows_a_commit(
    case: Case, kinds: list[FailureKind | None], commit_at: int
) -> None:
    decision = decided(case)
    if not decision.attempts:
        return
    records: list[AttemptRecord] = []
    committed = False
    for at, kind in enumerate(kinds):
        state = StepState(float(at), 900.0, 60.0, committed=committed, max_attempts=case[1].policy.max_attempts)
        step = next_step(decision, tuple(records), state)
        if isinstance(step, Finish | Fail):
            break
        assert not committed
        tried = step.then if isinstance(step, Wait) else step
        assert isinstance(tried, Try)
        planned = tried.attempt
        assert planned in decision.attempts
        records.append(
            AttemptRecord(
                at,
                planned.route,
                planned.provider,
                planned.model,
                planned.lane,
                tried.relation,
                0.0,
                1.0,
                None if kind is None else Failure(kind),
                tried.downgrade_reason,
            )
        )
        committed = at == commit_at
    order = [attempt.route for attempt in decision.attempts]
    walked = [order.index(record.route) for record in records]
    assert walked == sorted(walked)
    assert len(records) <= max(1, case[1].policy.max_attempts)
    for number, record in enumerate(records):
        repeated = number > 0 and record.route == records[number - 1].route
        assert (record.relation is Relation.RETRY) == repeated


@MANY
@given(sessions())
def test_9_a_last_resort_is_named_and_only_taken_when_all_else_is_out_or_has_failed(case: Case) -> None:
    decision = decided(case)
    pressed = pressed_only(decision)
    last = [attempt for attempt in decision.attempts if attempt.relation is Relation.LAST_RESORT]
    first = decision.attempts[: len(decision.attempts) - len(last)]
    assert all(attempt.relation is not Relation.LAST_RESORT for attempt in first), "they stand at the end"
    for attempt in last:
        assert attempt.route in pressed
        assert attempt.note is not None
        assert attempt.note.code is ReasonCode.LAST_RESORT
    if any(candidate.qualifies for candidate in decision.candidates):
        assert first
    elif pressed:
        assert last
    else:
        assert decision.attempts == ()
        assert decision.lane is None


@MANY
@given(sessions())
def test_10_reasons_are_codes_whose_templates_have_all_parameters(case: Case) -> None:
    decision = decided(case)
    for candidate in decision.candidates:
        for reason in candidate.reasons:
            assert reason.text
            assert "{" not in reason.text
            assert list(reason.params) == sorted(reason.params)
    for attempt in decision.attempts:
        assert attempt.note is None or attempt.note.text


@given(sessions())
@settings(max_examples=60, deadline=None)
def test_10_each_code_is_emitted_by_one_rule_only(case: Case) -> None:
    request, world, *_ = case
    owners: dict[ReasonCode, set[str]] = {}
    index = Index(world)
    for rule in RULES.fits:
        alone = Index(world, replace(RULES, fits=(rule,), limits=()))
        for candidate in alone.fit(request).verdicts.candidates:
            for reason in candidate.reasons:
                owners.setdefault(reason.code, set()).add(rule.name)
    fit = index.fit(request)
    # The reason of an unusable provider is the configuration's; the rule hands it on.
    assert all(len(rules) == 1 for rules in owners.values())
    assert set(owners) <= set(TEMPLATES)
    assert len(fit.verdicts.candidates) >= len(world.routes)


@MANY
@given(sessions())
def test_a_binding_changes_no_verdict_and_no_cluster(case: Case) -> None:
    """It only decides between what is as good."""
    request, world, health, binding = case
    bound, free = decided(case), decide(request, world, health)
    assert bound.candidates == free.candidates
    assert (bound.first_lane is None) == (free.first_lane is None)
    if bound.first_lane is not None and free.first_lane is not None and bound.first_lane != free.first_lane:
        assert world.lanes[bound.first_lane].cluster is world.lanes[free.first_lane].cluster
    tiers = {candidate.route: candidate.tier for candidate in bound.candidates}
    if bound.attempts:
        assert tiers[bound.attempts[0].route] is tiers[free.attempts[0].route]
    if request.sticky_key is None or not world.policy.stickiness_s:
        assert bound.stickiness is None
    else:
        kept = binding is not None and bound.attempts[:1] != () and bound.attempts[0].route == binding.route
        assert bound.stickiness is (
            Stickiness.NEW if binding is None else Stickiness.KEPT if kept else Stickiness.MOVED
        )


@MANY
@given(sessions(), st.integers(0, 2**32 - 1))
def test_what_was_first_choice_is_kept_while_it_can_be_used(case: Case, seed: int) -> None:
    """Whatever the strategy: the next request of a session starts where the last one did, also by another seed."""
    request, world, health, _ = case
    before = decide(request, world, health)
    if not before.attempts or before.attempts[0].relation is Relation.LAST_RESORT:
        return
    start = before.attempts[0]
    after = decide(request, world, health, Binding(start.route, start.lane, 0.0), seed)
    if start.lane == before.first_lane:
        assert after.attempts[0].route == start.route
    # A sibling that stood in for home may be home to the session it served.
    assert after.first_lane in (before.first_lane, start.lane)
    for attempt in after.attempts:
        assert attempt.route != start.route or attempt.cache_loss_pico is None
