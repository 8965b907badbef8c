"""Modelled providers: how a route answers a call, and the truth about whether it would.

Every draw is keyed by route, request and how often this request asked the route already, so what becomes of a call does
not depend on who makes it, nor on what else was called. Limits and idleness do depend on the traffic a system sends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from gate.core.allowance import Allowance
from gate.core.failure import Failure, FailureKind
from gate.core.usage import NOT_REPORTED, Usage
from simulate.caches import usage
from simulate.draws import around, seconds, uniform
from simulate.limits import REFUSED_S, Limit
from simulate.traffic import Turn


@dataclass(frozen=True, slots=True)
class Nature:
    """A route when nothing is wrong. first_s, spread: time to the first content without reading (median; see `around`).
    reads_per_s: input tokens read per second, those in its prompt cache are free. tokens_per_s: of an answer. errors:
    share of calls that fail anyhow (500). cold_after_s: left alone so long, its next call waits `cold_s` more. limits:
    names of the limits its calls count against."""

    first_s: float = 0.7
    spread: float = 0.2
    reads_per_s: float = 40_000.0
    tokens_per_s: float = 80.0
    errors: float = 0.001
    cold_after_s: float | None = None
    cold_s: float = 0.0
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with some routes from `start` until before `end`. share: of the calls that fail, with `failure` and
    `status` after `takes_s`. slower: factor on the time to the first content. cut: share of answers that break off
    after their first content."""

    routes: tuple[str, ...]
    start: float
    end: float
    share: float = 1.0
    failure: FailureKind = FailureKind.SERVER_ERROR
    status: int | None = 503
    takes_s: float = 0.2
    slower: float = 1.0
    cut: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a call. first_s, took_s: seconds from its start to the first content and to its end. failure: None
    when it served; with a first content, its stream broke off. usage: as the provider reports it."""

    took_s: float
    first_s: float | None = None
    failure: Failure | None = None
    allowances: tuple[Allowance, ...] = ()
    usage: Usage = NOT_REPORTED


_BROKEN = Failure(FailureKind.SERVER_ERROR, "internal error", status=500)
_CUT = Failure(FailureKind.TRUNCATED_STREAM, "the stream broke off", status=200)
_LATE = Failure(FailureKind.FIRST_BYTE_TIMEOUT, "no answer in time")


class Upstreams:
    """All routes of one run. limits: fresh objects, by name."""

    def __init__(
        self, natures: Mapping[str, Nature], troubles: Sequence[Trouble], limits: Mapping[str, Limit], seed: int
    ) -> None:
        self._natures = natures
        self._numbers = {route: number for number, route in enumerate(natures)}
        self._troubles = {
            route: tuple((number, one) for number, one in enumerate(troubles) if route in one.routes)
            for route in natures
        }
        self._limits = {route: tuple(limits[name] for name in nature.limits) for route, nature in natures.items()}
        self._seed = seed
        self._last: dict[str, float] = {}
        self._asked_until: dict[str, float] = {}

    def ask(self, route: str, turn: Turn, tries: int, cached: int, timeout_s: float, now: float) -> Answer:
        """Make a call. tries: how often this request asked the route before. cached: input tokens it need not read."""
        failed = self._trouble(route, turn, tries, now)
        if failed is not None:
            return Answer(min(failed[1], timeout_s), None, failed[0])
        for limit in self._limits[route]:
            refused = limit.take(now, turn.input + turn.writes)
            if refused is not None:
                if refused.retry_after_s is not None:
                    self._asked_until[route] = now + REFUSED_S + refused.retry_after_s
                return Answer(REFUSED_S, None, refused, self._told(route, now))
        nature = self._natures[route]
        key = (self._seed, self._numbers[route], turn.id, tries)
        first = around(nature.first_s, nature.spread, *key, 1) + (turn.input - cached) / nature.reads_per_s
        cut = False
        for number, trouble in self._current(route, now):
            first *= trouble.slower
            cut = cut or uniform(*key, 2, number) < trouble.cut
        if nature.cold_after_s is not None and now - self._last.get(route, float("-inf")) > nature.cold_after_s:
            first += nature.cold_s
        first = seconds(first)
        if first > timeout_s:
            return Answer(timeout_s, None, _LATE)
        self._last[route] = now
        used = usage(turn, cached)
        if cut:  # it was read whole; what it wrote is not reported
            return Answer(seconds(first + 0.5), first, _CUT, usage=replace(used, output=0))
        return Answer(seconds(first + turn.writes / nature.tokens_per_s), first, None, self._told(route, now), used)

    def would_serve(self, route: str, turn: Turn, now: float) -> bool:
        """The truth: whether a first call of this request would be served whole now. Changes nothing.

        A route that has told this system with Retry-After to stay away does not count before that is over, even if it
        would let a small request pass: a gateway has to obey.
        """
        if now < self._asked_until.get(route, 0.0):
            return False
        if self._trouble(route, turn, 0, now) is not None:
            return False
        tokens = turn.input + turn.writes
        if not all(limit.open(now, tokens) for limit in self._limits[route]):
            return False
        key = (self._seed, self._numbers[route], turn.id, 0, 2)
        return not any(uniform(*key, number) < trouble.cut for number, trouble in self._current(route, now))

    def well_since(self, route: str, now: float) -> float | None:
        """Since when nothing is wrong with the route; None when something is."""
        since = 0.0
        for _, trouble in self._troubles[route]:
            if trouble.start <= now < trouble.end:
                return None
            if trouble.end <= now:
                since = max(since, trouble.end)
        for limit in self._limits[route]:
            edges = limit.changes(now)
            if len(edges) % 2:
                return None
            since = max(since, edges[-1] if edges else 0.0)
        return since

    def changes(self, routes: Sequence[str], horizon_s: float) -> list[float]:
        """When one of these routes changed its state, in order: a trouble began or ended, a limit was met or was over,
        its headers told of scarcity or of its end. Two routes that change at once are two changes."""
        found: list[float] = []
        for route in routes:
            times = {at for _, trouble in self._troubles[route] for at in (trouble.start, trouble.end)}
            for limit in self._limits[route]:
                times.update(limit.changes(horizon_s), limit.told(horizon_s))
            found += times
        return sorted(found)

    def _current(self, route: str, now: float) -> list[tuple[int, Trouble]]:
        return [entry for entry in self._troubles[route] if entry[1].start <= now < entry[1].end]

    def _trouble(self, route: str, turn: Turn, tries: int, now: float) -> tuple[Failure, float] | None:
        """How a call fails, and after how many seconds; None when it does not."""
        key = (self._seed, self._numbers[route], turn.id, tries, 3)
        for number, trouble in self._current(route, now):
            if trouble.share >= 1.0 or uniform(*key, number) < trouble.share:
                return Failure(trouble.failure, "trouble", status=trouble.status), trouble.takes_s
        if uniform(*key) < self._natures[route].errors:
            return _BROKEN, 0.3
        return None

    def _told(self, route: str, now: float) -> tuple[Allowance, ...]:
        return tuple(allowance for limit in self._limits[route] for allowance in limit.allowances(now))
