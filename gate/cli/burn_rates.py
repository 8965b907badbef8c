"""From declared objectives to Prometheus rules that alert on several windows and burn rates at once.

The method, its windows and its factors are those of chapter 5 of the Site Reliability Workbook, "Alerting on SLOs"
(https://sre.google/workbook/alerting-on-slos/): 2 % of the error budget of 30 days in one hour, 5 % in six hours, 10 %
in one day, 10 % in three days, each confirmed by a short window so that the alert ends soon after the trouble.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from gate.cli.rule_file import EVALUATION_S, Rule, Rules, Severity, as_yaml, group, le, pick, record
from gate.config.objectives import Measure, Objective
from gate.core.failure import RULES

MIN_BAD = 5
"""Fewer bad events than this in the longer window are no trend, whatever their share."""
BAD_OUTCOMES = ("upstream_error", "no_route", "interrupted", "drained", "internal_error")
"""A client that left, and a request Gate refused for the client's own fault, say nothing about the service."""
SERVED = "served"
NO_ERROR = "none"
FAULTS = tuple(kind.value for kind, rule in RULES.items() if rule.blame == "route")
"""Failures of an attempt that are the provider's own."""


@dataclass(frozen=True, slots=True)
class Burn:
    """One pair of windows. factor: how much faster than allowed the budget of 30 days may burn."""

    long: str
    short: str
    factor: float
    severity: Severity
    alert: str
    hold: str


FAST, SLOW = "GateObjectiveBurnsFast", "GateObjectiveBurnsSlowly"
BURNS = (
    Burn("1h", "5m", 14.4, "critical", FAST, "2m"),
    Burn("6h", "30m", 6.0, "critical", FAST, "15m"),
    Burn("1d", "2h", 3.0, "warning", SLOW, "1h"),
    Burn("3d", "6h", 1.0, "warning", SLOW, "3h"),
)
WINDOWS = ("30m", "1h", "2h", "6h", "1d", "3d")
_FOR_30_DAYS = 30

HEAD = """Written by `gate slo rules` from the objectives of Gate's configuration; do not edit, write it again.
Windows and factors: https://sre.google/workbook/alerting-on-slos/ (docs/how-to/alerts.md)."""


def rule_file(objectives: Sequence[Objective], rules: Rules) -> str:
    """The text of the rule file."""
    groups = [
        group("gate-objectives", (rule for one in objectives for rule in _events(one, rules))),
        group("gate-objective-windows", _windows()),
        group("gate-objective-budgets", (_remaining(one) for one in objectives)),
        group("gate-objective-alerts", (alert for one in objectives for alert in _alerts(one, rules))),
    ]
    return as_yaml(groups, HEAD)


def factor(burn: Burn, objective: Objective) -> float:
    """How fast the budget may burn: the same part of a longer or shorter window's budget, but never below 1, because
    who burns slower than that keeps the objective."""
    return max(1.0, round(burn.factor * objective.window_days / _FOR_30_DAYS, 2))


def threshold(burn: Burn, objective: Objective) -> float | None:
    """The share of bad events from which the alert is due; None when no share is that large."""
    share = round(factor(burn, objective) * objective.budget, 10)
    return share if share < 1 else None


def _events(objective: Objective, rules: Rules) -> Iterator[Rule]:
    """Bad events and all events per second, by job. What never happened counts as none."""
    total, bad = _expressions(objective, rules)
    yield record("gate:objective_events:rate5m", total, objective=objective.name)
    yield record("gate:objective_bad:rate5m", bad, objective=objective.name)


def _expressions(objective: Objective, rules: Rules) -> tuple[str, str]:
    def rate(metric: str, **labels: str | Sequence[str]) -> str:
        return f"sum {rules.by()} (rate({pick(metric, **where, **labels)}[5m]))"

    where: dict[str, Sequence[str]] = {_LABELS[name]: getattr(objective, name) for name in objective.selected}
    if objective.measure is Measure.FIRST_CHUNK:
        stream = "gate_attempt_first_chunk_seconds" if objective.providers else "gate_time_to_first_chunk_seconds"
        return _within(stream, objective, rate)
    requests = "gate_client_request_duration_seconds" if objective.clients else "gate_request_duration_seconds"
    if objective.measure is Measure.LATENCY:
        if objective.providers:
            return _within("gate_attempt_duration_seconds", objective, rate)
        return _within(requests, objective, rate, outcome=SERVED)
    if objective.providers:
        total = rate("gate_attempts_total", error_type=(NO_ERROR, *FAULTS))
        return total, f"{rate('gate_attempts_total', error_type=FAULTS)} or 0 * {total}"
    total = rate(f"{requests}_count", outcome=(SERVED, *BAD_OUTCOMES))
    bad = f"({rate(f'{requests}_count', outcome=BAD_OUTCOMES)} or 0 * {total})"
    if objective.selected:
        return total, bad
    # Requests that found Gate full have no intent and no client yet; only an objective of all requests counts them.
    refused = f"({rate('gate_overload_rejections_total')} or 0 * {total})"
    return f"{total}\n+\n{refused}", f"{bad}\n+\n{refused}"


