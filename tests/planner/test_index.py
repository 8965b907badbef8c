"""What is remembered about a configuration changes no result and has its bounds."""

from dataclasses import replace

from gate.core.reason import ReasonCode, reason
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.health.steady import Steady
from gate.planner.index import RULES, Index, index_of
from tests.planner.worlds import decide, request, world


def test_one_configuration_is_prepared_once() -> None:
    ours = world()
    index = index_of(ours)
    assert index_of(ours) is index
    assert index_of(world()) is not index, "equal is not the same"
    for _ in range(5):
        index_of(world())
    assert index_of(ours) is not index, "only the latest are kept"


def test_requests_of_one_kind_share_their_fit() -> None:
    index = Index(world())
    assert index.fit(request(token_estimate=1)) is index.fit(request(token_estimate=2, max_tokens=9))
    assert index.fit(request(tools=True)) is not index.fit(request())


def test_memory_is_bounded() -> None:
    ours = world()
    for number in range(3_000):
        decide(f"unknown-{number}", ours)
    index = index_of(ours)
    assert len(index._fits) <= 256  # pyright: ignore[reportPrivateUsage]
    assert len(index._resolutions) <= 2_048  # pyright: ignore[reportPrivateUsage]


def test_scores_follow_the_health_they_are_asked_for() -> None:
    (live, *_) = Index(world(), RULES).fit(request()).live
    plain = live.scored(HEALTHY)
    slow = live.scored(RouteHealth(steady=Steady(ttfb_s=4.0)))
    assert slow.score == (plain.score or 0.0) + 0.004
    assert live.scored(HEALTHY) == plain


def test_a_new_configuration_is_seen_at_once() -> None:
    ours = world()
    assert decide("auto", ours).attempts
    assert decide("auto", replace(ours, routes=())).attempts == ()


def test_candidates_are_the_same_object_until_one_of_them_changes() -> None:
    index = Index(world(), RULES)
    fit = index.fit(request())
    found = [one.scored(HEALTHY) for one in fit.live]
    first = fit.verdicts.with_live(found)
    assert fit.verdicts.with_live(list(found)) is first
    out = replace(found[0], reasons=(reason(ReasonCode.COOLING_DOWN, seconds=1.0),), score=None)
    changed = fit.verdicts.with_live([out, *found[1:]])
    assert changed[fit.live[0].at] is out and first[fit.live[0].at] is found[0]
    assert fit.verdicts.with_live(found) == first
