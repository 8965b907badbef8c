"""Modelled providers: what a call becomes, and that the truth is what a call would become."""

from collections.abc import Mapping
from dataclasses import replace

from gate.core.failure import FailureKind
from simulate.limits import REFUSED_S, FixedWindow, Limit
from simulate.scenario import Scenario, scenarios
from simulate.traffic import Turn, drawn
from simulate.upstreams import Nature, Trouble, Upstreams

QUICK = Nature(first_s=1.0, spread=0.0, reads_per_s=1_000.0, tokens_per_s=50.0, errors=0.0)
TURN = Turn(1, 0.0, "coding", 4, 0, 2_000, 100)


def made(*troubles: Trouble, limits: Mapping[str, Limit] | None = None, **natures: Nature) -> Upstreams:
    return Upstreams(natures or {"a": QUICK, "b": QUICK}, troubles, limits or {}, 1)


def test_an_answer_takes_its_time() -> None:
    answer = made().ask("a", TURN, 0, 0, 120.0, 5.0)
    assert (answer.failure, answer.first_s, answer.took_s) == (None, 3.0, 5.0)  # 1 s + 2,000 read; 100 written
    cached = made().ask("a", TURN, 0, 1_500, 120.0, 5.0)
    assert cached.first_s == 1.5


def test_an_outage_has_a_beginning_and_an_end() -> None:
    upstreams = made(Trouble(("a",), 10.0, 20.0, takes_s=0.4))
    for at, served in ((9.9, True), (10.0, False), (19.9, False), (20.0, True)):
        answer = upstreams.ask("a", TURN, 0, 0, 120.0, at)
        assert (answer.failure is None) is served
        assert upstreams.would_serve("a", TURN, at) is served
        assert upstreams.would_serve("b", TURN, at)
    failed = upstreams.ask("a", TURN, 0, 0, 120.0, 15.0)
    assert failed.failure is not None
    assert (failed.failure.kind, failed.failure.status, failed.took_s) == (FailureKind.SERVER_ERROR, 503, 0.4)


def test_a_share_fails_and_a_share_breaks_off() -> None:
    upstreams = made(Trouble(("a",), 0.0, 9.0, share=0.4, slower=2.0, cut=0.1))
    answers = [upstreams.ask("a", replace(TURN, id=number), 0, 0, 120.0, 1.0) for number in range(2_000)]
    failed = [one for one in answers if one.first_s is None]
    cut = [one for one in answers if one.first_s is not None and one.failure is not None]
    assert 0.36 < len(failed) / 2_000 < 0.44
    assert 0.04 < len(cut) / 2_000 < 0.08, "a tenth of the others"
    assert {one.failure.kind for one in cut if one.failure} == {FailureKind.TRUNCATED_STREAM}
    assert {one.first_s for one in answers if one.first_s is not None} == {6.0}


def test_the_same_request_has_the_same_luck_whatever_was_called_before() -> None:
    trouble = Trouble(("a",), 0.0, 9.0, share=0.5)
    alone, busy = made(trouble), made(trouble)
    for number in range(50):
        busy.ask("b", replace(TURN, id=number + 100), 0, 0, 120.0, 0.5)
    for number in range(100):
        turn = replace(TURN, id=number)
        assert alone.ask("a", turn, 0, 0, 120.0, 1.0) == busy.ask("a", turn, 0, 0, 120.0, 1.0)


def test_what_does_not_answer_in_time_is_given_up() -> None:
    answer = made(Trouble(("a",), 0.0, 9.0, share=0.0, slower=50.0)).ask("a", TURN, 0, 0, 120.0, 1.0)
    assert answer.failure is not None
    assert (answer.failure.kind, answer.took_s, answer.first_s) == (FailureKind.FIRST_BYTE_TIMEOUT, 120.0, None)


def test_a_route_left_alone_is_cold() -> None:
    upstreams = made(a=replace(QUICK, cold_after_s=60.0, cold_s=6.0))
    firsts = [upstreams.ask("a", TURN, 0, 0, 120.0, at).first_s for at in (0.0, 30.0, 90.0, 150.5)]
    assert firsts == [9.0, 3.0, 3.0, 9.0]


def test_a_route_that_asked_to_be_left_alone_does_not_count_as_able() -> None:
    upstreams = made(limits={"l": FixedWindow(1, 60.0)}, a=replace(QUICK, limits=("l",)))
    assert upstreams.ask("a", TURN, 0, 0, 120.0, 10.0).failure is None
    refused = upstreams.ask("a", TURN, 0, 0, 120.0, 50.5)
    assert refused.failure is not None and refused.failure.retry_after_s == 10.0
    assert (refused.took_s, refused.allowances[0].remaining) == (REFUSED_S, 0.0)
    assert not upstreams.would_serve("a", TURN, 60.4), "the window is over, but it said 10 s"
    assert upstreams.would_serve("a", TURN, 60.6)


def test_state_changes_and_since_when_all_is_well() -> None:
    upstreams = made(Trouble(("a", "b"), 10.0, 20.0), Trouble(("a",), 15.0, 30.0))
    assert upstreams.changes(["a"], 100.0) == [10.0, 15.0, 20.0, 30.0]
    assert upstreams.changes(["b"], 100.0) == [10.0, 20.0]
    assert upstreams.changes(["a", "b"], 100.0) == [10.0, 10.0, 15.0, 20.0, 20.0, 30.0]
    assert [upstreams.well_since("a", at) for at in (5.0, 12.0, 25.0, 42.0)] == [0.0, None, None, 30.0]


def test_the_truth_is_what_a_call_would_become() -> None:
    """In every scenario: asked at any time, a call is served exactly where it was said that it would be."""
    for scenario in scenarios():
        _agree(scenario)


def _agree(scenario: Scenario) -> None:
    upstreams = Upstreams(scenario.natures, scenario.troubles(3), scenario.limits(), 3)
    asked_until: dict[str, float] = {}
    seen = {True: 0, False: 0}
    for number, turn in enumerate(drawn(scenario.streams, 3, scenario.horizon_s)):
        route = list(scenario.natures)[number % 3]
        would = upstreams.would_serve(route, turn, turn.at)
        answer = upstreams.ask(route, turn, 0, 0, 120.0, turn.at)
        if turn.at >= asked_until.get(route, 0.0):
            assert (answer.failure is None) is would, (scenario.name, turn)
            seen[would] += 1
        if answer.failure is not None and answer.failure.retry_after_s is not None:
            asked_until[route] = turn.at + REFUSED_S + answer.failure.retry_after_s
    assert seen[True] > 300
    assert seen[False] > 0 or scenario.name in ("calm", "price change")