_LABELS = {"intents": "intent", "lanes": "lane", "providers": "provider", "clients": "client_profile"}


def _within(metric: str, objective: Objective, rate: Any, **labels: str) -> tuple[str, str]:
    total = rate(f"{metric}_count", **labels)
    good = rate(f"{metric}_bucket", **labels, le=le(objective.within_s or 0))
    # clamp_min: the two sums are read one after the other, and a difference of nothing may come out below it.
    return total, f"clamp_min({total} - {good}, 0)"


def _windows() -> Iterator[Rule]:
    """Counts and shares over each window, of all objectives at once. Sums of one series an objective are cheap over
    days, rates over all of a metric's series are not; and a sum of what there is makes a short history count little."""
    yield _share("5m", "rate5m")
    for window in WINDOWS:
        for what in ("events", "bad"):
            counted = f"{EVALUATION_S} * sum_over_time(gate:objective_{what}:rate5m[{window}])"
            yield record(f"gate:objective_{what}:count{window}", counted)
        yield _share(window, f"count{window}")


def _share(window: str, of: str) -> Rule:
    expr = f"gate:objective_bad:{of}\n/\n(gate:objective_events:{of} > 0)"
    return record(f"gate:objective_errors:ratio{window}", expr)


def _remaining(objective: Objective) -> Rule:
    """What is left of the budget: 1 nothing used, 0 used up, below 0 the objective is missed."""
    named = pick("gate:objective_bad:rate5m", objective=objective.name)
    events = pick("gate:objective_events:rate5m", objective=objective.name)
    window = objective.window
    used = f"sum_over_time({named}[{window}])\n  /\n  (sum_over_time({events}[{window}]) > 0)"
    return record(
        "gate:objective_budget_remaining:ratio",
        f"1 -\n(\n  {used}\n)\n/\n{objective.budget:.10g}",
        objective=objective.name,
    )


def _alerts(objective: Objective, rules: Rules) -> Iterator[Rule]:
    for burn in BURNS:
        share = threshold(burn, objective)
        if share is None:
            continue
        times = factor(burn, objective)

        def of(what: str, window: str) -> str:
            return pick(f"gate:objective_{what}{window}", objective=objective.name)

        yield rules.alert(
            burn.alert,
            f"{of('errors:ratio', burn.long)} > {share:.10g}\n"
            f"and {of('errors:ratio', burn.short)} > {share:.10g}\n"
            f"and {of('events:count', burn.long)} >= {objective.min_events}\n"
            f"and {of('bad:count', burn.long)} >= {MIN_BAD}",
            severity=burn.severity,
            hold=burn.hold,
            summary=f"Objective {objective.name} burns its error budget at {times:g}x or faster",
            description=(
                f"{{{{ $value | humanizePercentage }}}} of the last {burn.long} missed the objective {objective.name} "
                f"({told(objective)}); {share * 100:.4g}% is {times:g}x the pace that uses up the budget of "
                f"{objective.window} exactly. The last {burn.short} are above it as well."
            ),
            dashboard="Gate · Overview",
            labels={"objective": objective.name, "window": burn.long},
        )


def told(objective: Objective) -> str:
    """The objective in one line: `99.5% served over 30d, intent auto`."""
    good = "served" if objective.measure is Measure.AVAILABILITY else f"within {objective.within_s:g} s"
    if objective.measure is Measure.FIRST_CHUNK:
        good = f"first chunk {good}"
    chosen = [f", {name} {' or '.join(getattr(objective, name))}" for name in objective.selected]
    return f"{objective.target:g}% {good} over {objective.window}{''.join(chosen)}"
