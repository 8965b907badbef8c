"""The judge itself: without a Gate in between every scenario holds, and a difference at either end is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.harness.says import Says
from tests.harness.upstream import Upstream
from tests.interop import scenarios
from tests.interop.matrix import CLIENTS, KEY, PROVIDERS, run
from tests.interop.neutral import Ask
from tests.interop.trial import Differs, Place, Trial

ASK = Ask(prompt=(("text", "x"),), system="Be brief.")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def straight(upstream: Upstream, dialect: str, stream: bool) -> Place:
    """The client's own SDK on an upstream of its own dialect."""
    model = PROVIDERS[dialect][1]
    return Place(
        dialect, dialect, stream, upstream, lambda ask: CLIENTS[dialect](upstream.url, KEY, model, ask), lambda _: []
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("dialect", CLIENTS)
@pytest.mark.parametrize("scenario", [name for name in scenarios.SCENARIOS if name != "death"])  # no error without Gate
def test_every_scenario_holds_without_a_gate(upstream: Upstream, dialect: str, stream: bool, scenario: str) -> None:
    cell = run(straight(upstream, dialect, stream), scenario)
    assert cell.problem is None


@pytest.mark.parametrize("dialect", CLIENTS)
def test_a_difference_at_either_end_is_seen(upstream: Upstream, dialect: str) -> None:
    place = straight(upstream, dialect, False)
    for wrong in (
        replace(ASK, system="Be long."),
        replace(ASK, prompt=(("text", "y"),)),
        replace(ASK, tools=(scenarios.LIST,)),
        replace(ASK, max_tokens=7),
    ):
        trial = Trial(place, ASK)
        trial.ask = wrong
        trial._turns[-1] = ("user", list(wrong.prompt))
        with pytest.raises(Differs):
            trial.turn(Says(text="x"))
        trial.conversation.close()
    trial = Trial(place, ASK)
    told, _ = trial.exchange(Says(text="x"))
    for other in (Says(text="y"), Says(text="x", stop="length"), Says(text="x", calls=(scenarios.SECOND,))):
        with pytest.raises(Differs):
            trial._check_told(told, other)
    with pytest.raises(Differs):
        trial._check_told(replace(told, counts=replace(told.counts, cached=1)), Says(text="x"))
    trial._check_told(told, Says(text="x"))
    trial.conversation.close()
