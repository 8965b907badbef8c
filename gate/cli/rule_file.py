"""Prometheus rule files as values: selectors, aggregations, recordings, alerts, and the YAML of them.

Used by `gate slo rules` and by dashboards/prometheus/builder, so that all of Gate's alerts look alike. What is written
works with Prometheus 2.42 and later (https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import yaml

RUNBOOKS = "https://gate.example/docs/how-to/runbooks"
"""Base of every `runbook_url`. Where the pages are published is the operator's to say (`--runbooks`)."""
KEEP = ("job",)
"""Labels of the scrape that every aggregation keeps: one service is one job, however many instances it has."""
EVALUATION_S = 60
"""Interval of all groups. Counts over long windows are sums of rates at this interval."""

_SPECIAL = re.compile(r"[^A-Za-z0-9_/:-]")

Rule = dict[str, Any]
Severity = Literal["critical", "warning", "info"]


def pick(metric: str, **labels: str | Sequence[str]) -> str:
    """A selector: `pick("m", a="x", b=("y", "z"))` is `m{a="x",b=~"y|z"}`. Names match as they are, not as patterns."""
    matchers = [_matcher(label, value) for label, value in labels.items()]
    return f"{metric}{{{','.join(matchers)}}}" if matchers else metric


def _matcher(label: str, value: str | Sequence[str]) -> str:
    values = [value] if isinstance(value, str) else list(value)
    if len(values) == 1:
        return f"{label}={_quoted(values[0])}"
    literally = (_SPECIAL.sub(r"\\\g<0>", one) for one in values)
    return f"{label}=~{_quoted('|'.join(literally))}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def le(seconds: float) -> tuple[str, ...]:
    """Values of the label `le` for a boundary: Prometheus 3 writes whole numbers as `5.0`, older ones as they came."""
    return (f"{seconds:g}", f"{seconds:.1f}") if float(seconds).is_integer() else (f"{seconds:g}",)


@dataclass(frozen=True, slots=True)
class Rules:
    """Makes rules. keep: labels of the scrape that aggregations keep. runbooks: base address of the runbook pages."""

    keep: tuple[str, ...] = KEEP
    runbooks: str = RUNBOOKS

    def by(self, *labels: str) -> str:
        """A grouping clause: the kept labels and these."""
        return f"by ({', '.join((*self.keep, *labels))})"

    def on(self, *labels: str) -> str:
        """A matching clause: the kept labels and these."""
        return f"on ({', '.join((*self.keep, *labels))})"

    def alert(
        self,
        name: str,
        expr: str,
        *,
        severity: Severity,
        summary: str,
        description: str,
        dashboard: str,
        hold: str = "0s",
        labels: dict[str, str] | None = None,
    ) -> Rule:
        """An alerting rule. hold: how long it must be true. dashboard: title of the one to open."""
        return {
            "alert": name,
            "expr": expr,
            "for": hold,
            "labels": {"severity": severity, "component": "gate", **(labels or {})},
            "annotations": {
                "summary": summary,
                "description": description,
                "runbook_url": f"{self.runbooks.rstrip('/')}/{kebab(name)}.md",
                "dashboard": dashboard,
            },
        }


def record(name: str, expr: str, **labels: str) -> Rule:
    """A recording rule."""
    return {"record": name, "expr": expr, **({"labels": labels} if labels else {})}


def group(name: str, rules: Iterable[Rule]) -> dict[str, Any]:
    """A group, evaluated every minute."""
    return {"name": name, "interval": f"{EVALUATION_S}s", "rules": list(rules)}


def kebab(alert: str) -> str:
    """The name of an alert's runbook page: `GateCostSpike` -> `gate-cost-spike`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


def as_yaml(groups: Sequence[dict[str, Any]], head: str) -> str:
    """The rule file's text. head: what its comment says, without `# `."""
    comment = "".join(f"# {line}".rstrip() + "\n" for line in head.splitlines())
    body = yaml.dump({"groups": list(groups)}, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)
    return comment + body


class _Dumper(yaml.SafeDumper):
    """Several lines as a block; sequences set in, so that groups and rules can be told apart."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: Any, value: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)
