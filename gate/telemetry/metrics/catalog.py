"""What the configuration in force says of its routes, as gauges: facts, prices, how old the prices are.

Facts and prices are set when a configuration comes into force and replace those of the one before; ages and states move
with time alone and are set again by `aged`. A price that is not known has no series, one without a date no age.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from gate.core.lane import Lane
from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price, PriceSheet
from gate.core.route import Route
from gate.telemetry.metrics.bounds import Bounds
from gate.telemetry.metrics.instruments import GaugeChild, Instruments

STALE_AFTER_S = 90 * 86_400
"""A price that was read longer ago is stale; the registry's help texts name the 90 days."""
_UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class _Dated:
    """A route whose prices have a date. read_s: when the oldest was read, seconds since 1970. priced: input and output
    are known, so that its state moves with time."""

    read_s: float
    age: GaugeChild
    priced: bool
    tracked: GaugeChild
    stale: GaugeChild


class CatalogGauges:
    """`gate.route`, the `gate.route_price.*` gauges and `gate.catalog.age` of one worker."""

    def __init__(self, instruments: Instruments, bounds: Bounds) -> None:
        """bounds: the recorder's, which know the names of the configuration."""
        self._bounds = bounds
        self._facts = instruments.gauge("gate.route")
        self._usd = instruments.gauge("gate.route_price.usd")
        self._age = instruments.gauge("gate.route_price.age")
        self._state = instruments.gauge("gate.route_price.state")
        self._catalog_age = instruments.gauge("gate.catalog.age")
        self._dated: list[_Dated] = []
        self._oldest: dict[str, float] = {}

    def configured(self, routes: Iterable[Route], lanes: Mapping[str, Lane], now_s: float) -> None:
        """A configuration came into force. now_s: seconds since 1970."""
        for family in (self._facts, self._usd, self._age, self._state, self._catalog_age):
            family.remove_all()
        self._dated, self._oldest = [], {}
        for route in routes:
            provider = self._bounds["gate.provider"](route.provider)
            place = provider, self._bounds["gate.route"](route.id)
            lane = lanes.get(route.lane)
            family = _UNKNOWN if lane is None else self._bounds["gate.lane_family"](lane.family or _UNKNOWN)
            cluster = _UNKNOWN if lane is None else lane.cluster.value
            facts = family, cluster, route.billing.value, route.type.value
            labels = provider, self._bounds["gate.lane"](route.lane), place[1], *facts
            self._facts.labels(*labels).set(1.0)
            for kind, price in _prices(route.prices):
                usd = price.pico_per_token / PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION
                self._usd.labels(*place, kind, price.source_type.value).set(usd)
            self._price_state(place, route.prices)
        self.aged(now_s)

    def aged(self, now_s: float) -> None:
        """Set what moves with time alone. now_s: seconds since 1970."""
        for dated in self._dated:
            old = max(0.0, now_s - dated.read_s)
            dated.age.set(old)
            if dated.priced:
                dated.tracked.set(float(old <= STALE_AFTER_S))
                dated.stale.set(float(old > STALE_AFTER_S))
        for provider, read_s in self._oldest.items():
            self._catalog_age.labels(provider).set(max(0.0, now_s - read_s))

    def _price_state(self, place: tuple[str, str], sheet: PriceSheet) -> None:
        tracked, stale, untracked = (self._state.labels(*place, state) for state in ("tracked", "stale", "untracked"))
        priced = sheet.input is not None and sheet.output is not None
        tracked.set(float(priced))
        stale.set(0.0)
        untracked.set(float(not priced))
        oldest = min(_dates(sheet), default=None)
        if oldest is not None:
            read_s, source_type = oldest
            self._dated.append(_Dated(read_s, self._age.labels(*place, source_type), priced, tracked, stale))
            provider = place[0]
            self._oldest[provider] = min(read_s, self._oldest.get(provider, read_s))


def _prices(sheet: PriceSheet) -> Iterator[tuple[str, Price]]:
    """The known ones. A cache is written for five minutes unless a client asks for more: that is the price shown."""
    kinds = {
        "input": sheet.input,
        "output": sheet.output,
        "cache_read": sheet.cache_read,
        "cache_write": sheet.cache_write_5m,
    }
    return ((kind, price) for kind, price in kinds.items() if price is not None)


def _dates(sheet: PriceSheet) -> Iterator[tuple[float, str]]:
    """When each price was read (seconds since 1970, the day's beginning in UTC), with the type of its source."""
    for _, price in _prices(sheet):
        if price.retrieved:
            yield datetime.fromisoformat(price.retrieved).replace(tzinfo=UTC).timestamp(), price.source_type.value
