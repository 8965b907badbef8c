"""Rows of the Providers dashboard: how much of the accounts' limits is left, who holds back, what probes find."""

from dashboards.grafana.builder import looks
from dashboards.grafana.builder.board import Row, link_to
from dashboards.grafana.builder.kit import Ask, Column, Kit, Text
from dashboards.grafana.builder.queries import quantile, total

_WORST = (
    'max by (provider, quota_group) (3 * (gate_quota_pressure{state="exhausted"} > bool 0) '
    'or 2 * (gate_quota_pressure{state="cooling"} > bool 0) or (gate_quota_pressure{state="low"} > bool 0)) '
    "and on (provider, quota_group) max by (provider, quota_group) (max_over_time(gate_quota_pressure[$__range])) > 0"
)
"""The worst that any worker says of a quota group, as a value of looks.PRESSURE; of groups that were ever pressed."""


def accounts(kit: Kit) -> Row:
    scope = kit.scope("quota-pressure")
    return Row(
        "How much is left of the accounts' limits?",
        (
            kit.lines(
                Text(
                    "What is left, by quota group",
                    "Smallest part of each limit that an upstream last reported as left. Below the dashed lines (a "
                    "quarter, a seventh) its routes are ranked lower: raise the limit, or add an account or provider.",
                    "No upstream of this time range reports its limits.",
                ),
                Ask(
                    "min by (provider, quota_group, kind) (gate_quota_headroom_ratio)",
                    "{{quota_group}} {{kind}}",
                ),
                unit="percentunit",
                limits=looks.steps((1 / 7, looks.WARN), (0.25, looks.GOOD), base=looks.BAD),
                top=1,
            ),
            kit.states(
                Text(
                    "Pressure on quota groups",
                    "The worst that any worker says of an account that several routes share. Told to wait passes by "
                    "itself; used up stays until the quota is renewed or raised.",
                    "No quota group was under pressure in this time range.",
                ),
                Ask(_WORST, "{{quota_group}}"),
                looks.PRESSURE,
            ),
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} exhausted: look into the provider's console. cooling often: spread load. Saved "
                    "scope quota-pressure.",
                    "No quota group is under pressure.",
                ),
                {"workers": scope.promql or ""},
                {
                    "state": Column("Pressure"),
                    "provider": Column(
                        "Provider", link=("Only this one", link_to("Providers", provider="${__value.raw}"))
                    ),
                    "quota_group": Column("Quota group"),
                    "workers": Column("Workers", unit="none", decimals=0, width=90),
                },
                height=6,
            ),
        ),
    )


def limits(kit: Kit) -> Row:
    scope, open_now = kit.scope("limits-hit"), kit.scope("breaker-open")
    return Row(
        "Do they hold back?",
        (
            kit.table(
                Text(
                    scope.title,
                    f"{scope.about} rate_limited passes by itself; when it is often, spread load over another account "
                    "or provider. quota_exhausted does not pass: raise the limit. Saved scope limits-hit.",
                    "No upstream call of the last 15 minutes ran into a limit.",
                ),
                {"calls": scope.promql or ""},
                {
                    "provider": Column("Provider"),
                    "route": Column("Route"),
                    "error_type": Column("Limit"),
                    "calls": Column("Calls", unit="none", decimals=0, bar=True),
                },
                width=12,
            ),
            kit.states(
                Text(
                    "Breakers",
                    "The worst state of each route's breaker over all workers. Open for long: the provider still "
                    "fails its trials, see the failures above.",
                    "No breaker has been reported: Gate has just started or is not scraped.",
                ),
                Ask("max by (provider, route) (gate_breaker_state)", "{{route}}"),
                looks.BREAKER,
            ),
            kit.table(
                Text(
                    open_now.title,
                    f"{open_now.about} A breaker that stays open: the provider still fails its trials. Saved scope "
                    "breaker-open.",
                    "Every breaker is closed.",
                ),
                {"breaker": open_now.promql or ""},
                {
                    "breaker": Column("Breaker", words=looks.BREAKER, width=140),
                    "provider": Column(
                        "Provider", link=("Only this one", link_to("Providers", provider="${__value.raw}"))
                    ),
                    "route": Column("Route"),
                },
                height=6,
            ),
        ),
    )


def probes(kit: Kit) -> Row:
    return Row(
        "What do probes find?",
        (
            kit.table(
                Text(
                    "Probes by provider and result",
                    "Active probes in this time range. Anything but ready: the word says what to mend; `gate probe` "
                    "asks again at once.",
                    "No provider was probed: probes are off (section probes of the configuration).",
                ),
                {"probes": f"{total('gate_probes_total', 'provider, result')} > 0"},
                {
                    "provider": Column("Provider"),
                    "result": Column("Found"),
                    "probes": Column("Probes", unit="none", decimals=0, bar=True),
                },
                width=12,
            ),
            kit.lines(
                Text(
                    "Seconds of a probe, by provider",
                    "Nine of ten probes take at most this long. They carry no prompt, so a provider that grows here "
                    "is slow or far away whatever it is asked.",
                    "No provider was probed: probes are off (section probes of the configuration).",
                ),
                Ask(quantile(0.9, "gate_probe_duration_seconds", "provider"), "{{provider}}"),
                unit="s",
            ),
        ),
    )
