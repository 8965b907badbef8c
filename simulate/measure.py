"""What a run is measured by, each figure defined here and nowhere else."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from gate.core.money import PICO_PER_USD
from simulate.traffic import Turn


@dataclass(frozen=True, slots=True)
class Decision:
    """The first route that was tried for a request, and when. probe: to find out whether it is back. ill: with how many
    routes of the intent something was wrong then; at least one when the route is below home or is
    only probed, for something was."""

    at: float
    route: str
    probe: bool
    ill: int = 0


@dataclass(frozen=True, slots=True)
class Missed:
    """When a request went to a lower lane: a route of home, not tried by it, with which nothing was wrong for `well_s`
    seconds, and which would have served it."""

    at: float
    route: str
    well_s: float


class Measurable(Protocol):
    """What is read of a request that has ended. mishaps: its calls that failed though nothing was wrong otherwise."""

    turn: Turn
    tried: list[str]
    first: Decision | None
    first_s: float | None
    served: bool
    below: bool
    missed: Missed | None
    mishaps: int
    pico: int
    lost: int


@dataclass(frozen=True, slots=True)
class Result:
    """One run.

    requests: all; served: answered whole. first_s: seconds from arrival to first content, of the served, sorted.
    usd: everything that was paid; cache_loss_usd: the part that was paid because a session's cache was elsewhere.
    calls: upstream calls. downgrades: requests served below the lane they were meant for. wrong: those of them for
    which, when the lower lane was asked, a route of home that the request had not tried would have served. late_s: the
    longest time such a route had been well.
    switches: changes of the first route between consecutive decisions of one class (a session; an intent, for requests
    of no session). moves: the same, probes left out. changes: state changes of the providers. excess: moves beyond the
    state changes within the life of a class, summed over the classes; strict: the same with probes. Two more things
    are changes for a class: the troubles it is born into (`Decision.ill`), for they are found out, or found to be over,
    later; and a call of its own that fails although nothing is wrong with the route otherwise.
    """

    requests: int
    served: int
    first_s: tuple[float, ...]
    usd: float
    cache_loss_usd: float
    calls: int
    downgrades: int
    wrong: int
    late_s: float
    switches: int
    moves: int
    changes: int
    excess: int
    strict: int

    @property
    def availability(self) -> float:
        return self.served / self.requests if self.requests else 1.0

    @property
    def p95_s(self) -> float:
        """Nearest rank."""
        return self.first_s[max(0, -(-95 * len(self.first_s) // 100) - 1)] if self.first_s else 0.0

    @property
    def calls_per_request(self) -> float:
        return self.calls / self.requests if self.requests else 0.0


def measured(journeys: Sequence[Measurable], changes: Mapping[str, Sequence[float]]) -> Result:
    """changes: of each intent, when one of its routes changed its state, in order; of "", all of them."""
    served = [one for one in journeys if one.served]
    lower = [one for one in served if one.below]
    wrong = [one.missed for one in lower if one.missed is not None]
    by_class: dict[str, list[Measurable]] = {}
    for one in journeys:
        by_class.setdefault(one.turn.group, []).append(one)
    switches = moves = excess = strict = 0
    for members in by_class.values():
        decisions = sorted((one.first for one in members if one.first), key=lambda decision: decision.at)
        if not decisions:
            continue
        here, settled = switched(decisions), switched([one for one in decisions if not one.probe])
        real = changed(changes[members[0].turn.intent], decisions[0].at, decisions[-1].at)
        real += decisions[0].ill + sum(one.mishaps for one in members)
        switches += here
        moves += settled
        excess += max(0, settled - real)
        strict += max(0, here - real)
    return Result(
        requests=len(journeys),
        served=len(served),
        first_s=tuple(sorted(one.first_s for one in served if one.first_s is not None)),
        usd=sum(one.pico for one in journeys) / PICO_PER_USD,
        cache_loss_usd=sum(one.lost for one in journeys) / PICO_PER_USD,
        calls=sum(len(one.tried) for one in journeys),
        downgrades=len(lower),
        wrong=len(wrong),
        late_s=max((one.well_s for one in wrong), default=0.0),
        switches=switches,
        moves=moves,
        changes=len(changes.get("", ())),
        excess=excess,
        strict=strict,
    )


def switched(decisions: Sequence[Decision]) -> int:
    """Changes of the route between one decision and the next."""
    return sum(one.route != two.route for one, two in pairwise(decisions))


def changed(times: Sequence[float], first: float, last: float) -> int:
    """How many of these sorted times lie between the two, both included."""
    return bisect_right(times, last) - bisect_left(times, first)
