"""Efforts a provider does not take become the nearest it does."""

import pytest

from gate.protocols.canonical.request import Effort
from gate.protocols.efforts import nearest_effort

WORDS = [effort.value for effort in Effort]


@pytest.mark.parametrize(
    ("taken", "becomes"),
    [
        ((), WORDS),
        (("low", "medium", "high"), ["low", "low", "low", "medium", "high", "high", "high"]),
        (("low", "high", "max"), ["low", "low", "low", "low", "high", "high", "max"]),
        (("none", "high"), ["none", "high", "high", "high", "high", "high", "high"]),
        (("none",), ["none"] * 7),
    ],
)
def test_the_nearest_and_of_two_the_weaker(taken: tuple[str, ...], becomes: list[str]) -> None:
    assert [nearest_effort(effort, taken).value for effort in Effort] == becomes
