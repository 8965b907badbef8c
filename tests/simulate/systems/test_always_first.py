"""Always the first route, on traces worked out by hand.

The home of `coding` is alder, birch, market; below it are alder and birch on the lane `small`."""

from gate.core.failure import FailureKind
from simulate.systems.always_first import SYSTEM
from tests.simulate.stages import CUT, DOWN, LIMITED, SERVED, Hand, failed


def test_the_first_one_every_time() -> None:
    hand = Hand(SYSTEM)
    assert hand.walk([SERVED]) == ["alder/mid"]
    assert hand.walk([SERVED]) == ["alder/mid"]


def test_the_next_one_when_it_fails_down_to_the_last_lane_without_pauses() -> None:
    walked = Hand(SYSTEM).walk([DOWN, LIMITED, DOWN, DOWN, SERVED])
    assert walked == ["alder/mid", "birch/mid", "market/mid", "alder/small", "birch/small"]


def test_it_learns_nothing() -> None:
    hand = Hand(SYSTEM)
    for _ in range(20):
        assert hand.walk([DOWN, SERVED]) == ["alder/mid", "birch/mid"]


def test_it_ends_with_the_list() -> None:
    assert len(Hand(SYSTEM).walk([DOWN] * 5)) == 5


def test_what_broke_off_or_is_the_requests_own_fault_is_not_tried_elsewhere() -> None:
    assert Hand(SYSTEM).walk([CUT]) == ["alder/mid"]
    assert Hand(SYSTEM).walk([failed(FailureKind.INVALID_REQUEST, 400)]) == ["alder/mid"]
