"""Decisions under a hypothetical health."""

from dataclasses import replace

import pytest

from gate.core.decision import RouteDecision
from gate.health.snapshot import HealthSnapshot
from gate.planner.whatif import Change, Supposed, changes, supposing
from tests.planner.worlds import NOW, OPEN, decide, names, route, world

OURS = world()


def suppose(supposed: dict[str, Supposed], real: HealthSnapshot | None = None) -> RouteDecision:
    return decide("auto", OURS, supposing(real or HealthSnapshot(3), OURS, supposed, NOW).routes)


@pytest.mark.parametrize("state", [Supposed.BREAKER_OPEN, Supposed.COOLING_DOWN])
def test_a_route_supposed_to_be_out_is_out(state: Supposed) -> None:
    decision = suppose({"anth/mid": state})
    assert names(decision)[0] == ("agg/mid", "same_lane_fallback")
    (reason,) = decision.candidates[0].reasons
    assert reason.code.value == state.value
    assert dict(reason.params)["seconds"] == 30.0


@pytest.mark.parametrize("state", [Supposed.QUOTA_EXHAUSTED, Supposed.KEY_REFUSED])
def test_what_concerns_an_account_is_supposed_of_its_group(state: Supposed) -> None:
    grouped = [replace(found, quota_group=found.provider) for found in OURS.routes]
    ours = replace(OURS, routes=tuple(grouped))
    out = supposing(HealthSnapshot(3), ours, {"anth/mid": state}, NOW).routes
    verdicts = {
        found.route: [why.code.value for why in found.reasons] for found in decide("auto", ours, out).candidates
    }
    same = {found.id for found in grouped if found.provider == "anth"}
    assert len(same) > 1
    assert {name for name, found in verdicts.items() if state.value in found} == same


def test_a_low_allowance_only_costs() -> None:
    equal = world(routes=[route("anth/mid", "a/mid", 3.0), route("other/mid", "a/mid", 3.0)])
    out = supposing(HealthSnapshot(3), equal, {"anth/mid": Supposed.LOW_ALLOWANCE}, NOW).routes
    assert out["anth/mid"].group.low
    assert decide("auto", equal, {"anth/mid": out["anth/mid"]}).attempts[0].route == "other/mid"


def test_a_route_that_does_not_exist_changes_nothing() -> None:
    assert suppose({"no/body": Supposed.QUOTA_EXHAUSTED}) == decide("auto", OURS)


def test_a_broken_route_may_be_supposed_healthy() -> None:
    real = HealthSnapshot(3, {"anth/mid": OPEN})
    assert names(suppose({}, real))[0] == ("agg/mid", "same_lane_fallback")
    assert suppose({"anth/mid": Supposed.HEALTHY}, real) == decide("auto", OURS)


def test_nothing_supposed_is_the_real_decision_and_no_change() -> None:
    assert suppose({}) == decide("auto", OURS)
    assert changes(suppose({}), decide("auto", OURS)) == ()


def test_changes_name_what_differs() -> None:
    after = suppose({"anth/mid": Supposed.BREAKER_OPEN, "agg/mid": Supposed.COOLING_DOWN})
    found = {change.what: change for change in changes(decide("auto", OURS), after)}
    assert found["lane"] == Change("lane", "a/mid", "b/mid")
    assert found["anth/mid"] == Change("anth/mid", "in", "breaker_open")
    assert found["attempts"].after.startswith("other/mid (substitution) -> ")
    assert set(found) == {"lane", "attempts", "anth/mid", "agg/mid"}


def test_an_escalation_is_a_change() -> None:
    everything = dict.fromkeys((route.id for route in OURS.routes if route.id != "anth/best"), Supposed.BREAKER_OPEN)
    found = {change.what for change in changes(decide("auto", OURS), suppose(everything))}
    assert "premium_escalation" in found
