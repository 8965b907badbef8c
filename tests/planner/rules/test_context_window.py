"""Plainly too long for the window."""

from dataclasses import replace
from typing import Any

import pytest

from gate.core.dialect import Operation
from gate.core.intent import Resolution, ResolvedBy
from gate.planner.rules.context_window import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import route

SMALL = seat(route("anth/m", "a/mid", context_window=8_000))


def test_too_long() -> None:
    text = "about 8001 input tokens do not fit a context window of 8000"
    assert limit(RULE, SMALL, ask(token_estimate=8_001)) == text
    assert limit(RULE, SMALL, ask(token_estimate=8_000)) is None
    assert limit(RULE, seat(), ask(token_estimate=10**9)) is None, "an unknown window is no bound"
    assert RULE.pressure, "the size is an estimate"


def test_what_was_learned_of_the_model_counts() -> None:
    wordy = replace(ask(token_estimate=6_000), token_ratio={"m": 1.5}.__getitem__)
    assert limit(RULE, SMALL, wordy) == "about 9000 input tokens do not fit a context window of 8000"
    terse = replace(ask(token_estimate=9_000), token_ratio={"m": 0.8}.__getitem__)
    assert limit(RULE, SMALL, terse) is None


@pytest.mark.parametrize("features", [{"images": True}, {"operation": Operation.COUNT_TOKENS}])
def test_where_the_estimate_means_nothing(features: dict[str, Any]) -> None:
    assert limit(RULE, SMALL, ask(token_estimate=9_000, **features)) is None


def test_an_explicit_target_is_honoured() -> None:
    explicit = Resolution("anth/m", ResolvedBy.PROVIDER_PREFIX, "anth/m", provider="anth", model="m")
    assert limit(RULE, SMALL, ask(intent=None, resolution=explicit, token_estimate=9_000)) is None
