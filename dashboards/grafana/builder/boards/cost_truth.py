"""Cost truth: how much of the cost is known, whose price it was made with, and how old that price is."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.boards.routes_adaptive import cache_loss
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import EXACT, rate, ratio, total
from gate.telemetry.metrics.catalog import STALE_AFTER_S

_NOTHING = "No billable upstream call in this time range."


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    about = "How far to trust the cost: what is exact, whose price was used, how old it is."
    rows = (_known(kit), _sources(kit), cache_loss(kit), _age(kit), _prices(kit))
    return Board("Cost truth", about, rows, span="now-24h")


def _known(kit: Kit) -> Row:
    calls = "gate_priced_attempts_total"
    colours = {name: color for name, (_, color) in looks.CONFIDENCE.items()}
    return Row(
        "How much of the cost is known?",
        (
            kit.number(
                Text(
                    "Calls with an exact cost",
                    "Share of billable upstream calls whose usage and prices are all known. Below 0.99 the spend is a "
                    "lower bound: the tables below say which routes to price.",
                    _NOTHING,
                ),
                ratio(total(calls, where=EXACT), total(calls)),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.9, looks.WARN), (0.99, looks.GOOD), base=looks.BAD),
            ),
            kit.number(
                Text(
                    "Calls without any cost",
                    "Billable calls of which nothing could be priced: no price of the route, or no usage reported. "
                    "They add nothing to the spend; give the route a price.",
                    _NOTHING,
                ),
                f"{total(calls, where=_UNKNOWN)} or 0 * {total(calls)}",
                unit="none",
                decimals=0,
                limits=looks.steps((1, looks.WARN)),
                none="none",
            ),
            kit.number(
                Text(
                    "Spend that is a lower bound",
                    "USD of this time range from calls of which a part could not be priced. The true cost is higher.",
                    "Nothing was priced in this time range.",
                ),
                f"{total('gate_spend_usd_total', where=_PARTIAL)} or 0 * {total('gate_spend_usd_total')}",
                unit="currencyUSD",
            ),
            kit.number(
                Text(
                    "Routes without a price to rely on",
                    "Routes whose price is not known or was read more than 90 days ago. The table below names them.",
                    "✔ none",
                ),
                'count(max by (provider, route) (gate_route_price_state{state=~"untracked|stale"}) == 1)',
                unit="none",
                limits=looks.steps((1, looks.WARN)),
                none="none",
            ),
            kit.lines(
                Text(
                    "Billable calls per second, by confidence",
                    "exact: every part priced. partial: a lower bound. unknown: nothing priced. When unknown grows, "
                    "see which provider in the panel beside.",
                    _NOTHING,
                ),
                Ask(rate(calls, "confidence"), "{{confidence}}"),
                unit="ops",
                stacked=True,
                colours=colours,
            ),
            kit.lines(
                Text(
                    "Calls with an exact cost, by provider",
                    "Share of each provider's billable calls. A provider at zero reports no usage or has no price: "
                    "see its routes below.",
                    _NOTHING,
                ),
                Ask(ratio(rate(calls, "provider", EXACT), rate(calls, "provider")), "{{provider}}"),
                unit="percentunit",
                top=1,
            ),
        ),
    )


_UNKNOWN = 'confidence="unknown"'
_PARTIAL = 'confidence="partial"'


def _sources(kit: Kit) -> Row:
    return Row(
        "Whose prices was the spend made with?",
        (
            kit.bars(
                Text(
                    "Spend by source of the price",
                    "provider-docs is the vendor's own page; aggregator-offer an intermediary's; manual-review "
                    "somebody's reading. The more from the first, the better.",
                    "Nothing was priced in this time range.",
                ),
                Ask(f"sort_desc({total('gate_spend_usd_total', 'source_type')})", "{{source_type}}"),
                unit="currencyUSD",
            ),
            kit.table(
                Text(
                    "Spend by provider, source and confidence",
                    "Every kind of figure that is in the spend. partial beside a dear provider: find the missing "
                    "price below.",
                    "Nothing was priced in this time range.",
                ),
                {"usd": f"{total('gate_spend_usd_total', 'provider, lane, source_type, confidence')} > 0"},
                {
                    "confidence": Column("Confidence", words=looks.CONFIDENCE),
                    "source_type": Column("Source"),
                    "provider": Column("Provider", link=("Provider", link_to("Providers", provider="${__value.raw}"))),
                    "lane": Column("Lane"),
                    "usd": Column("USD", unit="currencyUSD", bar=True),
                },
                width=16,
                sort="usd",
            ),
        ),
    )


def _age(kit: Kit) -> Row:
    scope = kit.scope("untracked-catalog")
    return Row(
        "Which prices are stale or missing?",
        (
            kit.table(
                Text(
                    scope.title,
                    "Routes whose price cannot be relied on. Untracked: write prices and their source into the "
                    "configuration (docs/how-to/routes.md). Stale: read the page again. Saved scope "
                    "untracked-catalog.",
                    "Every route has a price that was read in the last 90 days.",
                ),
                {"known": scope.promql or ""},
                {
                    "state": Column("State", words=looks.PRICE_STATE),
                    "provider": Column("Provider"),
                    "route": Column("Route"),
                    "known": Column("Gates", unit="none", decimals=0, width=80),
                },
                width=12,
            ),
            kit.lines(
                Text(
                    "Age of the oldest price, by provider",
                    "Time since the oldest price of a provider was read from its source. Above the dashed line (90 "
                    "days) it counts as stale: read the provider's page again.",
                    "No provider has a price with a date.",
                ),
                Ask("max by (provider) (gate_catalog_age_seconds)", "{{provider}}"),
                unit="dtdurations",
                limits=looks.steps((STALE_AFTER_S, looks.WARN)),
            ),
        ),
    )


def _prices(kit: Kit) -> Row:
    def price(kind: str) -> str:
        return f'max by (provider, route, source_type) (gate_route_price_usd{{kind="{kind}"}})'

    kinds = ("input", "output", "cache_read", "cache_write")
    return Row(
        "Which price is used for which route?",
        (
            kit.table(
                Text(
                    "Prices in force",
                    "USD per million tokens, by route, with the kind of page they were read on and the age of the "
                    "oldest. A hole is a price that is not known. Compare with the vendor's page before trusting a "
                    "surprising cost.",
                    "No route has a known price.",
                ),
                {
                    **{kind: price(kind) for kind in kinds},
                    "age": "max by (provider, route, source_type) (gate_route_price_age_seconds)",
                },
                {
                    "provider": Column("Provider"),
                    "route": Column("Route"),
                    "source_type": Column("Source"),
                    "input": Column("Input", unit="currencyUSD", decimals=3),
                    "output": Column("Output", unit="currencyUSD", decimals=3),
                    "cache_read": Column("Cache read", unit="currencyUSD", decimals=3),
                    "cache_write": Column("Cache write", unit="currencyUSD", decimals=3),
                    "age": Column("Oldest read", unit="dtdurations"),
                },
                height=10,
            ),
        ),
    )
