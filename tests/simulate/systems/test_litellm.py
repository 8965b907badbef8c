"""LiteLLM's documented behaviour, on traces worked out by hand from its documentation.

`coding` is a model group of three deployments with a fallback group of two, `background` one of two with a fallback of
one. The shuffle is chance, so these tests look at what it may pick from, not at which one it picks.
"""

from collections import Counter
from dataclasses import replace

import pytest

from gate.core.failure import Failure, FailureKind
from simulate.systems.litellm import SYSTEM, Cooldowns
from tests.simulate.stages import CUT, DOWN, LIMITED, SERVED, TURN, Hand, failed

MID = {"alder/mid", "birch/mid", "market/mid"}
SMALL = {"alder/small", "birch/small"}
BACKGROUND = replace(TURN, intent="background")
LIMIT = Failure(FailureKind.RATE_LIMITED, status=429)
ERROR = Failure(FailureKind.SERVER_ERROR, status=500)


def test_a_shuffle_picks_every_deployment_about_as_often() -> None:
    hand = Hand(SYSTEM)
    picked = Counter(hand.walk([SERVED], replace(TURN, id=number))[0] for number in range(900))
    assert set(picked) == MID
    assert all(240 < count < 360 for count in picked.values())


def test_two_retries_at_once_on_deployments_that_did_not_fail_yet_then_the_fallback_group() -> None:
    walked = Hand(SYSTEM).walk([DOWN, DOWN, DOWN, DOWN, SERVED])
    assert set(walked[:3]) == MID, "num_retries = 2, each elsewhere, without a pause"
    assert set(walked[3:]) == SMALL


def test_a_group_of_one_is_retried_after_pauses_that_double() -> None:
    walked = Hand(SYSTEM).walk([DOWN, DOWN, DOWN, DOWN, DOWN, DOWN], BACKGROUND)
    assert set(walked[:3]) == SMALL, "two deployments, three calls"
    lone, first, again, second, last = walked[3:]
    assert (lone, again, last) == ("cedar/mini",) * 3
    assert isinstance(first, float) and 0.375 <= first <= 0.5
    assert isinstance(second, float) and 0.75 <= second <= 1.0


def test_a_group_of_one_is_retried_when_it_said_so() -> None:
    told = failed(FailureKind.RATE_LIMITED, 429, wait=7.0)
    walked = Hand(SYSTEM).walk([DOWN, DOWN, DOWN, told, SERVED], BACKGROUND)
    assert walked[3:] == ["cedar/mini", 7.0, "cedar/mini"]


def test_a_rate_limit_cools_a_deployment_down_for_five_seconds() -> None:
    hand = Hand(SYSTEM)
    limited = hand.walk([LIMITED, SERVED])[0]
    over = 0.2 + 5.0
    while hand.stage.now < over - 2.0:
        assert hand.walk([SERVED], replace(TURN, id=int(hand.stage.now * 10)))[0] != limited
    hand.stage.now = over
    assert limited in {hand.walk([SERVED], replace(TURN, id=number))[0] for number in range(30)}


def test_all_cooling_down_goes_to_the_fallback_group_without_a_call() -> None:
    hand = Hand(SYSTEM)
    assert set(hand.walk([LIMITED, LIMITED, LIMITED, SERVED])[:3]) == MID
    (only,) = hand.walk([SERVED])
    assert only in SMALL


def test_a_status_that_is_not_retried_goes_to_the_fallback_group_and_cools_down() -> None:
    hand = Hand(SYSTEM)
    refused, fallback = hand.walk([failed(FailureKind.INVALID_AUTH, 401), SERVED])
    assert refused in MID and fallback in SMALL
    assert refused not in {hand.walk([SERVED], replace(TURN, id=number))[0] for number in range(2)}


def test_what_broke_off_is_not_retried() -> None:
    assert len(Hand(SYSTEM).walk([CUT])) == 1


@pytest.mark.parametrize(
    ("failure", "good", "bad", "alone", "cools"),
    [
        (LIMIT, 100, 1, False, True),  # a 429 at once
        (LIMIT, 0, 1, True, False),  # but not the only deployment
        (ERROR, 0, 1, False, False),  # one failure of one call
        (ERROR, 0, 4, False, False),  # fewer than five calls
        (ERROR, 2, 3, False, True),  # three of five
        (ERROR, 3, 3, False, False),  # half is not more than half
        (ERROR, 0, 5, True, False),  # the only deployment is spared
        (ERROR, 0, 1_000, True, True),  # until a thousand calls of a minute all failed
        (ERROR, 1, 1_000, True, False),
        (Failure(FailureKind.INVALID_AUTH, status=401), 9, 1, False, True),
        (Failure(FailureKind.MODEL_UNAVAILABLE, status=404), 9, 1, True, True),
        (Failure(FailureKind.INVALID_REQUEST, status=400), 0, 9, False, False),
        (Failure(FailureKind.CONNECT_ERROR), 0, 9, False, False),  # no status: never
        (Failure(FailureKind.CONNECT_TIMEOUT), 0, 9, False, True),  # a timeout is a 408
    ],
)
def test_what_cools_down(failure: Failure, good: int, bad: int, alone: bool, cools: bool) -> None:
    cooldowns = Cooldowns()
    for _ in range(good):
        cooldowns.ended("a", None, alone, 1.0)
    for number in range(bad):
        assert not cooldowns.cooling("a", 1.0) or number >= 5 or cools
        cooldowns.ended("a", failure, alone, 1.0)
    assert cooldowns.cooling("a", 5.9) is cools
    assert not cooldowns.cooling("a", 6.0)


def test_failures_are_counted_by_the_minute() -> None:
    cooldowns = Cooldowns()
    for at in (55.0, 56.0, 57.0, 61.0, 62.0):
        cooldowns.ended("a", ERROR, False, at)
    assert not cooldowns.cooling("a", 62.1), "three in one minute and two in the next"


def test_retry_after_is_how_long_it_cools_down() -> None:
    cooldowns = Cooldowns()
    cooldowns.ended("a", replace(LIMIT, retry_after_s=42.0), False, 1.0)
    assert cooldowns.cooling("a", 42.9) and not cooldowns.cooling("a", 43.0)
