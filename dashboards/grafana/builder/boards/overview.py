"""Overview: can Gate serve, are the providers well, what does it cost, what is firing, where to look next."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import EXACT, JUDGED, OK, PROVIDERS_OWN, SERVED, quantile, rate, ratio, total

_NEXT = """
| When | look at | and then |
|---|---|---|
| a route is not ready, a provider fails | [Providers]({providers}) | which route, which kind of failure, since when |
| answers come from a lesser lane | [Routes]({routes}) | which lane was left, for which reason, which requests |
| money goes faster than expected | [Clients]({clients}), [Analytics]({analytics}) | who spends, on which lane |
| a figure of cost looks wrong | [Cost truth]({cost}) | which prices are stale or not known |
| one request has to be explained | [Requests]({requests}) | its trace; `gate explain --decision ID` says the same |
| Gate itself is slow or loses telemetry | [Internals]({internals}) | overhead, refusals, drops |
"""


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    rows = (_readiness(kit), _health(kit), _spend(kit), _alerts(kit), _next(kit))
    about = "Start here: can Gate serve the next request, and if not, where to look."
    return Board("Overview", about, rows)


_TROUBLE = 'state!~"ready|missing_key|placeholder_key|disabled"'


def _readiness(kit: Kit) -> Row:
    scope = kit.scope("not-ready")
    return Row(
        "Can Gate serve the next request?",
        (
            kit.number(
                Text(
                    "Gates that answer",
                    "Instances of Gate that Prometheus scrapes. When it is fewer than you run: look at Prometheus' "
                    "targets page and at the log of the one that is missing.",
                    "No Gate is scraped: check the Prometheus data source, the job and the scrape of /metrics.",
                ),
                "count(count by (job, instance) (gate_build_info))",
                unit="none",
                limits=looks.steps((1, looks.GOOD), base=looks.BAD),
            ),
            kit.number(
                Text(
                    "Routes that are ready",
                    "Routes that at least one worker would use now. When it is zero, every request fails: the table "
                    "below says why.",
                    "✖ none",
                ),
                'count(sum by (provider, route) (gate_route_readiness{state="ready"}) > 0)',
                unit="none",
                limits=looks.steps((1, looks.GOOD), base=looks.BAD),
                link=link_to("Providers"),
            ),
            kit.number(
                Text(
                    "Routes in trouble",
                    "Routes that have a key and that some worker would not use now: refused, used up, told to wait, "
                    "not reached, or failing. The table below says which; then look at Providers.",
                    "✔ none",
                ),
                f"count(sum by (provider, route) (gate_route_readiness{{{_TROUBLE}}}) > 0)",
                unit="none",
                limits=looks.steps((1, looks.WARN)),
                none="none",
                link=link_to("Providers"),
            ),
            kit.number(
                Text(
                    "Served without an error",
                    "Share of the requests in this time range that were served; clients that left do not count. Below "
                    "99 in 100: see which outcome grew, in Requests.",
                    "No request ended in this time range.",
                ),
                ratio(total("gate_requests_total", where=SERVED), total("gate_requests_total", where=JUDGED)),
                unit="percentunit",
                decimals=2,
                limits=looks.steps((0.95, looks.WARN), (0.99, looks.GOOD), base=looks.BAD),
                link=link_to("Requests"),
            ),
            kit.table(
                Text(
                    scope.title,
                    "How many routes of each provider cannot take a request, with what stands in the way and what to "
                    "do about it. Providers you do not use stay without a key. Saved scope not-ready.",
                    "Every route is ready.",
                ),
                {"routes": scope.promql or ""},
                {
                    "state": Column("State and what to do", words=looks.READINESS),
                    "provider": Column("Provider", link=("Provider", link_to("Providers", provider="${__value.raw}"))),
                    "routes": Column("Routes", unit="none", decimals=0, bar=True),
                },
                height=7,
            ),
        ),
    )


def _health(kit: Kit) -> Row:
    return Row(
        "Are the providers well?",
        (
            kit.lines(
                Text(
                    "Upstream calls that succeed, by provider",
                    "Share of calls that succeeded; calls given up by the client or by a stop of Gate do not count. "
                    "Below the dashed lines (0.99, 0.95): open Providers for the kind of failure. Requests may still "
                    "be served by other routes.",
                    "No upstream call ended in this time range.",
                ),
                Ask(
                    ratio(
                        rate("gate_attempts_total", "provider", OK),
                        rate("gate_attempts_total", "provider", PROVIDERS_OWN),
                    ),
                    "{{provider}}",
                ),
                unit="percentunit",
                limits=looks.steps((0.95, looks.WARN), (0.99, looks.GOOD), base=looks.BAD),
                top=1,
            ),
            kit.states(
                Text(
                    "Breakers",
                    "The worst state of each route's breaker over all workers. An open breaker closes by itself after "
                    "a successful trial; one that stays open means the provider still fails: open Providers.",
                    "No breaker has been reported: Gate has just started or is not scraped.",
                ),
                Ask("max by (provider, route) (gate_breaker_state)", "{{route}}"),
                looks.BREAKER,
            ),
        ),
    )


def _spend(kit: Kit) -> Row:
    return Row(
        "What does it cost, and how much is done?",
        (
            kit.number(
                Text(
                    "Spend",
                    "USD in this time range, as far as usage and price are known. When it is higher than expected: "
                    "Clients and Analytics say who and on what; Cost truth says how far to trust it.",
                    "Nothing was priced in this time range.",
                ),
                total("gate_spend_usd_total"),
                unit="currencyUSD",
                link=link_to("Analytics"),
            ),
            kit.number(
                Text(
                    "Cost that is known exactly",
                    "Share of the billable upstream calls whose cost is exact. When it is low, Spend is a lower "
                    "bound: open Cost truth.",
                    "No billable upstream call in this time range.",
                ),
                ratio(total("gate_priced_attempts_total", where=EXACT), total("gate_priced_attempts_total")),
                unit="percentunit",
                decimals=1,
                limits=looks.steps((0.9, looks.WARN), (0.99, looks.GOOD), base=looks.BAD),
                link=link_to("Cost truth"),
            ),
            kit.number(
                Text(
                    "Tokens",
                    "Input and output tokens in this time range, as upstreams reported them. An upstream that reports "
                    "none counts nothing: compare with Requests.",
                    "No upstream reported tokens in this time range.",
                ),
                total("gate_tokens_total", where='kind=~"input|output"'),
                unit="short",
                decimals=1,
                link=link_to("Clients"),
            ),
            kit.number(
                Text(
                    "Answered within (95 of 100)",
                    "Seconds to the end of the answer, streams included. When it grows: Internals says whether the "
                    "time is Gate's, Providers whose it is.",
                    "No request ended recently.",
                ),
                quantile(0.95, "gate_request_duration_seconds"),
                unit="s",
                decimals=1,
                trend=True,
                link=link_to("Requests"),
            ),
            kit.lines(
                Text(
                    "Spend per hour, by provider",
                    "USD per hour at the rate of the moment. A step up without more requests means a dearer lane: "
                    "open Routes.",
                    "Nothing was priced in this time range.",
                ),
                Ask(f"3600 * {rate('gate_spend_usd_total', 'provider')}", "{{provider}}", exemplars=True),
                unit="currencyUSD",
                stacked=True,
            ),
            kit.lines(
                Text(
                    "Requests per second, by outcome",
                    "How requests ended for the client. upstream_error: every attempt failed. no_route: nothing could "
                    "serve. Open Requests for their traces.",
                    "No request ended in this time range.",
                ),
                Ask(rate("gate_requests_total", "outcome"), "{{outcome}}", exemplars=True),
                unit="reqps",
                stacked=True,
                colours=looks.colours_of(kit.registry.attributes["gate.outcome"].values or ()),
            ),
        ),
    )


def _alerts(kit: Kit) -> Row:
    scope = kit.scope("fallback-active")
    return Row(
        "What is firing?",
        (
            kit.table(
                Text(
                    "Alerts that fire",
                    "Alerts of the rules in dashboards/prometheus/ that fire now; each has a runbook of its name in "
                    "docs/how-to/runbooks/.",
                    "No alert fires. (Or the rules are not loaded: see dashboards/prometheus/README.md.)",
                ),
                {"firing": 'sum by (alertname, severity) (ALERTS{alertname=~"Gate.+", alertstate="firing"})'},
                {
                    "severity": Column("Severity", words=looks.SEVERITY, width=130),
                    "alertname": Column("Alert"),
                    "firing": Column("Series", unit="none", decimals=0, width=80),
                },
                width=10,
                height=7,
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} Some are normal: the same lane served. Downgrades are not: open Routes. Saved "
                    "scope fallback-active.",
                    "No attempt of the last 15 minutes was other than the first choice.",
                ),
                {"attempts": scope.promql or ""},
                {
                    "relation": Column("Relation", width=150),
                    "reason": Column("Why", width=130),
                    "from_lane": Column("From lane", link=("Lane", link_to("Routes", lane="${__value.raw}"))),
                    "to_lane": Column("To lane"),
                    "attempts": Column("Attempts", unit="none", decimals=0, width=90),
                },
                width=14,
                height=7,
                sort="attempts",
            ),
        ),
    )


def _next(kit: Kit) -> Row:
    pages = {
        "providers": "Providers",
        "routes": "Routes",
        "clients": "Clients",
        "analytics": "Analytics",
        "cost": "Cost truth",
        "requests": "Requests",
        "internals": "Internals",
    }
    links = {key: link_to(title) for key, title in pages.items()}
    about = "Which dashboard answers which question. The links keep the time range and the choices above."
    return Row("What to do next", (kit.note("Where to look", about, _NEXT.format(**links), height=8),))
