"""Prices as score."""

from dataclasses import replace

import pytest

from gate.core.money import PriceSheet
from gate.core.route import Billing
from gate.health.snapshot import HEALTHY
from gate.planner.inputs import DEFAULT_POLICY, Policy
from gate.planner.rules.cost import RULE
from tests.planner.rules.seats import seat
from tests.planner.worlds import route, usd

KNOWN = route("anth/m", "a/mid", prices=usd(3, 15))


def test_three_parts_input_one_part_output() -> None:
    assert RULE.term(seat(KNOWN), HEALTHY, DEFAULT_POLICY) == 6.0
    assert RULE.term(seat(KNOWN), HEALTHY, Policy(price=0.5)) == 3.0


def test_unknown_is_not_zero() -> None:
    unknown = replace(KNOWN, prices=PriceSheet())
    assert RULE.term(seat(unknown), HEALTHY, DEFAULT_POLICY) == 1_000.0
    half = replace(KNOWN, prices=PriceSheet(input=KNOWN.prices.input))
    assert RULE.term(seat(half), HEALTHY, DEFAULT_POLICY) == pytest.approx((9 + 1_000) / 4)


def test_free_is_zero() -> None:
    assert RULE.term(seat(replace(KNOWN, billing=Billing.FREE)), HEALTHY, DEFAULT_POLICY) == 0.0
