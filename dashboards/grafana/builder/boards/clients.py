"""Clients: who asks, whether they are served, how long they wait, what they cost, who gets premium lanes unasked."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import JUDGED, SERVED, quantile, rate, ratio, total

_COUNT = "gate_client_request_duration_seconds_count"


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    rows = (_served(kit), _waiting(kit), _cost(kit), _premium(kit), _repeats(kit), _tokens(kit))
    about = "Who asks, whether they are served, how long they wait and what they cost."
    return Board("Clients", about, rows)


def _colours(kit: Kit) -> dict[str, str]:
    return looks.colours_of(kit.registry.bound("gate.client.profile").closed or ())


def _served(kit: Kit) -> Row:
    return Row(
        "Who asks, and are they served?",
        (
            kit.bars(
                Text(
                    "Requests by client",
                    "Requests in this time range by recognised client; none got no decision, other is not recognised. "
                    "A client that is missing does not reach Gate: check its base URL (docs/how-to/clients.md).",
                    "No request ended in this time range.",
                ),
                Ask(f"sort_desc({total(_COUNT, 'client_profile')})", "{{client_profile}}"),
                unit="none",
                decimals=0,
                colours=_colours(kit),
            ),
            kit.lines(
                Text(
                    "Requests that are served, by client",
                    "Share of the requests that were served; those the client gave up or got wrong do not count. When "
                    "one client falls and the others do not, it is what that client asks for: open Requests with it "
                    "chosen.",
                    "No request ended in this time range.",
                ),
                Ask(
                    ratio(rate(_COUNT, "client_profile", SERVED), rate(_COUNT, "client_profile", JUDGED)),
                    "{{client_profile}}",
                ),
                unit="percentunit",
                width=16,
                limits=looks.steps((0.95, looks.WARN), (0.99, looks.GOOD), base=looks.BAD),
                colours=_colours(kit),
                top=1,
            ),
        ),
    )


def _waiting(kit: Kit) -> Row:
    histogram = "gate_client_request_duration_seconds"
    return Row(
        "How long do they wait?",
        (
            kit.lines(
                Text(
                    "Seconds to the end of the answer (half of the requests)",
                    "The usual wait of each client, streams until their end. It follows the length of answers; "
                    "compare with the tokens below before looking for a fault. Click a dot for a trace.",
                    "No request ended in this time range.",
                ),
                Ask(quantile(0.5, histogram, "client_profile"), "{{client_profile}}", exemplars=True),
                unit="s",
                colours=_colours(kit),
            ),
            kit.lines(
                Text(
                    "Seconds to the end of the answer (95 of 100)",
                    "The wait of the unlucky. Growing while the half stays: fallbacks or one slow route, see Routes "
                    "and Providers. Saved scope slow-requests.",
                    "No request ended in this time range.",
                ),
                Ask(quantile(0.95, histogram, "client_profile"), "{{client_profile}}", exemplars=True),
                unit="s",
                colours=_colours(kit),
            ),
        ),
    )


def _cost(kit: Kit) -> Row:
    scope = kit.scope("high-spend")
    return Row(
        "What do they cost?",
        (
            kit.bars(
                Text(
                    "Spend by client",
                    "USD in this time range. When a client costs more than expected, the table beside says on which "
                    "lane; give it another intent or a key with its own mapping.",
                    "Nothing was priced in this time range.",
                ),
                Ask(f"sort_desc({total('gate_spend_usd_total', 'client_profile')})", "{{client_profile}}"),
                unit="currencyUSD",
                colours=_colours(kit),
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} A click leads on. Saved scope high-spend.",
                    "Nothing was priced in the last hour.",
                ),
                {"usd": scope.promql or ""},
                {
                    "client_profile": Column(
                        "Client", link=("Only this one", link_to("Clients", client="${__value.raw}")), width=120
                    ),
                    "provider": Column(
                        "Provider", link=("Provider", link_to("Providers", provider="${__value.raw}")), width=120
                    ),
                    "lane": Column("Lane", link=("Lane", link_to("Routes", lane="${__value.raw}"))),
                    "usd": Column("USD, last hour", unit="currencyUSD", bar=True),
                },
                width=16,
                sort="usd",
            ),
            kit.lines(
                Text(
                    "Spend per hour, by client",
                    "USD per hour at the rate of the moment. A step up with the same number of requests is a dearer "
                    "lane or longer prompts. Click a dot for a trace.",
                    "Nothing was priced in this time range.",
                ),
                Ask(f"3600 * {rate('gate_spend_usd_total', 'client_profile')}", "{{client_profile}}", exemplars=True),
                unit="currencyUSD",
                stacked=True,
                colours=_colours(kit),
            ),
            kit.lines(
                Text(
                    "USD per million tokens, by client",
                    "What a client pays for a million input and output tokens on average. Rising: it is served by "
                    "dearer lanes, or its prompts no longer hit the cache.",
                    "No priced tokens in this time range.",
                ),
                Ask(
                    f"1000000 * {rate('gate_spend_usd_total', 'client_profile')} / "
                    f"({rate('gate_tokens_total', 'client_profile', _SPENT)} > 0)",
                    "{{client_profile}}",
                ),
                unit="currencyUSD",
                colours=_colours(kit),
            ),
        ),
    )


_SPENT = 'kind=~"input|output"'


def _premium(kit: Kit) -> Row:
    scope = kit.scope("premium-drift")
    return Row(
        "Who gets premium lanes unasked?",
        (
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} Each cost more than planned: make the lanes the intent asks for ready again, or "
                    "take upgrade_to from it. Saved scope premium-drift.",
                    "No request of the last hour was escalated.",
                ),
                {"requests": scope.promql or ""},
                {
                    "client_profile": Column("Client"),
                    "intent": Column("Intent"),
                    "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
                },
                width=12,
            ),
            kit.lines(
                Text(
                    "Premium escalations per second, by client",
                    "Requests a premium lane served although the intent did not ask for one. It should be zero; when "
                    "it is not, see Routes for the lane that was left. Click a dot for a trace.",
                    "No request was escalated in this time range.",
                ),
                Ask(rate("gate_premium_escalations_total", "client_profile"), "{{client_profile}}", exemplars=True),
                unit="reqps",
                colours=_colours(kit),
            ),
        ),
    )


def _repeats(kit: Kit) -> Row:
    scope = kit.scope("repeated-turns")
    return Row(
        "Who repeats itself?",
        (
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} refused: the client loops, and the guard kept it from the providers; look at its "
                    "log. Saved scope repeated-turns.",
                    "No client sent a turn twice in the last hour.",
                ),
                {"requests": scope.promql or ""},
                {
                    "client_profile": Column(
                        "Client", link=("Only this one", link_to("Clients", client="${__value.raw}"))
                    ),
                    "action": Column("What was done"),
                    "requests": Column("Requests, last hour", unit="none", decimals=0, bar=True),
                },
                width=12,
                sort="requests",
            ),
            kit.lines(
                Text(
                    "Repeated turns per second, by client and what was done",
                    "counted: let pass, an ordinary retry. slowed and refused: more than the guard allows. A client "
                    "that is refused on and on does not heed Retry-After: report it.",
                    "No client sent a turn twice in this time range.",
                ),
                Ask(rate("gate_repeated_turns_total", "client_profile, action"), "{{client_profile}} {{action}}"),
                unit="reqps",
                stacked=True,
            ),
        ),
    )


def _tokens(kit: Kit) -> Row:
    return Row(
        "How many tokens do they use?",
        (
            kit.lines(
                Text(
                    "Tokens per second, by client",
                    "Input and output tokens as reported. A client that grows alone may be in a loop: open Requests "
                    "with it chosen.",
                    "No upstream reported tokens in this time range.",
                ),
                Ask(rate("gate_tokens_total", "client_profile", _SPENT), "{{client_profile}}"),
                unit="short",
                stacked=True,
                colours=_colours(kit),
            ),
            kit.lines(
                Text(
                    "Input tokens read from a cache, by client",
                    "Share of the input tokens that the upstream read from its prompt cache. Falling means dearer "
                    "input: another lane or provider took over, or the client's prompts changed.",
                    "No upstream reported cached tokens in this time range.",
                ),
                Ask(
                    ratio(
                        rate("gate_tokens_total", "client_profile", 'kind="cache_read"'),
                        rate("gate_tokens_total", "client_profile", 'kind="input"'),
                    ),
                    "{{client_profile}}",
                ),
                unit="percentunit",
                colours=_colours(kit),
                top=1,
            ),
        ),
    )
