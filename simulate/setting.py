"""The world every scenario starts from: lanes, routes, intents, prices and the traffic of two kinds of clients.

Names and figures are made up; they have the proportions of coding clients on a workhorse lane that three accounts serve
(two of them at the same price, one dearer), with a lesser lane at the same accounts below it. `coding` may go down to
it, `batch` may not.
"""

from collections.abc import Mapping
from dataclasses import replace

from gate.core.dialect import Dialect
from gate.core.intent import Intent, OrderBy
from gate.core.lane import Cluster, Lane
from gate.core.money import PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION, Price, PriceSheet
from gate.core.route import Route
from gate.planner.inputs import ProviderView, World
from simulate.traffic import Stream
from simulate.upstreams import Nature

DIALECT = Dialect.ANTHROPIC_MESSAGES


def usd(reading: float, writing: float) -> PriceSheet:
    """USD per million tokens; a cache is read for a tenth of the input price and written for a quarter more."""

    def price(value: float) -> Price:
        return Price(round(value * PICO_PER_TOKEN_AT_ONE_USD_PER_MILLION), "simulator", "2026-11-21")

    return PriceSheet(price(reading), price(writing), price(reading / 10), price(reading * 1.25))


def route(name: str, lane: str, reading: float, writing: float) -> Route:
    provider, _, model = name.partition("/")
    return Route(
        name,
        provider,
        model,
        lane,
        frozenset({DIALECT}),
        prices=usd(reading, writing),
        quota_group=f"{provider}/default",
    )


LANES = (
    Lane("mid", "mid", Cluster.BALANCED_WORKHORSE, degrade_to=("small",), tool_use=True),
    Lane("small", "small", Cluster.FAST_WORKHORSE, degrade_to=("mini",), tool_use=True),
    Lane("mini", "mini", Cluster.BUDGET_GENERAL),
)
ROUTES = (
    route("alder/mid", "mid", 3.0, 15.0),
    route("birch/mid", "mid", 3.0, 15.0),
    route("market/mid", "mid", 3.3, 16.5),
    route("alder/small", "small", 1.0, 5.0),
    route("birch/small", "small", 1.0, 5.0),
    route("cedar/mini", "mini", 0.2, 0.8),
)
INTENTS = (
    Intent("coding", ("mid",), ("small",), order_by=OrderBy.LISTED, tool_use=True),
    Intent("batch", ("mid",), order_by=OrderBy.LISTED),
    Intent("background", ("small",), ("mini",), order_by=OrderBy.LISTED),
)
MID = tuple(one.id for one in ROUTES if one.lane == "mid")


def world(routes: tuple[Route, ...] = ROUTES, version: str = "sim-1") -> World:
    names = {one.provider for one in routes}
    return World(
        version,
        {lane.name: lane for lane in LANES},
        routes,
        {intent.name: intent for intent in INTENTS},
        {name: ProviderView(name, frozenset({DIALECT})) for name in sorted(names)},
    )


def with_prices(base: World, prices: Mapping[str, PriceSheet], version: str) -> World:
    """The same world after some routes' prices have changed."""
    routes = tuple(replace(one, prices=prices.get(one.id, one.prices)) for one in base.routes)
    return replace(base, version=version, routes=routes)


def lanes_of(where: World, intent: str) -> tuple[tuple[str, ...], ...]:
    """The routes an intent may use, by lane: those of home first, then lane by lane down. Home's are the first ones."""
    found = where.intents[intent]
    lanes = (*found.start, *found.degrade_to)
    return tuple(tuple(one.id for one in where.routes if one.lane == lane) for lane in lanes)


WORLD = world()
NATURES: Mapping[str, Nature] = {
    "alder/mid": Nature(),
    "birch/mid": Nature(first_s=0.8),
    "market/mid": Nature(first_s=1.0),
    "alder/small": Nature(first_s=0.4, tokens_per_s=150),
    "birch/small": Nature(first_s=0.45, tokens_per_s=150),
    "cedar/mini": Nature(first_s=0.3, tokens_per_s=200),
}
STREAMS = (
    Stream("coding", 0.03, turns=12, gap_s=16, first=15_000, grows=1_500, writes=350),
    Stream("batch", 0.25, first=1_500, writes=250),
    Stream("background", 0.15, first=800, writes=60),
)
