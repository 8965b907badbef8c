"""Providers: which can take a request, how they are paid for, whether their calls succeed, and quickly."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import VARIABLES, Board, Row, link_to
from dashboards.grafana.builder.boards.providers_limits import accounts, limits, probes
from dashboards.grafana.builder.kit import Ask, Column, Kit, Placed, Text
from dashboards.grafana.builder.queries import FAILED, OK, PROVIDERS_OWN, quantile, rate, ratio, total


def board(profile: str) -> Board:
    kit = Kit(profile, VARIABLES)
    rows = (
        _readiness(kit),
        _billing(kit),
        _success(kit),
        _speed(kit),
        accounts(kit),
        limits(kit),
        probes(kit),
        _conventions(kit),
    )
    about = "Which providers can take a request, how they are paid for, and what kept them from serving."
    return Board("Providers", about, rows)


_SET_UP = 'gate_route_readiness{state!~"missing_key|disabled"}'


def _readiness(kit: Kit) -> Row:
    facts = "lane_family, cluster, billing, route_type"
    joined = f"max by (provider, route, lane, state, {facts}) ({_with_facts(_SET_UP, facts)})"
    return Row(
        "Which routes can take a request?",
        (
            kit.table(
                Text(
                    "Routes that are set up",
                    "Every route with a key: how it reaches its model and is paid for, its lane and the lane's "
                    "family, and whether it is ready. A route that is not ready says what to do; two lines for one "
                    "route mean that workers differ.",
                    "No provider has a key, or no Gate is scraped: check the key variables and the scrape of /metrics.",
                ),
                {"workers": joined},
                {
                    "state": Column("State and what to do", words=looks.READINESS),
                    "provider": Column("Provider"),
                    "route": Column("Route"),
                    "route_type": Column("Type"),
                    "billing": Column("Billing"),
                    "lane": Column("Lane", link=("Lane", link_to("Routes", lane="${__value.raw}"))),
                    "lane_family": Column("Family"),
                    "cluster": Column("Cluster"),
                    "workers": Column("Workers", unit="none", decimals=0),
                },
                height=9,
            ),
        ),
    )


def _with_facts(readiness: str, facts: str) -> str:
    """States that hold, as workers in them, with what is known of the route."""
    return f"({readiness} > 0) * on (job, instance, provider, lane, route) group_left ({facts}) gate_route_info"


def _ready_by(fact: str) -> str:
    """Ready routes, counted by something known of them."""
    ready = _with_facts('gate_route_readiness{state="ready"}', fact)
    return f"sort_desc(count by ({fact}) (max by (provider, route, {fact}) ({ready})))"


def _billing(kit: Kit) -> Row:
    return Row(
        "How are they paid for, and what do they do?",
        (
            kit.bars(
                Text(
                    "Ready routes by billing mode",
                    "When the metered bar is the only one left, free and subscribed routes are out: every request "
                    "costs money.",
                    "No route is ready.",
                ),
                Ask(_ready_by("billing"), "{{billing}}"),
                unit="none",
                width=6,
                decimals=0,
            ),
            kit.bars(
                Text(
                    "Ready routes by lane family",
                    "A family that is missing here cannot serve; requests for it go elsewhere. Look at the table "
                    "above for why.",
                    "No route is ready.",
                ),
                Ask(_ready_by("lane_family"), "{{lane_family}}"),
                unit="none",
                width=6,
                decimals=0,
            ),
            kit.bars(
                Text(
                    "Ready routes by route type",
                    "direct is the vendor itself, aggregator an intermediary with its own limits and prices, local "
                    "your own server. Only aggregators left: the vendors' keys are missing or refused.",
                    "No route is ready.",
                ),
                Ask(_ready_by("route_type"), "{{route_type}}"),
                unit="none",
                width=6,
                decimals=0,
            ),
            kit.bars(
                Text(
                    "Upstream calls by provider",
                    "Calls in this time range, failed ones included. A provider that should be used and is not: see "
                    "its readiness above, then `gate explain MODEL` for why it is not chosen.",
                    "No upstream call ended in this time range.",
                ),
                Ask(f"sort_desc({total('gate_attempts_total', 'provider')})", "{{provider}}"),
                unit="none",
                width=6,
                decimals=0,
            ),
        ),
    )


def _success(kit: Kit) -> Row:
    scope = kit.scope("failing-attempts")
    return Row(
        "Do their calls succeed?",
        (
            kit.lines(
                Text(
                    "Calls that succeed",
                    "Share of calls that succeeded; calls given up by the client or by a stop of Gate do not count. "
                    "Below the dashed lines (0.99, 0.95): the panel beside says which failure, the table below on "
                    "which route.",
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
            kit.lines(
                Text(
                    "Failures per second, by kind",
                    "rate_limited, quota_exhausted: raise the limit or add a route. invalid_auth: replace the key. "
                    "Timeouts and 5xx: the provider's status page. Click a dot for a trace.",
                    "No upstream call failed in this time range.",
                ),
                Ask(
                    rate("gate_attempts_total", "provider, error_type", FAILED),
                    "{{provider}} {{error_type}}",
                    exemplars=True,
                ),
                unit="ops",
                stacked=True,
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} A click on a provider narrows this dashboard to it. Saved scope failing-attempts.",
                    "No upstream call of the last 15 minutes failed.",
                ),
                {"calls": scope.promql or ""},
                {
                    "provider": Column(
                        "Provider", link=("Only this one", link_to("Providers", provider="${__value.raw}"))
                    ),
                    "route": Column("Route"),
                    "error_type": Column("Failure"),
                    "calls": Column("Calls", unit="none", decimals=0, bar=True),
                },
                width=14,
            ),
            kit.lines(
                Text(
                    "Streams that broke per second",
                    "Streams that ended with an error after content had begun: no other route can take over then. A "
                    "provider that does this often should be ranked lower or reported.",
                    "No stream broke in this time range.",
                ),
                Ask(
                    rate("gate_stream_interruptions_total", "provider, error_type"),
                    "{{provider}} {{error_type}}",
                    exemplars=True,
                ),
                unit="ops",
                width=10,
            ),
        ),
    )


def _speed(kit: Kit) -> Row:
    return Row(
        "Are they quick?",
        (
            kit.lines(
                Text(
                    "Seconds of an upstream call, by provider",
                    "Half of the calls, and 95 of 100, take at most this long; streams until their end. When one "
                    "provider grows and the others do not, it is the provider. Click a dot for a trace.",
                    "No upstream call ended in this time range.",
                ),
                Ask(quantile(0.5, "gate_attempt_duration_seconds", "provider"), "{{provider}} half", exemplars=True),
                Ask(quantile(0.95, "gate_attempt_duration_seconds", "provider"), "{{provider}} 95 of 100"),
                unit="s",
            ),
            kit.lines(
                Text(
                    "Seconds to the first content, by lane",
                    "95 of 100 streams begin within this time, attempts that failed before included. Above the dashed "
                    "lines (10, 30): see Routes for fallbacks in that lane.",
                    "No stream began in this time range.",
                ),
                Ask(quantile(0.95, "gate_time_to_first_chunk_seconds", "lane"), "{{lane}}", exemplars=True),
                unit="s",
                limits=looks.steps((10, looks.WARN), (30, looks.BAD)),
            ),
        ),
    )


def _conventions(kit: Kit) -> Row:
    """What the GenAI conventions measure, for those who compare Gate with other services."""
    return Row(
        "What do the GenAI conventions' metrics say?",
        (_duration(kit), _first_chunk(kit), *_tokens(kit)),
    )


def _duration(kit: Kit) -> Placed:
    new = kit.has("gen_ai.client.inference.duration")
    histogram = "gen_ai_client_inference_duration_seconds" if new else "gen_ai_client_operation_duration_seconds"
    return kit.lines(
        Text(
            "Seconds of a model call, by model",
            "95 of 100 calls of a model take at most this long. The conventions' buckets end at 81.92 s: longer calls "
            "all show that value; the panels above reach 900 s.",
            "No model call ended in this time range.",
        ),
        Ask(quantile(0.95, histogram, "gen_ai_request_model"), "{{gen_ai_request_model}}", exemplars=True),
        unit="s",
    )


def _first_chunk(kit: Kit) -> Placed:
    new = kit.has("gen_ai.client.inference.time_to_first_chunk")
    kind = "inference" if new else "operation"
    return kit.lines(
        Text(
            "Seconds to a model's first chunk",
            "95 of 100 streams of a model begin within this time, from the upstream call on. When it is much less "
            "than the panel above by lane, the time goes into attempts that failed before.",
            "No stream began in this time range.",
        ),
        Ask(
            quantile(0.95, f"gen_ai_client_{kind}_time_to_first_chunk_seconds", "gen_ai_request_model"),
            "{{gen_ai_request_model}}",
            exemplars=True,
        ),
        unit="s",
    )


def _tokens(kit: Kit) -> tuple[Placed]:
    if kit.has("gen_ai.client.token.usage"):
        asks = [
            Ask(
                rate("gen_ai_client_token_usage_sum", "gen_ai_provider_name, gen_ai_token_type"),
                "{{gen_ai_provider_name}} {{gen_ai_token_type}}",
            )
        ]
    else:
        asks = [
            Ask(
                rate(f"gen_ai_client_inference_usage_{kind}_tokens_total", "gen_ai_provider_name"),
                f"{{{{gen_ai_provider_name}}}} {kind}",
            )
            for kind in ("input", "output")
        ]
    return (
        kit.lines(
            Text(
                "Tokens per second, by vendor",
                "Input and output tokens as the conventions count them, cached input included. A vendor without a "
                "line reports no usage: its cost is unknown, see Cost truth.",
                "No upstream reported tokens in this time range.",
            ),
            *asks,
            unit="short",
            width=24,
        ),
    )
