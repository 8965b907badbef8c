"""Round robin, on traces worked out by hand."""

from dataclasses import replace

from simulate.systems.round_robin import SYSTEM, turned
from tests.simulate.stages import DOWN, SERVED, TURN, Hand


def test_each_in_turn() -> None:
    hand = Hand(SYSTEM)
    walked = [hand.walk([SERVED])[0] for _ in range(4)]
    assert walked == ["alder/mid", "birch/mid", "market/mid", "alder/mid"]


def test_the_next_one_of_the_lane_when_one_fails_then_the_lane_below() -> None:
    hand = Hand(SYSTEM)
    hand.walk([SERVED])
    assert hand.walk([DOWN, SERVED]) == ["birch/mid", "market/mid"]
    assert hand.walk([DOWN, DOWN, DOWN, SERVED]) == ["market/mid", "alder/mid", "birch/mid", "alder/small"]
    assert hand.walk([SERVED]) == ["alder/mid"], "a failure does not change whose turn it is"


def test_every_intent_has_its_own_turn() -> None:
    hand = Hand(SYSTEM)
    assert hand.walk([SERVED]) == ["alder/mid"]
    assert hand.walk([SERVED], replace(TURN, intent="background")) == ["alder/small"]
    assert hand.walk([SERVED]) == ["birch/mid"]


def test_turned() -> None:
    assert [turned(("a", "b", "c"), by) for by in (0, 1, 5)] == [("a", "b", "c"), ("b", "c", "a"), ("c", "a", "b")]
