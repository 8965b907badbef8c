"""What a usage costs at a price sheet: exact integer arithmetic, and honest about what is not known.

A token whose price is not known is left out and the cost is then `partial`, a lower bound; when nothing at all could be
priced the cost is unknown, never zero.
"""

from dataclasses import dataclass

from gate.core.money import UNKNOWN_COST, Confidence, Cost, Price, PriceSheet
from gate.core.usage import Usage


@dataclass(frozen=True, slots=True)
class VariablePriceSheet(PriceSheet):
    """A price sheet whose rates do not hold for every request.

    long_above, long: a request with more than so many input tokens is billed by `long`, all its tokens (OpenAI's and
    Google's long-context rates, Claude Haiku 5.5). floor: the rates are the lowest of several, and which one applies is
    not visible here (time of day, the vendor an aggregator picks): costs by them are lower bounds.
    """

    long_above: int | None = None
    long: PriceSheet | None = None
    floor: bool = False


def cost(usage: Usage, price: PriceSheet) -> Cost:
    """The cost of one attempt.

    Cache counts that a provider does not report are taken as none: a provider that discounts cached input reports it,
    since the discount is shown that way. Cache writes without a split by lifetime are taken as the 5 minute kind, which
    is the default; where a dearer 1 hour price exists the result is then only a lower bound.
    """
    if usage.input is None and usage.output is None:
        return UNKNOWN_COST
    sheet, sure = _sheet_for(usage, price)
    total, priced = 0, False
    for tokens, rate in _parts(usage, sheet):
        if tokens is None:
            sure = False
        elif rate is None:
            sure = sure and tokens == 0
        else:
            total += tokens * rate.pico_per_token
            priced = True
    if not priced:
        return UNKNOWN_COST
    if not _consistent(usage) or _lifetime_matters(usage, sheet):
        sure = False
    named = sheet.output or sheet.input
    return Cost(
        pico_usd=total,
        confidence=Confidence.EXACT if sure else Confidence.PARTIAL,
        source=named.source if named else None,
        source_type=named.source_type if named else None,
    )


def sheet_at(price: PriceSheet, input_tokens: int) -> PriceSheet:
    """The rates that apply to a request with so many input tokens."""
    if not isinstance(price, VariablePriceSheet):
        return price
    return _sheet_for(Usage(input=input_tokens), price)[0]


def _sheet_for(usage: Usage, price: PriceSheet) -> tuple[PriceSheet, bool]:
    """The rates that apply, and whether it is sure that they do."""
    if not isinstance(price, VariablePriceSheet):
        return price, True
    if price.long_above is None or price.long is None:
        return price, not price.floor
    if usage.input is None:
        return price, False
    return (price.long if usage.input > price.long_above else price), not price.floor


def _parts(usage: Usage, sheet: PriceSheet) -> list[tuple[int | None, Price | None]]:
    """Counts of tokens with their rates. Plain input is what is neither read from nor written to a cache."""
    read, written = usage.cache_read or 0, _written(usage)
    long_lived = usage.cache_write_1h or 0
    plain = None if usage.input is None else max(0, usage.input - read - written)
    return [
        (plain, sheet.input),
        (usage.output, sheet.output),
        (read, sheet.cache_read),
        (written - long_lived, sheet.cache_write_5m),
        (long_lived, sheet.cache_write_1h),
    ]


def _written(usage: Usage) -> int:
    return max(usage.cache_write or 0, (usage.cache_write_5m or 0) + (usage.cache_write_1h or 0))


def _consistent(usage: Usage) -> bool:
    """Parts that are more than the whole mean that one of the counts is not what it seems."""
    return usage.input is None or (usage.cache_read or 0) + _written(usage) <= usage.input


def _lifetime_matters(usage: Usage, sheet: PriceSheet) -> bool:
    unsplit = _written(usage) - (usage.cache_write_5m or 0) - (usage.cache_write_1h or 0)
    return unsplit > 0 and sheet.cache_write_1h is not None
