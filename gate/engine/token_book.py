"""What was learned of how models count: for each family the ratio of the tokens a provider reported to the estimate.

Like the health of routes it is one worker's view: this module holds the values, `seen` changes them. A family is a
model's name without vendor, date and revision (`gate.protocols.estimate.models.family_of`). There are two kinds of
estimate, each with its own ratio: the one of `gate.protocols.estimate`, and the rough one the planner compares with a
context window (bytes / 4), which costs nothing and is learned from every answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import exp, log

from gate.protocols.estimate.models import family_of

LEAST, MOST = 0.4, 2.5
"""A ratio never leaves these bounds: what lies beyond is not the tokenizer but something the estimate does not see (an
earlier answer the vendor keeps, pages of a web search)."""
FEWEST_TOKENS = 64
"""Smaller requests are framing more than text and are not learned from."""
FAMILIES = 256
"""So many are kept of each kind; the one not seen for longest makes room."""
SLOWEST = 0.05
"""The weight of a new observation after many; the first ones weigh 1/2, 1/3, 1/4 ..."""
EVERY_S, EAGER = 10.0, 8
"""A family's full estimate is compared with what was reported for the first so many answers, then every so often."""
SILENT_S = 30.0
"""So long a counting endpoint that did not answer is not asked again."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """ratio: reported / estimated. observed: how often. error: of calibrated estimates, as a part of what was reported;
    an average of the same weights, None before the first."""

    ratio: float = 1.0
    observed: int = 0
    error: float | None = None


NEW = Calibration()


def seen(before: Calibration, estimated: float, reported: float) -> Calibration:
    """One more observation. estimated: before calibration; both above zero. Ratios are averaged by their logarithms, so
    that twice and half cancel out."""
    observed = min(max(reported / estimated, LEAST), MOST)
    weight = max(SLOWEST, 1.0 / (before.observed + 2))
    ratio = exp((1.0 - weight) * log(before.ratio) + weight * log(observed))
    off = abs(error_of(estimated * before.ratio, reported))
    error = off if before.error is None else (1.0 - weight) * before.error + weight * off
    return Calibration(ratio, before.observed + 1, error)


def error_of(calibrated: float, reported: float) -> float:
    """By what part of the reported tokens an estimate was too high, or (below zero) too low."""
    return calibrated / reported - 1.0


class _Shelf:
    """The families of one kind, the last seen last."""

    def __init__(self) -> None:
        self.families: dict[str, Calibration] = {}

    def of(self, family: str) -> Calibration:
        return self.families.get(family, NEW)

    def learn(self, family: str, estimated: float, reported: float) -> None:
        before = self.families.pop(family, NEW)
        if len(self.families) >= FAMILIES:
            del self.families[next(iter(self.families))]
        self.families[family] = seen(before, estimated, reported)


class TokenBook:
    """One worker's view."""

    def __init__(self) -> None:
        self._full = _Shelf()
        self._rough = _Shelf()
        self._looked: dict[str, tuple[int, float]] = {}
        self._silent: dict[tuple[str, str], float] = {}

    def ratio(self, family: str) -> float:
        """For the full estimate; 1.0 for a family nothing was learned of."""
        return self._full.of(family).ratio

    def rough_ratio_of(self, model: str) -> float:
        """For bytes / 4 of a request to a model, by its name."""
        return self.rough_ratio(family_of(model))

    def rough_ratio(self, family: str) -> float:
        """For bytes / 4."""
        return self._rough.of(family).ratio

    def families(self) -> Mapping[str, Calibration]:
        """What was learned for the full estimate. Live: read it before the next await."""
        return self._full.families

    def wants(self, family: str, now: float) -> bool:
        """Whether an answer of this family is worth the full estimate now (seconds on any one clock). Asking counts as
        looking."""
        times, last = self._looked.pop(family, (0, now))
        if times >= EAGER and now - last < EVERY_S:
            self._looked[family] = times, last
            return False
        if len(self._looked) >= FAMILIES:
            del self._looked[next(iter(self._looked))]
        self._looked[family] = times + 1, now
        return True

    def learn(self, family: str, estimated: float, reported: float) -> None:
        """estimated, reported: tokens of text, other things (`Estimate.other`) taken off both."""
        if estimated >= FEWEST_TOKENS and reported > 0:
            self._full.learn(family, estimated, reported)

    def learn_rough(self, family: str, estimated: int, reported: int) -> None:
        if estimated >= FEWEST_TOKENS and reported > 0:
            self._rough.learn(family, estimated, reported)

    def silent(self, provider: str, dialect: str, now: float) -> None:
        """A provider's counting endpoint did not answer."""
        self._silent[provider, dialect] = now + SILENT_S

    def is_silent(self, provider: str, dialect: str, now: float) -> bool:
        """Whether it is not to be asked now. There are as many as configured endpoints."""
        return now < self._silent.get((provider, dialect), 0.0)
