"""How Gate itself does: routes, admission, telemetry, configuration, and whether it is seen at all."""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import grown, increase, share
from gate.cli.rule_file import Rule, Rules, pick, record

DASHBOARD = "Gate · Internals"


def recordings(rules: Rules) -> Iterator[Rule]:
    refused = increase(rules, (), "gate_overload_rejections_total", "5m", reason="overloaded")
    asked = increase(rules, (), "gate_requests_total", "5m")
    yield record("gate:requests:increase5m", asked)
    yield record("gate:overload:ratio5m", share(refused, "gate:requests:increase5m"))
    lost = increase(rules, ("signal",), "gate_telemetry_dropped_total", "10m")
    sent = increase(rules, ("signal",), "gate_telemetry_exported_total", "10m")
    yield record("gate:telemetry_items:increase10m", f"({sent} or 0 * {lost})\n+\n({lost} or 0 * {sent})")
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
    hindered = pick("gate_route_readiness", state=("invalid_auth", "breaker_open"))
    yield rules.alert(
        "GateLaneNotReady",
        f"sum {lane} ({pick('gate_route_readiness', state='ready')}) == 0\nand sum {lane} ({hindered}) > 0",
        hold="5m",
        severity="warning",
        summary="Lane {{ $labels.lane }} has no route that is ready",
        description=(
            "Every route of lane {{ $labels.lane }} that has a key has had an open breaker or a refused key for "
            "5 minutes; its requests go to other lanes."
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
