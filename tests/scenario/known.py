"""Which metrics and labels a query may name: those of the registry in a profile, Prometheus' own, recorded ones."""

from __future__ import annotations

from collections.abc import Mapping

from gate.telemetry.registry import Metric, load

TARGET = frozenset({"job", "instance"})
"""What a scrape adds to every series."""
# Prometheus' own series: https://prometheus.io/docs/concepts/jobs_instances/ and .../alerting_rules/
OF_PROMETHEUS: dict[str, frozenset[str]] = {
    "up": TARGET,
    "scrape_duration_seconds": TARGET,
    "scrape_samples_scraped": TARGET,
    "scrape_samples_post_metric_relabeling": TARGET,
    "scrape_series_added": TARGET,
}
ALERT_SERIES = ("ALERTS", "ALERTS_FOR_STATE")


class KnownMetrics:
    """A `promql.Known`. recorded: recorded series and their labels; alert_labels: the labels that alert rules set."""

    def __init__(
        self,
        profile: str,
        recorded: Mapping[str, frozenset[str]] | None = None,
        alert_labels: frozenset[str] = frozenset(),
    ) -> None:
        self.recorded: dict[str, frozenset[str]] = dict(recorded or {})
        alerts = TARGET | {"alertname", "alertstate"} | alert_labels
        self._fixed = {**of_registry(profile), **OF_PROMETHEUS, **dict.fromkeys(ALERT_SERIES, alerts)}

    def __call__(self, metric: str) -> frozenset[str] | None:
        return self.recorded.get(metric) or self._fixed.get(metric)


def of_registry(profile: str) -> dict[str, frozenset[str]]:
    """Every series that `/metrics` may show in a profile, with its labels."""
    registry = load()
    return {
        name: labels | TARGET
        for metric in registry.metrics.values()
        if registry.has(profile, metric)
        for name, labels in _series(metric).items()
    }


def _series(metric: Metric) -> dict[str, frozenset[str]]:
    own = frozenset(metric.labels)
    if metric.aggregation == "per-worker":
        own |= {"worker"}
    if metric.type != "histogram":
        return {metric.prometheus: own}
    name = metric.prometheus
    return {f"{name}_bucket": own | {"le"}, f"{name}_count": own, f"{name}_sum": own}
