"""Whether routing does what it should: sessions that stay, clients that do not loop, a candidate policy that agrees."""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import grown, increase, share
from gate.cli.rule_file import Rule, Rules, record


def recordings(rules: Rules) -> Iterator[Rule]:
    known = increase(rules, (), "gate_sticky_requests_total", "30m", result=("kept", "moved"))
    moved = increase(rules, (), "gate_sticky_requests_total", "30m", result="moved")
    yield record("gate:session_requests:increase30m", known)
    yield record("gate:sessions_moved:ratio30m", share(moved, "gate:session_requests:increase30m"))
    plans = increase(rules, (), "gate_shadow_plans_total", "1h")
    other = increase(rules, (), "gate_shadow_plans_total", "1h", agreement=("route", "lane", "none"))
    yield record("gate:shadow_plans:increase1h", plans)
    yield record("gate:shadow_disagreement:ratio1h", share(other, "gate:shadow_plans:increase1h"))


def alerts(rules: Rules) -> Iterator[Rule]:
    yield rules.alert(
        "GateSessionsMove",
        "gate:sessions_moved:ratio30m > 0.2\nand gate:session_requests:increase30m >= 50",
        hold="10m",
        severity="warning",
        summary="Sessions do not stay on their routes",
        description=(
            "{{ $value | humanizePercentage }} of the requests of known sessions in the last 30 minutes went to "
            "another route than the session's own, without its prompt cache (due above 20%, from 50 requests on)."
        ),
        dashboard="Gate · Routes",
    )
    refused = grown(rules, ("client_profile",), "gate_repeated_turns_total", "15m", action="refused")
    yield rules.alert(
        "GateClientLoops",
        f"{refused} >= 10",
        severity="warning",
        summary="Client {{ $labels.client_profile }} sends the same turn again and again",
        description=(
            'The guard refused {{ $value | printf "%.0f" }} repeated turns of {{ $labels.client_profile }} in the last '
            "15 minutes (due from 10 on); none of them reached a provider."
        ),
        dashboard="Gate · Clients",
    )
    yield rules.alert(
        "GateShadowDisagrees",
        "gate:shadow_disagreement:ratio1h > 0.25\nand gate:shadow_plans:increase1h >= 200",
        hold="15m",
        severity="info",
        summary="The candidate policy would decide otherwise",
        description=(
            "{{ $value | humanizePercentage }} of the requests of the last hour would have gone elsewhere under the "
            "candidate policy (due above 25%, from 200 requests on)."
        ),
        dashboard="Gate · Routes",
    )
