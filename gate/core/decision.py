"""The route decision: a value, made once by `gate.planner.plan`, that says everything about a choice."""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.binding import Stickiness
from gate.core.dialect import Dialect
from gate.core.failure import DowngradeReason
from gate.core.intent import Resolution
from gate.core.lane import Strategy
from gate.core.loss import Feature
from gate.core.reason import Reason
from gate.core.request import RequestFeatures

SCHEMA = 1


class Relation(StrEnum):
    """How an attempt relates to the first choice (architecture.md, "Words")."""

    PRIMARY = "primary"
    RETRY = "retry"
    SAME_LANE_FALLBACK = "same_lane_fallback"
    SUBSTITUTION = "substitution"
    DOWNGRADE = "downgrade"
    UPGRADE = "upgrade"
    LAST_RESORT = "last_resort"


class Tier(StrEnum):
    """Where a route stands towards the intent: in its start set, on its degrade path, on its upgrade path, or out."""

    START = "start"
    DEGRADE = "degrade"
    UPGRADE = "upgrade"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class ScoreTerm:
    """One addend of a score. Lower totals are better; the unit is the rule's business, weights are already applied."""

    rule: str
    value: float


@dataclass(frozen=True, slots=True)
class Candidate:
    """One route of the catalog with its verdict: `reasons` is empty when it qualifies, else every reason it is out.

    Score terms are there for qualifying routes and add up to `score`. dialect: the one the route would be asked in,
    None when it speaks none that the request can be put into. losses: what that would cost, sorted, each once.
    """

    route: str
    provider: str
    lane: str
    tier: Tier
    reasons: tuple[Reason, ...] = ()
    terms: tuple[ScoreTerm, ...] = ()
    score: float | None = None
    dialect: Dialect | None = None
    losses: tuple[Feature, ...] = ()

    @property
    def qualifies(self) -> bool:
        return not self.reasons


@dataclass(frozen=True, slots=True)
class PlannedAttempt:
    """One step of the plan. `downgrade_reason` is only known beforehand when the plan itself starts lower; an attempt
    reached by failing gets its reason from the failure (execution). dialect: the one the upstream is asked in, None
    for the client's own. losses: what of the request will not arrive, as far as known beforehand. own_credential: the
    call carries the client's own credential, for its provider has none configured. cache_loss_pico: pico-USD that it
    costs more because the session's prompt cache is at another route; None where that cannot be told, or nothing is
    lost. quota_group: see `Route`."""

    route: str
    provider: str
    model: str
    lane: str
    relation: Relation
    downgrade_reason: DowngradeReason | None = None
    note: Reason | None = None
    dialect: Dialect | None = None
    losses: tuple[Feature, ...] = ()
    own_credential: bool = False
    cache_loss_pico: int | None = None
    quota_group: str = ""


@dataclass(frozen=True, slots=True)
class RouteDecision:
    """What was asked, what was considered, what will be tried.

    id: names the worker that holds it. lane: the chosen lane, i.e. of the first planned attempt (None when nothing can
    be tried). first_lane: the lane an unpressed plan would have chosen (the best of the start set by capability and
    price, whatever its health); `downgrade` and `substitution` are relative to it. same_lane: other qualifying routes
    of the chosen lane. premium_asked: the intent is premium, or a lane or model was asked for by name.
    premium_escalation: the chosen lane is premium although that was not asked for; a later attempt may still be one.
    rule: name of the routing rule that fired, None when none did. strategy: how the chosen lane's routes were ordered.
    stickiness: None when the request belongs to no session, or stickiness is off.
    health_epoch, config_version, now_ns, seed: the inputs that are not in `request`, so that a plan can be replayed.
    """

    id: str
    request: RequestFeatures
    resolution: Resolution
    candidates: tuple[Candidate, ...]
    attempts: tuple[PlannedAttempt, ...]
    lane: str | None
    first_lane: str | None
    same_lane: tuple[str, ...]
    premium_asked: bool
    premium_escalation: bool
    config_version: str
    health_epoch: int
    now_ns: int
    seed: int
    rule: str | None = None
    strategy: Strategy | None = None
    stickiness: Stickiness | None = None
    schema: int = SCHEMA
