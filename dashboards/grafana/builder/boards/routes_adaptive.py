"""Rows of the Routes dashboard: do sessions stay where their cache is, do rules and policy decide as they should."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import Row, link_to
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import rate, ratio, total

_KNOWN = 'result=~"kept|moved"'
_STICKINESS = {"new": looks.GREY, "kept": looks.BLUE, "moved": looks.ORANGE}
_AGREEMENT = {"same": looks.BLUE, "route": looks.SKY, "lane": looks.ORANGE, "none": looks.VERMILLION}
_HEDGES = {"won": looks.BLUE, "lost": looks.ORANGE}


def sessions(kit: Kit) -> Row:
    scope, sticky = kit.scope("moved-sessions"), "gate_sticky_requests_total"
    return Row(
        "Do sessions stay where their cache is?",
        (
            kit.number(
                Text(
                    "Stayed on their route",
                    "Share of the requests of known sessions that were planned on the session's own route first. Below "
                    "0.9: routes go in and out of pressure, see Providers; the table below says what it costs.",
                    "No request of a known session in this time range.",
                ),
                ratio(total(sticky, where='result="kept"'), total(sticky, where=_KNOWN)),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.7, looks.WARN), (0.9, looks.GOOD), base=looks.BAD),
                height=6,
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} Their traces are on Requests. Saved scope moved-sessions.",
                    "No request of the last hour belonged to a session.",
                ),
                {"requests": scope.promql or ""},
                {
                    "result": Column("Its own route"),
                    "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
                },
                width=6,
                height=6,
            ),
            kit.lines(
                Text(
                    "USD per hour lost with caches left behind, by lane",
                    "What served attempts cost more because the prompt cache of their session was elsewhere, as "
                    "estimated beforehand. Cost truth has the sum. Click a dot for a trace.",
                    "No session lost a cache in this time range.",
                ),
                Ask(f"3600 * {rate('gate_cache_loss_usd_total', 'lane')}", "{{lane}}", exemplars=True),
                unit="currencyUSD",
                height=6,
            ),
            kit.lines(
                Text(
                    "Requests of sessions per second, by what became of their route",
                    "new: not known yet. kept: its own route came first. moved: its own route was out or under "
                    "pressure. moved that grows: see the next panel. Click a dot for a trace.",
                    "No request of this time range belonged to a session.",
                ),
                Ask(rate(sticky, "result"), "{{result}}", exemplars=True),
                unit="reqps",
                stacked=True,
                colours=_STICKINESS,
            ),
            kit.lines(
                Text(
                    "Routes that wait for a limit, by lane",
                    "Routes that were told to wait (rate_limited) or whose account is used up (quota_limited), counted "
                    "once a worker. A lane whose every route waits sends its requests elsewhere: add an account.",
                    "No route has been reported: Gate has just started or is not scraped.",
                ),
                Ask(
                    'sum by (lane, state) (gate_route_readiness{state=~"rate_limited|quota_limited"})',
                    "{{lane}} {{state}}",
                ),
                unit="none",
            ),
        ),
    )


def policy(kit: Kit) -> Row:
    rules, shadow, plans = kit.scope("rules-fired"), kit.scope("shadow-disagreement"), "gate_shadow_plans_total"
    return Row(
        "Do rules, the candidate policy and hedges do what they should?",
        (
            kit.table(
                Text(
                    rules.title,
                    f"{rules.about} A rule that should fire and is missing: `gate route test` says why it did not. "
                    "Saved scope rules-fired.",
                    "No rule decided a request of the last hour.",
                ),
                {"requests": rules.promql or ""},
                {
                    "rule": Column("Rule"),
                    "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
                },
                width=8,
                sort="requests",
            ),
            kit.number(
                Text(
                    "The candidate policy agrees",
                    "Share of requests that the candidate policy would have sent the same way. Before you put it in "
                    "force: `gate diff` shows what would change, and what that costs.",
                    "No candidate policy is configured.",
                ),
                ratio(total(plans, where='agreement="same"'), total(plans)),
                unit="percentunit",
                decimals=1,
                width=8,
                height=8,
            ),
            kit.table(
                Text(
                    shadow.title,
                    f"{shadow.about} route: another route of the lane; lane: another lane; none: one of the two has "
                    "nothing to try. Saved scope shadow-disagreement.",
                    "The candidate policy agreed in the last hour, or there is none.",
                ),
                {"requests": shadow.promql or ""},
                {
                    "agreement": Column("Differs in"),
                    "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
                },
                width=8,
            ),
            kit.lines(
                Text(
                    "Plans of the candidate policy per second, by agreement",
                    "A step where nothing was configured: routes' health makes the two part. Click a dot for a trace.",
                    "No candidate policy is configured.",
                ),
                Ask(rate(plans, "agreement"), "{{agreement}}", exemplars=True),
                unit="reqps",
                stacked=True,
                colours=_AGREEMENT,
            ),
            kit.lines(
                Text(
                    "Hedges per second, by result",
                    "Attempts started beside one that was slow. won: it was the quicker one. Mostly lost: they cost "
                    "money for nothing; start them later or switch hedging off.",
                    "No attempt was hedged: hedging is off unless the configuration says otherwise.",
                ),
                Ask(rate("gate_hedges_total", "result"), "{{result}}", exemplars=True),
                unit="ops",
                stacked=True,
                colours=_HEDGES,
            ),
        ),
    )


def cache_loss(kit: Kit) -> Row:
    """For Cost truth: the sum, and whose it is."""
    lost, spent = total("gate_cache_loss_usd_total"), total("gate_spend_usd_total")
    return Row(
        "What do caches that were left behind cost?",
        (
            kit.number(
                Text(
                    "Cache loss",
                    "USD that served attempts cost more because their session's prompt cache was at another route, as "
                    "estimated before they were made. It is a part of Spend, not beside it.",
                    "No session lost a cache in this time range.",
                ),
                lost,
                unit="currencyUSD",
                link=link_to("Routes"),
            ),
            kit.number(
                Text(
                    "Part of the spend",
                    "Cache loss as a share of the spend. Above a tenth: sessions move too often; Routes says where to "
                    "and why.",
                    "Nothing was priced in this time range.",
                ),
                ratio(lost, spent),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.05, looks.WARN), (0.1, looks.BAD)),
                none="none",
                link=link_to("Routes"),
            ),
            kit.table(
                Text(
                    "Cache loss by provider and lane",
                    "Where the attempts went that found no warm cache. A provider high up here took over sessions of "
                    "others: make those ready again.",
                    "No session lost a cache in this time range.",
                ),
                {"usd": f"{total('gate_cache_loss_usd_total', 'provider, lane')} > 0"},
                {
                    "provider": Column("Provider", link=("Provider", link_to("Providers", provider="${__value.raw}"))),
                    "lane": Column("Lane"),
                    "usd": Column("USD", unit="currencyUSD", bar=True),
                },
                width=12,
                height=6,
                sort="usd",
            ),
        ),
    )
