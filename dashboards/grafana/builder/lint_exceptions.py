"""What Grafana's dashboard-linter finds and is right as it is: the `.lint` beside the dashboards, where it looks."""

from collections.abc import Sequence

import yaml
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models import tempo

_OF_TEMPO = "The rule reads every query as PromQL; these panels ask Tempo in TraceQL."
_OF_ALERTS = "An alert is about the service: its rule aggregates job and instance away."


def document(dashboards: Sequence[model.Dashboard]) -> str:
    """The `.lint` file of these dashboards. https://github.com/grafana/dashboard-linter#exclusions-and-warnings"""
    of_tempo: list[dict[str, str]] = []
    of_alerts: list[dict[str, str]] = []
    for dashboard in dashboards:
        for panel in dashboard.panels or ():
            for target in getattr(panel, "targets", None) or ():
                place = {"dashboard": dashboard.title or "", "panel": panel.title or ""}
                if isinstance(target, tempo.TempoQuery):
                    of_tempo.append(place)
                elif "ALERTS{" in target.expr:
                    of_alerts.append(place)
    rules = {
        "target-counter-agg-rule": (_OF_TEMPO, of_tempo),
        "target-instance-rule": (_OF_ALERTS, of_alerts),
        "target-job-rule": (_OF_ALERTS, of_alerts),
        "target-promql-rule": (_OF_TEMPO, of_tempo),
    }
    exclusions = {
        rule: {"reason": reason, "entries": list(map(dict, entries))} for rule, (reason, entries) in rules.items()
    }
    return yaml.safe_dump({"exclusions": exclusions}, sort_keys=True, width=120, allow_unicode=True)
