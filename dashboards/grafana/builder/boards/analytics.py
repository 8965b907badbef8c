"""Analytics: where the money goes, and how requests are spread over relations, lanes and intents."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import SERVED, rate, ratio, total

_FAMILY = "on (lane) group_left (lane_family) topk by (lane) (1, max by (lane, lane_family) (gate_route_info))"
"""One family for each lane, also while instances differ during a roll-out."""
_SPENT = 'kind=~"input|output"'


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    rows = (_spend(kit), _price(kit), _relations(kit), _use(kit))
    about = "Where the money goes and how requests are spread; choose days or weeks as the time range."
    return Board("Analytics", about, rows, span="now-7d")


def _spend(kit: Kit) -> Row:
    spend = "gate_spend_usd_total"
    nothing = "Nothing was priced in this time range."
    return Row(
        "Where does the money go?",
        (
            kit.bars(
                Text(
                    "Spend by client",
                    "USD in this time range. When one client stands out, open Clients for its lanes and its share of "
                    "cached input.",
                    nothing,
                ),
                Ask(f"sort_desc({total(spend, 'client_profile')})", "{{client_profile}}"),
                unit="currencyUSD",
                colours=looks.colours_of(kit.registry.bound("gate.client.profile").closed or ()),
            ),
            kit.bars(
                Text(
                    "Spend by lane family",
                    "USD in this time range by family of models. A family nobody asked for points at upgrades: see "
                    "Routes.",
                    nothing,
                ),
                Ask(f"sort_desc(sum by (lane_family) ({total(spend, 'lane')} * {_FAMILY}))", "{{lane_family}}"),
                unit="currencyUSD",
            ),
            kit.bars(
                Text(
                    "Spend by provider",
                    "USD in this time range by who sends the bill. Compare with the bill: Cost truth says how much is "
                    "exact.",
                    nothing,
                ),
                Ask(f"sort_desc({total(spend, 'provider')})", "{{provider}}"),
                unit="currencyUSD",
            ),
            kit.table(
                Text(
                    "Spend by client, lane and provider",
                    "The same money with all three; a click leads on. One dear line with few requests: long prompts "
                    "or a dear lane.",
                    nothing,
                ),
                {"usd": f"{total(spend, 'client_profile, lane, provider')} > 0"},
                {
                    "client_profile": Column("Client", link=("Client", link_to("Clients", client="${__value.raw}"))),
                    "lane": Column("Lane", link=("Lane", link_to("Routes", lane="${__value.raw}"))),
                    "provider": Column("Provider", link=("Provider", link_to("Providers", provider="${__value.raw}"))),
                    "usd": Column("USD", unit="currencyUSD", bar=True),
                },
                width=14,
                sort="usd",
            ),
            kit.lines(
                Text(
                    "Spend per hour, by lane",
                    "USD per hour at the rate of the moment. A lane that appears suddenly: look at Routes at that "
                    "time.",
                    nothing,
                ),
                Ask(f"3600 * {rate(spend, 'lane')}", "{{lane}}", exemplars=True),
                unit="currencyUSD",
                width=10,
                stacked=True,
            ),
        ),
    )


def _price(kit: Kit) -> Row:
    return Row(
        "What do a token and a request cost?",
        (
            kit.lines(
                Text(
                    "USD per million tokens, by lane",
                    "Average price of input and output together. Rising with no change of price: more output, or less "
                    "cached input.",
                    "No priced tokens in this time range.",
                ),
                Ask(
                    f"1000000 * {rate('gate_spend_usd_total', 'lane')} / ({rate('gate_tokens_total', 'lane', _SPENT)} "
                    "> 0)",
                    "{{lane}}",
                ),
                unit="currencyUSD",
            ),
            kit.lines(
                Text(
                    "Tokens per second, by kind",
                    "cache_read and cache_write are parts of input, reasoning is part of output. Much cache_write and "
                    "little cache_read: caching costs more than it saves.",
                    "No upstream reported tokens in this time range.",
                ),
                Ask(rate("gate_tokens_total", "kind"), "{{kind}}"),
                unit="short",
                colours=looks.colours_of(kit.registry.attributes["gate.token.kind"].values or ()),
            ),
        ),
    )


def _relations(kit: Kit) -> Row:
    served = total("gate_requests_total", where=SERVED)
    share = f"{total('gate_requests_total', 'relation', SERVED)} / on () group_left () ({served} > 0)"
    return Row(
        "How often was the plan kept?",
        (
            kit.bars(
                Text(
                    "Served requests by relation to the first choice",
                    "Distribution of relations: the larger the share of primary, the calmer the providers. Downgrades "
                    "above one in a hundred: open Routes.",
                    "No request was served in this time range.",
                ),
                Ask(f"sort_desc({share})", "{{relation}}"),
                unit="percentunit",
                decimals=1,
                colours=looks.RELATIONS,
            ),
            kit.lines(
                Text(
                    "Share that a lesser lane served, by intent",
                    "Which wishes are met with less than was planned. One intent alone: its lanes have too few routes.",
                    "No request was served in this time range.",
                ),
                Ask(
                    ratio(
                        rate("gate_requests_total", "intent", f'{SERVED}, relation=~"downgrade|last_resort"'),
                        rate("gate_requests_total", "intent", SERVED),
                    ),
                    "{{intent}}",
                ),
                unit="percentunit",
                width=16,
                limits=looks.steps((0.01, looks.WARN), (0.1, looks.BAD)),
            ),
        ),
    )


def _use(kit: Kit) -> Row:
    return Row(
        "What is Gate used for?",
        (
            kit.bars(
                Text(
                    "Requests by intent",
                    "What clients wish for; explicit is a model or lane asked for by name, which Gate cannot make "
                    "cheaper.",
                    "No request ended in this time range.",
                ),
                Ask(f"sort_desc({total('gate_requests_total', 'intent')})", "{{intent}}"),
                unit="none",
                decimals=0,
            ),
            kit.bars(
                Text(
                    "Requests by lane",
                    "Which lanes serve; none is what no lane served. A lane without a bar costs nothing but is not "
                    "needed either.",
                    "No request ended in this time range.",
                ),
                Ask(f"sort_desc({total('gate_requests_total', 'lane')})", "{{lane}}"),
                unit="none",
                decimals=0,
            ),
            kit.bars(
                Text(
                    "Requests by outcome",
                    "How requests ended for clients. Anything but served and client_gone deserves a look at Requests.",
                    "No request ended in this time range.",
                ),
                Ask(f"sort_desc({total('gate_requests_total', 'outcome')})", "{{outcome}}"),
                unit="none",
                decimals=0,
                colours=looks.colours_of(kit.registry.attributes["gate.outcome"].values or ()),
            ),
        ),
    )
