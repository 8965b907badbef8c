"""Gate in the simulator is Gate: what it calls is what its planner, health and walk say."""

from dataclasses import replace

from gate.core.failure import FailureKind
from simulate.system import Call
from simulate.systems.gate import SYSTEM, features
from tests.simulate.stages import CUT, DOWN, SERVED, TURN, Hand, failed


def opened(hand: Hand) -> None:
    """All routes of the lane fail until their breakers open."""
    for number in range(5):
        hand.always(DOWN, replace(TURN, id=number, at=hand.stage.now))


def test_the_first_choice_then_the_same_lane_then_the_lane_below() -> None:
    walked = Hand(SYSTEM).walk([DOWN, DOWN, DOWN, SERVED])
    assert walked == ["alder/mid", "birch/mid", "market/mid", "alder/small"]


def test_routes_that_failed_five_times_in_a_row_are_left_alone() -> None:
    hand = Hand(SYSTEM)
    opened(hand)
    (first,) = hand.walk([SERVED], replace(TURN, id=9, at=hand.stage.now))
    assert str(first).endswith("/small"), "the whole lane is"


def test_a_rate_limit_with_retry_after_is_left_alone_until_then() -> None:
    hand = Hand(SYSTEM)
    told = failed(FailureKind.RATE_LIMITED, 429, wait=30.0)
    assert hand.walk([told, SERVED]) == ["alder/mid", "birch/mid"]
    assert hand.walk([SERVED], replace(TURN, id=8, at=hand.stage.now)) == ["birch/mid"]


def test_a_stream_that_broke_off_is_not_walked_on() -> None:
    assert Hand(SYSTEM).walk([CUT]) == ["alder/mid"]


def test_the_first_call_after_the_open_time_is_a_probe() -> None:
    hand = Hand(SYSTEM)
    opened(hand)
    hand.stage.now += 1_000.0
    walk = hand.system.walk(replace(TURN, id=10, at=hand.stage.now))
    step = next(walk)
    assert isinstance(step, Call) and (step.route, step.probe) == ("alder/mid", True)


def test_features_of_a_turn() -> None:
    session = features(replace(TURN, session=4, context=500, fresh=20))
    assert (session.model, session.token_estimate, session.sticky_key) == ("coding", 520, "session-4")
    single = features(TURN)
    assert (single.sticky_key, single.session.id, single.tools) == (None, None, False)
