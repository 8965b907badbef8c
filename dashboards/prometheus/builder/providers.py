"""How each provider does: availability, speed, pressure, breakers.

A provider is judged by attempts (upstream calls) that served or failed by its own fault (gate/core/failure.py); a
client that left, a request that was wrong and a stop of Gate say nothing about it.
"""

from collections.abc import Iterator

from dashboards.prometheus.builder.expressions import increase, quantile, share
from gate.cli.burn_rates import FAULTS, NO_ERROR
from gate.cli.rule_file import Rule, Rules, record
from gate.core.failure import FailureKind

PRESSURE = (FailureKind.RATE_LIMITED.value, FailureKind.OVERLOADED.value)
BY = ("provider",)
DASHBOARD = "Gate · Providers"


def recordings(rules: Rules) -> Iterator[Rule]:
    """SLIs by provider. Quantiles exist only where the traffic carries them, so that their past is a fair measure."""
    for window in ("5m", "15m", "30m"):
        judged = increase(rules, BY, "gate_attempts_total", window, error_type=(NO_ERROR, *FAULTS))
        yield record(f"gate:provider_attempts:increase{window}", judged)
    for window in ("5m", "30m"):
        faults = increase(rules, BY, "gate_attempts_total", window, error_type=FAULTS)
        yield record(f"gate:provider_faults:ratio{window}", share(faults, f"gate:provider_attempts:increase{window}"))
    pressed = increase(rules, BY, "gate_attempts_total", "15m", error_type=PRESSURE)
    yield record("gate:provider_pressure:ratio15m", share(pressed, "gate:provider_attempts:increase15m"))
    slow = quantile(rules, 0.9, BY, "gate_attempt_duration_seconds", "15m")
    yield record(
        "gate:provider_attempt_seconds:p90_15m",
        f"{slow}\nand {rules.on(*BY)} gate:provider_attempts:increase15m >= 50",
    )
    late = quantile(rules, 0.9, BY, "gate_attempt_first_chunk_seconds", "15m")
    streams = increase(rules, BY, "gate_attempt_first_chunk_seconds_count", "15m")
    yield record("gate:provider_first_chunk_seconds:p90_15m", f"{late}\nand {streams} >= 50")


def alerts(rules: Rules) -> Iterator[Rule]:
    yield rules.alert(
        "GateProviderErrorStorm",
        "gate:provider_faults:ratio5m > 0.5\nand gate:provider_attempts:increase5m >= 20",
        hold="2m",
        severity="critical",
        summary="Provider {{ $labels.provider }} fails most calls",
        description=(
            "{{ $value | humanizePercentage }} of the calls to {{ $labels.provider }} in the last 5 minutes "
            "failed by its own fault (due above 50%, from 20 calls on)."
        ),
        dashboard=DASHBOARD,
    )
    yield rules.alert(
        "GateProviderAvailabilityLow",
        "gate:provider_faults:ratio30m > 0.05\nand gate:provider_attempts:increase30m >= 50",
        hold="5m",
        severity="warning",
        summary="Provider {{ $labels.provider }} fails more calls than it should",
        description=(
            "{{ $value | humanizePercentage }} of the calls to {{ $labels.provider }} in the last 30 minutes "
            "failed by its own fault (due above 5%, from 50 calls on)."
        ),
        dashboard=DASHBOARD,
    )
    yield _slower(
        rules,
        "GateProviderSlow",
        "gate:provider_attempt_seconds:p90_15m",
        10,
        "Provider {{ $labels.provider }} answers slower than it used to",
        "A tenth of the calls to {{ $labels.provider }} in the last 15 minutes",
    )
    yield _slower(
        rules,
        "GateProviderFirstChunkSlow",
        "gate:provider_first_chunk_seconds:p90_15m",
        2,
        "Streams of provider {{ $labels.provider }} start later than they used to",
        "The first chunk of a tenth of the streams of {{ $labels.provider }} in the last 15 minutes",
        first_chunk=True,
    )
    yield rules.alert(
        "GateProviderSaturated",
        "gate:provider_pressure:ratio15m > 0.1\nand gate:provider_attempts:increase15m >= 50",
        hold="10m",
        severity="warning",
        summary="Provider {{ $labels.provider }} turns calls away",
        description=(
            "{{ $value | humanizePercentage }} of the calls to {{ $labels.provider }} in the last 15 minutes "
            "were rate limited or met an overloaded provider (due above 10%, from 50 calls on)."
        ),
        dashboard=DASHBOARD,
    )
    route = ("provider", "route")
    failing = increase(rules, route, "gate_attempts_total", "30m", error_type=FAULTS)
    yield rules.alert(
        "GateBreakerOpenTooLong",
        f"max {rules.by(*route)} (gate_breaker_state) > 0\nand {failing} >= 2",
        hold="15m",
        severity="warning",
        summary="Route {{ $labels.route }} has been left alone for a quarter of an hour",
        description=(
            "The breaker of {{ $labels.route }} has not been closed for 15 minutes, and at least two calls tried "
            "in the last 30 minutes failed as well (state {{ $value }}: 1 half open, 2 open)."
        ),
        dashboard=DASHBOARD,
    )


def _slower(
    rules: Rules, name: str, sli: str, floor_s: float, summary: str, what: str, *, first_chunk: bool = False
) -> Rule:
    """More than twice as slow as on average over the day before, and slow in absolute terms."""
    verb = "took" if not first_chunk else "came after"
    return rules.alert(
        name,
        f"{sli} > 2 * avg_over_time({sli}[1d] offset 15m)\nand {sli} > {floor_s:g}",
        hold="10m",
        severity="warning",
        summary=summary,
        description=(
            f"{what} {verb} {{{{ $value | humanizeDuration }}}} or longer: more than twice the average of the day "
            f"before (due above {floor_s:g} s, from 50 in 15 minutes on)."
        ),
        dashboard=DASHBOARD,
    )
