"""What requests get and cost: downgrades, premium lanes nobody asked for, spend, prices."""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import grown, increase, share
from gate.cli.burn_rates import SERVED
from gate.cli.rule_file import Rule, Rules, pick, record

BY = ("intent",)
LESSER = ("downgrade", "last_resort")


def recordings(rules: Rules) -> Iterator[Rule]:
    for window in ("15m", "6h"):
        served = increase(rules, BY, "gate_requests_total", window, outcome=SERVED)
        yield record(f"gate:served_requests:increase{window}", served)
    lesser = increase(rules, BY, "gate_requests_total", "15m", outcome=SERVED, relation=LESSER)
    yield record("gate:downgrades:ratio15m", share(lesser, "gate:served_requests:increase15m"))
    premium = increase(rules, BY, "gate_premium_escalations_total", "6h")
    yield record("gate:premium_escalations:ratio6h", share(premium, "gate:served_requests:increase6h"))
    yield record("gate:spend_usd:increase1h", grown(rules, ("client_profile",), "gate_spend_usd_total", "1h"))


def alerts(rules: Rules) -> Iterator[Rule]:
    yield rules.alert(
        "GateDowngradeSurge",
        "gate:downgrades:ratio15m > 0.2\nand gate:served_requests:increase15m >= 50",
        hold="10m",
        severity="warning",
        summary="Requests for {{ $labels.intent }} are served by lesser lanes",
        description=(
            "{{ $value | humanizePercentage }} of the requests for {{ $labels.intent }} in the last 15 minutes "
            "were served by a lesser lane than the one they were meant for (due above 20%, from 50 requests on)."
        ),
        dashboard="Gate · Routes",
    )
    yield rules.alert(
        "GatePremiumDrift",
        "gate:premium_escalations:ratio6h > 0.05\nand gate:served_requests:increase6h >= 100",
        hold="30m",
        severity="warning",
        summary="Requests for {{ $labels.intent }} drift into premium lanes",
        description=(
            "{{ $value | humanizePercentage }} of the requests for {{ $labels.intent }} in the last 6 hours were "
            "served by a premium lane that they did not ask for (due above 5%, from 100 requests on)."
        ),
        dashboard="Gate · Clients",
    )
    yield rules.alert(
        "GateCostSpike",
        "gate:spend_usd:increase1h > 2 * max_over_time(gate:spend_usd:increase1h[7d] offset 1h)\n"
        "and gate:spend_usd:increase1h > 10",
        hold="10m",
        severity="warning",
        summary="Client {{ $labels.client_profile }} spends far more than ever this week",
        description=(
            'Client {{ $labels.client_profile }} spent {{ $value | printf "%.2f" }} USD in the last hour: more '
            "than twice its dearest hour of the week before (due above 10 USD)."
        ),
        dashboard="Gate · Clients",
    )
    route = ("provider", "route")
    stale = f"max {rules.by(*route)} ({pick('gate_route_price_state', state='stale')}) == 1"
    used = f"{increase(rules, route, 'gate_attempts_total', '1d')} >= 10"
    yield rules.alert(
        "GatePricesStale",
        f"count {rules.by('provider')} (\n  {stale}\n  and {used}\n) > 0",
        hold="1h",
        severity="info",
        summary="Prices of provider {{ $labels.provider }} are old",
        description=(
            "The prices of {{ $value }} routes of {{ $labels.provider }} were read more than 90 days ago, and "
            "the routes were used within a day (at least 10 calls). Their cost may be wrong."
        ),
        dashboard="Gate · Cost truth",
    )
