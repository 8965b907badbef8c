"""Money is exact and unknown is not zero."""

from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, PICO_PER_USD, UNKNOWN_COST, Confidence, Cost


def test_the_two_scales_agree() -> None:
    assert PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION * 1_000_000 == PICO_PER_USD


def test_a_cost_in_usd() -> None:
    assert Cost(54_390_000_000, Confidence.EXACT).usd == 0.05439
    assert UNKNOWN_COST.usd is None
