"""Routes: concrete ways to reach a lane."""

from dataclasses import dataclass, field
from enum import StrEnum

from gate.core.dialect import Dialect
from gate.core.money import UNKNOWN_PRICES, PriceSheet


class RouteType(StrEnum):
    DIRECT = "direct"
    AGGREGATOR = "aggregator"
    WALLET_ROUTER = "wallet-router"
    LOCAL = "local"


class Billing(StrEnum):
    METERED = "metered"
    SUBSCRIPTION = "subscription"
    FREE = "free"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the upstream model can do. None = not known: not a reason to exclude it, and shown as unknown."""

    tools: bool | None = None
    images: bool | None = None
    thinking: bool | None = None
    streaming: bool | None = None
    json_schema: bool | None = None


UNKNOWN_CAPABILITIES = Capabilities()


@dataclass(frozen=True, slots=True)
class Route:
    """provider x upstream model x account x region.

    id: unique, stable, `provider/model` by default. model: the name sent upstream. quota_group: routes that share an
    upstream account's limits. shared_limits: its rate limits are common to the whole group, not the model's own.
    priority: lower first (strategy `priority`). weight: share of the traffic (strategy `weighted`). context_window,
    max_output_tokens: tokens. max_in_flight: at most so many attempts at once from this worker, None = no bound.
    """

    id: str
    provider: str
    model: str
    lane: str
    dialects: frozenset[Dialect]
    type: RouteType = RouteType.DIRECT
    billing: Billing = Billing.METERED
    account: str = "default"
    region: str | None = None
    quota_group: str = ""
    priority: int = 0
    weight: float = 1.0
    shared_limits: bool = False
    context_window: int | None = None
    max_output_tokens: int | None = None
    capabilities: Capabilities = UNKNOWN_CAPABILITIES
    prices: PriceSheet = field(default=UNKNOWN_PRICES)
    max_in_flight: int | None = None
