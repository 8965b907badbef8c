"""The gauges of a configuration's routes: facts, prices, ages, states; replaced by the next configuration."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gate.core.dialect import Dialect
from gate.core.lane import Cluster, Lane
from gate.core.money import Price, PriceSheet, SourceType
from gate.core.route import Billing, Route
from gate.telemetry.metrics.catalog import STALE_AFTER_S, CatalogGauges
from gate.telemetry.metrics.expose import collect
from gate.telemetry.metrics.instruments import Instruments
from gate.telemetry.metrics.record import Recorder
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load

READ = "2026-03-01"
READ_S = datetime(2026, 3, 1, tzinfo=UTC).timestamp()
LANES = {"a/sonnet": Lane("a/sonnet", "sonnet", Cluster.QUALITY_WORKHORSE)}


def priced(usd: float, kind: SourceType = SourceType.PROVIDER_DOCS, read: str = READ) -> Price:
    return Price(round(usd * 1_000_000), "https://example.com/prices", read, kind)


ROUTE = Route(
    "a/one",
    "a",
    "one",
    "a/sonnet",
    frozenset({Dialect.ANTHROPIC_MESSAGES}),
    prices=PriceSheet(
        priced(3),
        priced(15),
        priced(0.3, SourceType.AGGREGATOR_OFFER, "2026-02-01"),
        priced(3.75),
        priced(6),
    ),
)
PLACE = {"provider": "a", "route": "a/one"}


class Gauges:
    def __init__(self, directory: Path) -> None:
        self._directory = directory
        instruments = Instruments(load(), MetricsStore(directory, 0, 0))
        self._recorder = Recorder(instruments)
        self.catalog = CatalogGauges(instruments, self._recorder.bounds)

    def configure(self, *routes: Route, now_s: float = READ_S) -> None:
        names = {
            "lanes": {route.lane for route in routes},
            "families": {"sonnet"},
            "routes": {route.id for route in routes},
            "providers": {route.provider for route in routes},
        }
        self._recorder.configured("v1", names)
        self.catalog.configured(routes, LANES, now_s)

    def series(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        found = [sample for family in collect(self._directory) for sample in family.samples if sample.name == name]
        return [(sample.labels, sample.value) for sample in found]

    def state(self) -> str:
        (found,) = [labels["state"] for labels, value in self.series("gate_route_price_state") if value]
        return found


@pytest.fixture
def gauges(tmp_path: Path) -> Gauges:
    return Gauges(tmp_path)


def test_a_route_and_what_is_known_of_it(gauges: Gauges) -> None:
    gauges.configure(ROUTE)
    facts = {"lane": "a/sonnet", "lane_family": "sonnet", "cluster": "quality-workhorse", "billing": "metered"}
    facts["route_type"] = "direct"
    assert gauges.series("gate_route_info") == [({**PLACE, **facts}, 1.0)]


def test_what_is_not_known_of_a_route_says_so(gauges: Gauges) -> None:
    gauges.configure(replace(ROUTE, lane="a/other", billing=Billing.UNKNOWN))
    ((labels, _),) = gauges.series("gate_route_info")
    assert (labels["lane_family"], labels["cluster"], labels["billing"]) == ("unknown", "unknown", "unknown")


def test_prices_in_usd_per_million_tokens(gauges: Gauges) -> None:
    gauges.configure(ROUTE)
    shown = {labels["kind"]: (labels["source_type"], usd) for labels, usd in gauges.series("gate_route_price_usd")}
    assert shown == {
        "input": ("provider-docs", 3.0),
        "output": ("provider-docs", 15.0),
        "cache_read": ("aggregator-offer", 0.3),
        "cache_write": ("provider-docs", 3.75),
    }


def test_an_unknown_price_has_no_series(gauges: Gauges) -> None:
    gauges.configure(replace(ROUTE, prices=PriceSheet(input=priced(3))))
    assert [labels["kind"] for labels, _ in gauges.series("gate_route_price_usd")] == ["input"]
    assert gauges.state() == "untracked"
    gauges.catalog.aged(READ_S + 2 * STALE_AFTER_S)
    assert gauges.state() == "untracked"


def test_the_oldest_price_is_the_age(gauges: Gauges) -> None:
    gauges.configure(ROUTE, now_s=READ_S)
    days = 28  # from 1 February to 1 March
    assert gauges.series("gate_route_price_age_seconds") == [
        ({**PLACE, "source_type": "aggregator-offer"}, days * 86_400.0)
    ]
    newer = replace(ROUTE, id="a/two", prices=PriceSheet(priced(1), priced(2)))
    gauges.configure(ROUTE, newer, now_s=READ_S)
    assert gauges.series("gate_catalog_age_seconds") == [({"provider": "a"}, days * 86_400.0)]


def test_prices_become_stale_with_time(gauges: Gauges) -> None:
    gauges.configure(replace(ROUTE, prices=PriceSheet(priced(3), priced(15))))
    assert gauges.state() == "tracked"
    gauges.catalog.aged(READ_S + STALE_AFTER_S)
    assert gauges.state() == "tracked"
    gauges.catalog.aged(READ_S + STALE_AFTER_S + 1)
    assert gauges.state() == "stale"


def test_a_price_without_a_date_has_no_age_and_is_tracked(gauges: Gauges) -> None:
    own = PriceSheet(priced(1, SourceType.MANUAL_REVIEW, ""), priced(2, SourceType.MANUAL_REVIEW, ""))
    gauges.configure(replace(ROUTE, prices=own))
    gauges.catalog.aged(READ_S + 2 * STALE_AFTER_S)
    assert gauges.state() == "tracked"
    assert gauges.series("gate_route_price_age_seconds") == []
    assert gauges.series("gate_catalog_age_seconds") == []


def test_a_reload_replaces_everything(gauges: Gauges) -> None:
    gauges.configure(ROUTE)
    cheaper = PriceSheet(priced(2), priced(10))
    gauges.configure(replace(ROUTE, id="b/one", provider="b", prices=cheaper))
    for name in ("gate_route_info", "gate_route_price_usd", "gate_route_price_age_seconds", "gate_route_price_state"):
        assert {labels["route"] for labels, _ in gauges.series(name)} == {"b/one"}
    assert {labels["provider"] for labels, _ in gauges.series("gate_catalog_age_seconds")} == {"b"}
    assert {labels["kind"] for labels, _ in gauges.series("gate_route_price_usd")} == {"input", "output"}


def test_the_registry_names_the_days() -> None:
    days = f"{STALE_AFTER_S // 86_400} days"
    assert days in load().metrics["gate.route_price.state"].help
    assert days in load().attributes["gate.price.state"].help
