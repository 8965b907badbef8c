"""Pieces that the shipped rules' expressions are made of."""

from collections.abc import Sequence

from gate.cli.rule_file import Rules, pick

Labels = Sequence[str]


def increase(rules: Rules, by: Labels, metric: str, window: str, **labels: str | Sequence[str]) -> str:
    """How much a counter grew in a window, added up by labels."""
    return f"sum {rules.by(*by)} (increase({pick(metric, **labels)}[{window}]))"


def grown(rules: Rules, by: Labels, metric: str, window: str, **labels: str | Sequence[str]) -> str:
    """The same for counters whose every step matters: it also sees a series' first value, which `increase` does not,
    because Gate exposes a series from its first event on."""
    return grown_of(rules, by, pick(metric, **labels), window)


def grown_of(rules: Rules, by: Labels, series: str, window: str) -> str:
    """The same of a selector as it is written."""
    return f"sum {rules.by(*by)} (({series} unless {series} offset {window}) or increase({series}[{window}]))"


def share(part: str, whole: str) -> str:
    """part / whole; 0 where the part has never happened, nothing where there is no whole."""
    return f"(\n  {part}\n  or\n  0 * {whole}\n)\n/\n({whole} > 0)"


def quantile(rules: Rules, q: float, by: Labels, metric: str, window: str) -> str:
    """A quantile of a histogram's events in a window."""
    return f"histogram_quantile({q:g}, sum {rules.by(*by, 'le')} (rate({metric}_bucket[{window}])))"
