"""Costs are exact where everything is known, lower bounds where it is not, and unknown rather than zero."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.catalog.pricing import VariablePriceSheet, cost
from gate.core.money import UNKNOWN_COST, UNKNOWN_PRICES, Confidence, Price, PriceSheet, SourceType
from gate.core.usage import NOT_REPORTED, Usage

PAGE = "https://vendor.example/prices"


def usd(per_million: float) -> Price:
    return Price(round(per_million * 1_000_000), PAGE, "2026-11-21")


SONNET = PriceSheet(input=usd(3), output=usd(15), cache_read=usd(0.3), cache_write_5m=usd(3.75), cache_write_1h=usd(6))
PLAIN = PriceSheet(input=usd(3), output=usd(15), cache_write_5m=usd(3.75))
TIERED = VariablePriceSheet(
    input=usd(2), output=usd(10), long_above=272_000, long=PriceSheet(input=usd(4), output=usd(15))
)


def test_golden() -> None:
    """Usage {input 3, cache_creation 12304, output 550} at 3 / 3.75 / 15 USD per million: 0.05439 to five places."""
    found = cost(Usage(input=12_307, cache_write=12_304, output=550), PLAIN)
    assert found.pico_usd == 3 * 3_000_000 + 12_304 * 3_750_000 + 550 * 15_000_000 == 54_399_000_000
    assert found.usd == pytest.approx(0.05439, abs=1e-5)
    assert found.confidence is Confidence.EXACT
    assert (found.source, found.source_type) == (PAGE, SourceType.PROVIDER_DOCS)


def test_golden_with_the_split_by_lifetime() -> None:
    usage = Usage(input=12_307, cache_write=12_304, cache_write_5m=12_304, cache_write_1h=0, cache_read=0, output=550)
    assert cost(usage, SONNET) == cost(Usage(input=12_307, cache_write=12_304, output=550), PLAIN)


def test_cache_reads_and_both_lifetimes_have_their_own_rates() -> None:
    usage = Usage(input=1_000, cache_read=500, cache_write=300, cache_write_5m=100, cache_write_1h=200, output=10)
    found = cost(usage, SONNET)
    assert found.pico_usd == 200 * 3_000_000 + 500 * 300_000 + 100 * 3_750_000 + 200 * 6_000_000 + 10 * 15_000_000
    assert found.confidence is Confidence.EXACT


def test_the_split_alone_is_enough() -> None:
    assert cost(Usage(input=10, cache_write_1h=10, output=0), SONNET).pico_usd == 10 * 6_000_000


def test_unsplit_writes_are_a_lower_bound_where_a_dearer_lifetime_exists() -> None:
    found = cost(Usage(input=10, cache_write=10, output=1), SONNET)
    assert found.pico_usd == 10 * 3_750_000 + 15_000_000
    assert found.confidence is Confidence.PARTIAL


def test_unknown_prices_and_unknown_usage_are_unknown_never_zero() -> None:
    assert cost(Usage(input=10, output=10), UNKNOWN_PRICES) == UNKNOWN_COST
    assert cost(Usage(input=0, output=0), UNKNOWN_PRICES) == UNKNOWN_COST
    assert cost(NOT_REPORTED, SONNET) == UNKNOWN_COST


def test_nothing_used_at_known_prices_costs_nothing() -> None:
    found = cost(Usage(input=0, output=0), SONNET)
    assert (found.pico_usd, found.confidence) == (0, Confidence.EXACT)


@pytest.mark.parametrize(
    ("usage", "sheet", "pico"),
    [
        (Usage(input=10), SONNET, 10 * 3_000_000),  # the output is not reported
        (Usage(output=10), SONNET, 10 * 15_000_000),  # the input is not reported
        (Usage(input=10, output=10), PriceSheet(output=usd(15)), 10 * 15_000_000),  # an unknown input price
        (Usage(input=10, output=0, cache_read=4), replace(SONNET, cache_read=None), 6 * 3_000_000),
    ],
)
def test_what_cannot_be_priced_is_left_out(usage: Usage, sheet: PriceSheet, pico: int) -> None:
    found = cost(usage, sheet)
    assert (found.pico_usd, found.confidence) == (pico, Confidence.PARTIAL)


def test_an_unknown_price_of_nothing_does_not_matter() -> None:
    assert (
        cost(Usage(input=10, output=10, cache_read=0), replace(SONNET, cache_read=None)).confidence is Confidence.EXACT
    )


def test_parts_that_exceed_the_whole_are_never_negative() -> None:
    found = cost(Usage(input=5, cache_read=10, output=0), SONNET)
    assert (found.pico_usd, found.confidence) == (10 * 300_000, Confidence.PARTIAL)


def test_a_long_prompt_is_billed_by_the_long_rates_whole() -> None:
    assert cost(Usage(input=272_000, output=1), TIERED).pico_usd == 272_000 * 2_000_000 + 10_000_000
    longer = cost(Usage(input=272_001, output=1), TIERED)
    assert longer.pico_usd == 272_001 * 4_000_000 + 15_000_000
    assert longer.confidence is Confidence.EXACT


def test_a_prompt_of_unknown_length_is_not_sure_of_its_rates() -> None:
    found = cost(Usage(output=1), TIERED)
    assert (found.pico_usd, found.confidence) == (10_000_000, Confidence.PARTIAL)


def test_rates_that_vary_give_lower_bounds() -> None:
    sheet = VariablePriceSheet(input=usd(1), output=usd(2), floor=True)
    found = cost(Usage(input=1, output=1), sheet)
    assert (found.pico_usd, found.confidence) == (3_000_000, Confidence.PARTIAL)
    assert cost(Usage(input=300_000, output=1), replace(TIERED, floor=True)).confidence is Confidence.PARTIAL


COUNTS = st.one_of(st.none(), st.integers(0, 2_000_000))
PRICES = st.one_of(st.none(), st.integers(0, 10**9).map(lambda pico: Price(pico, PAGE, "2026-11-21")))
USAGES = st.builds(Usage, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
SHEETS = st.builds(PriceSheet, PRICES, PRICES, PRICES, PRICES, PRICES)


@given(USAGES, SHEETS)
def test_a_cost_is_never_negative_and_known_only_by_prices(usage: Usage, sheet: PriceSheet) -> None:
    found = cost(usage, sheet)
    assert (found.pico_usd is None) == (found.confidence is Confidence.UNKNOWN)
    if found.pico_usd is not None:
        assert found.pico_usd >= 0
        assert usage.input is not None or usage.output is not None
        assert sheet != UNKNOWN_PRICES


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_exact_costs_add_up(plain: int, read: int, written: int, output: int) -> None:
    usage = Usage(input=plain + read + written, cache_read=read, cache_write_5m=written, output=output)
    found = cost(usage, SONNET)
    assert found.confidence is Confidence.EXACT
    assert found.pico_usd == plain * 3_000_000 + read * 300_000 + written * 3_750_000 + output * 15_000_000
