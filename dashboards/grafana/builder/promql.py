"""PromQL that can only name what the registry has.

A query is written as one would type it, without the dashboards' variables. `complete` checks every metric and every
label in it and adds to each selector the variables its metric has labels for: a query cannot forget `$instance`, and
a misspelled label stops the build.
"""

import re
from dataclasses import dataclass

from gate.telemetry.registry import Metric, Registry

TARGET_LABELS = ("job", "instance")
"""Labels every scraped series has, from the scrape and not from Gate."""

FILTERS = {
    "job": "job",
    "instance": "instance",
    "provider": "provider",
    "lane": "lane",
    "from_lane": "lane",
    "client_profile": "client",
    "intent": "intent",
    "route": "route",
}
"""Label -> the dashboards' variable that narrows it, on the dashboards that have the variable."""

FOREIGN = {"ALERTS": ("alertname", "alertstate", "severity")}
"""Series of Prometheus itself. They get no variables: an alert that is about the service has no job and no instance."""

_AGGREGATIONS = "sum min max avg count topk bottomk quantile stddev group count_values"
_OPERATORS = "by without on ignoring group_left group_right and or unless bool offset inf nan"
_KEYWORDS = frozenset(f"{_AGGREGATIONS} {_OPERATORS}".split())
_LABEL_LISTS = ("by", "without", "on", "ignoring", "group_left", "group_right")
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")|(?P<window>\[[^\]]*\])|(?P<number>\d[\w.]*)|(?P<variable>\$\w+)|(?P<name>[A-Za-z_:][\w:]*)"""
    r"""|(?P<matchers>\{[^}]*\})|(?P<space>\s+)|(?P<other>.)"""
)
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*')
_LABEL_FUNCTIONS = {"label_replace": (1, (3,)), "label_join": (1, None)}
"""Function -> argument that names the label made, arguments that name labels read (None: all from the fourth on)."""


class QueryError(ValueError):
    """A query that names a metric or a label the registry does not have in this profile."""


@dataclass(frozen=True)
class Names:
    """What one profile exposes, sample name -> its metric, and the variables of the dashboard that asks."""

    metrics: dict[str, Metric]
    variables: tuple[str, ...]

    @classmethod
    def of(cls, registry: Registry, profile: str, variables: tuple[str, ...]) -> "Names":
        found: dict[str, Metric] = {}
        for metric in registry.metrics.values():
            if registry.has(profile, metric):
                endings = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
                found.update({metric.prometheus + ending: metric for ending in endings})
        return cls(found, variables)

    def labels(self, sample: str) -> tuple[str, ...]:
        """Labels of a sample. Raises QueryError for a name nobody exposes."""
        if sample in FOREIGN:
            return FOREIGN[sample]
        metric = self.metrics.get(sample)
        if metric is None:
            raise QueryError(f"no metric {sample!r} in this profile")
        own = (*metric.labels, *TARGET_LABELS)
        if sample.endswith("_bucket"):
            own = (*own, "le")
        return (*own, "worker") if metric.aggregation == "per-worker" else own


def complete(text: str, names: Names) -> str:
    """The query with the variables' matchers. Raises QueryError."""
    return _Reader(text, names).complete()


def bare(text: str) -> str:
    """A completed query without the matchers that `complete` added."""
    added = "|".join(rf'{label}=~"\${variable}"' for label, variable in FILTERS.items())
    return re.sub(rf"(?:{added})(?:, )?", "", text).replace(", }", "}").replace("{}", "")


class _Reader:
    """One pass over the tokens of a query."""

    def __init__(self, text: str, names: Names) -> None:
        self._text, self._names = text, names
        self._tokens = [(match.lastgroup or "", match.group()) for match in _TOKEN.finditer(text)]
        self._known: set[str] = set()
        self._used: set[str] = set()

    def complete(self) -> str:
        parts: list[str] = []
        at = 0
        while at < len(self._tokens):
            kind, word = self._tokens[at]
            at += 1
            if kind == "matchers":
                raise QueryError(f"a selector without a metric: {word} in {self._text}")
            if kind != "name":
                parts.append(word)
            elif word in _LABEL_LISTS and self._follows(at) == "(":
                end = self._closing(at)
                self._used.update(word for kind, word in self._tokens[at:end] if kind == "name")
                parts.append(word + "".join(word for _, word in self._tokens[at:end]))
                at = end
            elif word in _KEYWORDS or self._follows(at) == "(":
                self._label_function(word, at)
                parts.append(word)
            else:
                matchers = self._tokens[at][1] if at < len(self._tokens) and self._tokens[at][0] == "matchers" else ""
                at += bool(matchers)
                parts.append(self._selector(word, matchers))
        unknown = self._used - self._known
        if unknown:
            raise QueryError(f"no metric of the query has the label {', '.join(sorted(unknown))}: {self._text}")
        return "".join(parts)

    def _follows(self, at: int) -> str:
        """The next token that is no space."""
        return next((word for kind, word in self._tokens[at:] if kind != "space"), "")

    def _closing(self, at: int) -> int:
        """Position after the parenthesis that closes the next one."""
        depth = 0
        for place in range(at, len(self._tokens)):
            depth += {"(": 1, ")": -1}.get(self._tokens[place][1], 0)
            if depth == 0 and self._tokens[place][1] == ")":
                return place + 1
        raise QueryError(f"an open parenthesis: {self._text}")

    def _selector(self, sample: str, matchers: str) -> str:
        labels = self._names.labels(sample)
        self._known.update(labels)
        inside = matchers.strip("{}").strip()
        written = [match.group().strip() for match in _MATCHER.finditer(inside)]
        if ", ".join(written).replace(" ", "") != inside.replace(" ", ""):
            raise QueryError(f"matchers that cannot be read: {matchers}")
        for one in written:
            label = re.split(r"[=!]", one, maxsplit=1)[0]
            if label not in labels:
                raise QueryError(f"{sample} has no label {label!r}: {self._text}")
        if sample in FOREIGN:
            return f"{sample}{{{', '.join(written)}}}"
        chosen = {label: variable for label, variable in FILTERS.items() if variable in self._names.variables}
        added = [f'{label}=~"${variable}"' for label, variable in chosen.items() if label in labels]
        return f"{sample}{{{', '.join(added + written)}}}"

    def _label_function(self, word: str, at: int) -> None:
        """Labels that label_replace and label_join read and make."""
        if word not in _LABEL_FUNCTIONS:
            return
        made, read = _LABEL_FUNCTIONS[word]
        texts = self._own_strings(at)
        self._known.add(texts[made - 1])
        sources = texts[2:] if read is None else [texts[place - 1] for place in read]
        self._used.update(source for source in sources if source)

    def _own_strings(self, at: int) -> list[str]:
        """String arguments of the call that begins here, not those of calls inside it."""
        depth = 0
        found: list[str] = []
        for kind, word in self._tokens[at : self._closing(at)]:
            depth += {"(": 1, ")": -1}.get(word, 0)
            if kind == "string" and depth == 1:
                found.append(word.strip('"'))
        return found
