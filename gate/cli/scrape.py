"""A reading of `/metrics`, and what happened between two of them.

Counters may start again at zero between readings (Gate was restarted): then what they show is what was added, as
Prometheus has it. A metric that this Gate does not have is None, never 0.
"""

import argparse
import math
import re
import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from gate.cli.client import exposition

# The text format: https://prometheus.io/docs/instrumenting/exposition_formats/. Read by hand: the client library's
# parser took three times as long (and has to be imported first), and a large Gate is read every two seconds.
_LINE = re.compile(r"^(?P<name>[a-zA-Z_:][\w:]*)(?:\{(?P<labels>.*)\})? (?P<value>\S+)", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
Match = str | Collection[str]
Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of one series."""

    labels: Mapping[str, str]
    value: float


class Scrape:
    """Everything `/metrics` said at one time. at: monotonic seconds."""

    def __init__(self, text: str, at: float) -> None:
        self.at = at
        self._samples: dict[str, list[Sample]] = defaultdict(list)
        for line in _LINE.finditer(text):
            labels = {name: _unescaped(value) for name, value in _LABEL.findall(line["labels"] or "")}
            self._samples[line["name"]].append(Sample(labels, float(line["value"])))

    def series(self, name: str, **match: Match) -> list[Sample]:
        """The series of that name whose labels have these values (one, or one of several)."""
        return [sample for sample in self._samples.get(name, ()) if _matches(sample.labels, match)]

    def total(self, name: str, **match: Match) -> float | None:
        """Their sum; None when the metric is not there at all."""
        if name not in self._samples:
            return None
        return sum(sample.value for sample in self.series(name, **match))

    def by(self, name: str, label: str, **match: Match) -> dict[str, float]:
        """Their sums by the value of a label."""
        sums: dict[str, float] = defaultdict(float)
        for sample in self.series(name, **match):
            sums[sample.labels.get(label, "none")] += sample.value
        return dict(sums)

    def label(self, name: str, label: str) -> str | None:
        """The label's value in the first series of that name that is not 0: for metrics that only inform."""
        return next((sample.labels.get(label) for sample in self.series(name) if sample.value), None)


def scrape(options: argparse.Namespace) -> Scrape:
    """Reads `/metrics` of a running Gate. Raises Failed, Away."""
    text = exposition(options)
    return Scrape(text, time.monotonic())


class Estimate(NamedTuple):
    """A quantile out of buckets. sign: `<` below the first bound, which is all that is known; `>` beyond the last."""

    value: float
    sign: str


class Change:
    """What was added from one reading to the next."""

    def __init__(self, before: Scrape, after: Scrape) -> None:
        self.before, self.after = before, after
        self.seconds = max(after.at - before.at, 1e-9)
        self._before: dict[str, dict[Key, float]] = {}

    def added(self, name: str, **match: Match) -> float | None:
        """None when the metric is not there at all."""
        if self.after.total(name) is None:
            return None
        return sum(self._increase(name, sample) for sample in self.after.series(name, **match))

    def rate(self, name: str, **match: Match) -> float | None:
        """Per second."""
        added = self.added(name, **match)
        return None if added is None else added / self.seconds

    def quantile(self, quantile: float, name: str, **match: Match) -> "Estimate | None":
        """Of what was added to a histogram, by linear interpolation inside a bucket; None when nothing was added."""
        counts: dict[float, float] = defaultdict(float)
        for sample in self.after.series(f"{name}_bucket", **match):
            counts[float(sample.labels["le"])] += self._increase(f"{name}_bucket", sample)
        total = counts.get(math.inf, 0.0)
        if total <= 0:
            return None
        bounds = sorted(counts)
        rank = quantile * total
        at = next(index for index, bound in enumerate(bounds) if counts[bound] >= rank)
        if at == 0:
            return Estimate(bounds[0], "<")
        low, high = bounds[at - 1], bounds[at]
        if math.isinf(high):
            return Estimate(low, ">")
        return Estimate(low + (high - low) * (rank - counts[low]) / (counts[high] - counts[low]), "")

    def _increase(self, name: str, sample: Sample) -> float:
        if name not in self._before:
            self._before[name] = {_key(name, one.labels): one.value for one in self.before.series(name)}
        before = self._before[name].get(_key(name, sample.labels), 0.0)
        return sample.value - before if sample.value >= before else sample.value


def _unescaped(value: str) -> str:
    if "\\" not in value:
        return value
    return value.replace("\\\\", "\0").replace('\\"', '"').replace("\\n", "\n").replace("\0", "\\")


def _key(name: str, labels: Mapping[str, str]) -> Key:
    return name, tuple(sorted(labels.items()))


def _matches(labels: Mapping[str, str], match: Mapping[str, Match]) -> bool:
    return all(
        labels.get(name) == wanted if isinstance(wanted, str) else labels.get(name) in wanted
        for name, wanted in match.items()
    )
