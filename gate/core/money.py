"""Money and prices, exact: integers of pico-USD (1e-12 USD), so that 0.0028 USD per million tokens is a whole number.

1 USD per million tokens = 1e-6 USD per token = 1_000_000 pico-USD per token.
"""

from dataclasses import dataclass
from enum import StrEnum

PICO_PER_USD = 1_000_000_000_000
PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION = 1_000_000


class Confidence(StrEnum):
    """How far a cost can be trusted: `exact` = every used count and price known; `partial` = a lower bound."""

    EXACT = "exact"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


class SourceType(StrEnum):
    """Where a price was found (mission.md, cost truth)."""

    PROVIDER_DOCS = "provider-docs"
    AGGREGATOR_OFFER = "aggregator-offer"
    MANUAL_REVIEW = "manual-review"
    OBSERVED_USAGE = "observed-usage"


@dataclass(frozen=True, slots=True)
class Price:
    """One price in pico-USD per token with the page it was read on. `retrieved`: ISO date of the reading."""

    pico_per_token: int
    source: str
    retrieved: str
    source_type: SourceType = SourceType.PROVIDER_DOCS


@dataclass(frozen=True, slots=True)
class PriceSheet:
    """The prices of one route; None = not known (never zero)."""

    input: Price | None = None
    output: Price | None = None
    cache_read: Price | None = None
    cache_write_5m: Price | None = None
    cache_write_1h: Price | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What an attempt cost. pico_usd is None when nothing is known. source: page of the output price, if any."""

    pico_usd: int | None
    confidence: Confidence
    source: str | None = None
    source_type: SourceType | None = None

    @property
    def usd(self) -> float | None:
        return None if self.pico_usd is None else self.pico_usd / PICO_PER_USD


UNKNOWN_COST = Cost(None, Confidence.UNKNOWN)
UNKNOWN_PRICES = PriceSheet()
