"""A route that fits a kind of request, and how it stands in a state of health.

What is worked out for a state is remembered for as long as the route stays in it, which is most of the time: between
two plans only the routes that were used have changed.
"""

import hashlib
import math
from operator import attrgetter
from typing import Self

from gate.core.decision import Candidate, ScoreTerm
from gate.core.lane import Strategy
from gate.core.reason import Reason
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.inputs import Policy
from gate.planner.rule import LimitRule, RuleSet, Seat


class Live:
    """strategy: of its lane. spreads: it has routes take turns instead of going by their keys. rank: compared before
    the score inside a lane, the same for all routes where the lane does not go by priority. grade: what its way of
    carrying the request costs by the policy; requests are not spread over routes that carry them worse. salt: 64 bits
    that are its own, for chance."""

    __slots__ = (
        "_out",
        "_policy",
        "_rules",
        "_score",
        "_terms",
        "at",
        "awake",
        "candidate",
        "choice",
        "grade",
        "health",
        "id",
        "rank",
        "salt",
        "seat",
        "spreads",
        "strategy",
    )

    _out: "Choice | None"
    _score: float
    health: RouteHealth
    candidate: Candidate
    choice: "Choice"
    awake: tuple[LimitRule, ...]

    def __init__(self, at: int, seat: Seat, rules: RuleSet, policy: Policy) -> None:
        self.at = at
        self.seat = seat
        self.id = seat.route.id
        self.strategy = Strategy.PRICE if seat.lane is None else seat.lane.strategy
        self.spreads = self.strategy not in (Strategy.PRICE, Strategy.PRIORITY)
        self.rank = seat.route.priority if self.strategy is Strategy.PRIORITY else 0
        carriage = (rule.term(seat, HEALTHY, policy) for rule in rules.scores if rule.carriage)
        self.grade = math.fsum(term for term in carriage if term is not None)
        self.salt = int.from_bytes(hashlib.blake2b(self.id.encode(), digest_size=8).digest())
        self._rules = rules
        self._policy = policy
        self._terms: list[ScoreTerm] | None = None
        self._remember(HEALTHY)

    def at_health(self, health: RouteHealth) -> Self:
        """Itself, with `candidate`, `choice` and `awake` as they are in this health. candidate: the route as one that
        qualifies. choice: the same as a choice that nothing presses. awake: the limit rules that may object to it."""
        if health is not self.health:
            self._remember(health)
        return self

    def scored(self, health: RouteHealth) -> Candidate:
        """The route as a candidate that qualifies."""
        return self.at_health(health).candidate

    def out_for(self, reasons: tuple[Reason, ...]) -> "Choice":
        """The route as one that is out, and as a choice that these reasons press. Seconds are rounded, so that under
        load one plan's reasons are mostly those of the one before."""
        out = self._out
        if out is None or out.pressed != reasons:
            out = self._out = Choice(self, excluded(self.seat, reasons), self._score, reasons)
        return out

    def _remember(self, health: RouteHealth) -> None:
        seat = self.seat
        route = seat.route
        unknown = health is HEALTHY
        terms: list[ScoreTerm] = []
        for rule in self._rules.scores:
            if rule.reads_health and unknown:
                continue
            value = rule.term(seat, health, self._policy)
            if value is not None:
                terms.append(ScoreTerm(rule.name, value))
        if terms != self._terms:
            self._terms = terms
            # Rounded once: the same on every Python version (`sum` of floats changed in 3.12), in any order of rules.
            self._score = math.fsum(term.value for term in terms)
            self.candidate = Candidate(
                self.id,
                route.provider,
                route.lane,
                seat.tier,
                terms=tuple(terms),
                score=self._score,
                dialect=seat.dialect,
                losses=seat.losses,
            )
        self.awake = tuple(
            rule for rule in self._rules.limits if not (rule.reads_health and unknown) and not rule.sleeps(seat, health)
        )
        self.health = health
        self._out = None
        self.choice = Choice(self, self.candidate, self._score, ())

    def __repr__(self) -> str:
        return f"Live({self.id})"


def excluded(seat: Seat, reasons: tuple[Reason, ...]) -> Candidate:
    """A route as a candidate that is out."""
    route = seat.route
    return Candidate(route.id, route.provider, route.lane, seat.tier, reasons, dialect=seat.dialect, losses=seat.losses)


class Choice:
    """A route that fits, as it stands now. pressed: why it cannot be used at the moment (pressure only). key: by which
    lanes choose their best route: rank, score, id."""

    __slots__ = ("candidate", "health", "id", "key", "lane", "live", "pressed")

    def __init__(self, live: Live, candidate: Candidate, score: float, pressed: tuple[Reason, ...]) -> None:
        self.live = live
        self.health = live.health
        self.candidate = candidate
        self.id = live.id
        self.lane = candidate.lane
        self.pressed = pressed
        self.key = (live.rank, score, live.id)

    def __repr__(self) -> str:
        return f"Choice({self.id}, {self.key[1]})"


key_of = attrgetter("key")
"""Of a choice."""
