"""How Gate itself does: routes, admission, telemetry, configuration, and whether it is seen at all."""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import grown, increase, share
from gate.cli.rule_file import Rule, Rules, pick, record
from gate.health.sli import Readiness

DASHBOARD = "Gate · Internals"
HINDERED = tuple(
    state.value
    for state in Readiness
    if state not in (Readiness.READY, Readiness.MISSING_KEY, Readiness.PLACEHOLDER_KEY, Readiness.DISABLED)
)
"""What keeps a route out that was meant to be used."""


def recordings(rules: Rules) -> Iterator[Rule]:
    refused = increase(rules, (), "gate_overload_rejections_total", "5m", reason="overloaded")
    asked = increase(rules, (), "gate_requests_total", "5m")
    yield record("gate:requests:increase5m", asked)
    yield record("gate:overload:ratio5m", share(refused, "gate:requests:increase5m"))
    lost = increase(rules, ("signal",), "gate_telemetry_dropped_total", "10m")
    sent = increase(rules, ("signal",), "gate_telemetry_exported_total", "10m")
    yield record("gate:telemetry_items:increase10m", f"({sent} or 0 * {lost})\n+\n({lost} or 0 * {sent})")
    kept = increase(rules, (), "gate_store_decisions_total", "10m")
    missing = increase(rules, (), "gate_store_decisions_total", "10m", result=("dropped", "failed"))
    yield record("gate:decisions:increase10m", kept)
    yield record("gate:decision_loss:ratio10m", share(missing, "gate:decisions:increase10m"))
    yield record("gate:telemetry_loss:ratio10m", share(lost, "gate:telemetry_items:increase10m"))


def alerts(rules: Rules) -> Iterator[Rule]:
    yield rules.alert(
        "GateNotScraped",
        "absent(gate_build_info)",
        hold="5m",
        severity="critical",
        summary="Prometheus sees no Gate",
        description=(
            "No instance of Gate has been scraped for 5 minutes. Every other alert of Gate is blind until one is."
        ),
        dashboard="Gate · Overview",
    )
    yield rules.alert(
        "GateNoReadyRoute",
        f"sum {rules.by('instance')} ({pick('gate_route_readiness', state='ready')}) == 0",
        hold="2m",
        severity="critical",
        summary="{{ $labels.instance }} has no route that is ready",
        description=(
            "Not one route of {{ $labels.instance }} has been ready for 2 minutes; requests are refused or go to "
            "last resorts."
        ),
        dashboard="Gate · Overview",
    )
    lane = rules.by("lane")
    hindered = pick("gate_route_readiness", state=HINDERED)
    yield rules.alert(
        "GateLaneNotReady",
        f"sum {lane} ({pick('gate_route_readiness', state='ready')}) == 0\nand sum {lane} ({hindered}) > 0",
        hold="5m",
        severity="warning",
        summary="Lane {{ $labels.lane }} has no route that is ready",
        description=(
            "No route of lane {{ $labels.lane }} that has a key could be used for 5 minutes (key, quota, limit, "
            "endpoint, model or breaker); its requests go to other lanes."
        ),
        dashboard="Gate · Routes",
    )
    yield rules.alert(
        "GateOverloaded",
        "gate:overload:ratio5m > 0.01\nand gate:requests:increase5m >= 100",
        hold="2m",
        severity="critical",
        summary="Gate turns requests away",
        description=(
            "{{ $value | humanizePercentage }} of the requests of the last 5 minutes were refused because Gate "
            "was full (due above 1%, from 100 requests on)."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateTelemetryLoss",
        "gate:telemetry_loss:ratio10m > 0.01\nand gate:telemetry_items:increase10m >= 100",
        hold="5m",
        severity="warning",
        summary="Gate loses {{ $labels.signal }}",
        description=(
            "{{ $value | humanizePercentage }} of the {{ $labels.signal }} of the last 10 minutes were given up "
            "instead of being delivered over OTLP (due above 1%, from 100 items on). Requests are not affected."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateConfigReloadRefused",
        f"{grown(rules, ('instance',), 'gate_config_reloads_total', '1h', result='refused')} > 0",
        severity="warning",
        summary="{{ $labels.instance }} refused a new configuration",
        description=(
            "{{ $labels.instance }} refused a changed configuration within the last hour and keeps serving with "
            "the one before; its log names file and line."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateSharedStateLost",
        f"count {rules.by()} (gate_state_up == 0) > 0",
        hold="2m",
        severity="warning",
        summary="Gate does not reach its shared state",
        description=(
            '{{ $value | printf "%.0f" }} workers have gone on alone for 2 minutes: they serve, but learn of outages, '
            "limits and sessions only by themselves."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateDecisionsLost",
        "gate:decision_loss:ratio10m > 0.01\nand gate:decisions:increase10m >= 100",
        hold="5m",
        severity="warning",
        summary="Gate loses decisions",
        description=(
            "{{ $value | humanizePercentage }} of the decisions of the last 10 minutes were not kept by the store "
            "(due above 1%, from 100 decisions on). Requests are not affected; explain and replay miss them."
        ),
        dashboard=DASHBOARD,
    )
