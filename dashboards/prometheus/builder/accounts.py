"""What a provider's account or set-up lacks: quota, headroom, a good key, the endpoint, the model; what probes find.

These are states (readiness, pressure): Gate stops asking what cannot serve, so failed calls would soon not show them.
"""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import grown, grown_of
from gate.cli.rule_file import Rule, Rules, pick

DASHBOARD = "Gate · Providers"
PROVIDER = ("provider",)
GROUP = (*PROVIDER, "quota_group")


def recordings(_: Rules) -> Iterator[Rule]:
    """None: every alert asks for a state as it is."""
    yield from ()


def alerts(rules: Rules) -> Iterator[Rule]:
    used_up = pick("gate_quota_pressure", state="exhausted")
    yield rules.alert(
        "GateProviderQuotaExhausted",
        f"sum {rules.by(*GROUP)} ({used_up}) > 0",
        hold="5m",
        severity="warning",
        summary="The account {{ $labels.quota_group }} is used up",
        description=(
            "Quota or credit of {{ $labels.quota_group }} at {{ $labels.provider }} has been used up for 5 minutes "
            '(so say {{ $value | printf "%.0f" }} workers); none of its routes is asked but for a trial now and then.'
        ),
        dashboard=DASHBOARD,
    )
    left = f"max {rules.by(*GROUP, 'kind')} (gate_quota_headroom_ratio)"
    yield rules.alert(
        "GateProviderHeadroomLow",
        f"{left} < 0.1\nand {rules.on(*PROVIDER)} gate:provider_attempts:increase15m >= 50",
        hold="15m",
        severity="warning",
        summary="Little is left of the {{ $labels.kind }} limit of {{ $labels.quota_group }}",
        description=(
            "{{ $value | humanizePercentage }} of the {{ $labels.kind }} that {{ $labels.provider }} allows "
            "{{ $labels.quota_group }} are left, and not once in 15 minutes were there 10% (due from 50 calls in 15 "
            "minutes on)."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateProviderCredentialRefused",
        f"{_routes(rules, 'invalid_auth')} > 0",
        hold="5m",
        severity="warning",
        summary="Provider {{ $labels.provider }} refuses Gate's key",
        description=(
            'The configured key of {{ $labels.provider }} is refused; {{ $value | printf "%.0f" }} routes '
            "(counted once a worker) are left out because of it."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateProviderEndpointMismatch",
        f"{_routes(rules, 'endpoint_mismatch')} > 0",
        hold="5m",
        severity="warning",
        summary="What answers at the address of {{ $labels.provider }} is not the endpoint it should be",
        description=(
            '{{ $value | printf "%.0f" }} routes of {{ $labels.provider }} (counted once a worker) are left out: '
            "the address answers, but not as the configured dialect does."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateModelUnavailable",
        f"{_routes(rules, 'model_unavailable', 'route')} > 0",
        hold="10m",
        severity="warning",
        summary="{{ $labels.provider }} does not have the model of route {{ $labels.route }}",
        description=(
            "The provider says that the model of {{ $labels.route }} does not exist or is not open to this account; "
            'so say {{ $value | printf "%.0f" }} workers.'
        ),
        dashboard=DASHBOARD,
    )
    failed = grown_of(rules, PROVIDER, 'gate_probes_total{result!="ready"}', "1h")
    found = grown(rules, PROVIDER, "gate_probes_total", "1h", result="ready")
    yield rules.alert(
        "GateProbeFailing",
        f"{failed} >= 3\nunless {found} > 0",
        severity="warning",
        summary="Probes of {{ $labels.provider }} fail",
        description=(
            '{{ $value | printf "%.0f" }} probes of {{ $labels.provider }} failed in the last hour and none '
            "succeeded (due from 3 on)."
        ),
        dashboard=DASHBOARD,
    )


def _routes(rules: Rules, state: str, *more: str) -> str:
    """Routes in a state, counted once a worker."""
    return f"sum {rules.by(*PROVIDER, *more)} ({pick('gate_route_readiness', state=state)})"
