"""Health of routes as the planner reads it: immutable values, made by `gate.health.reducer`, never by hand.

Times are seconds on the caller's monotonic clock. Unknown is None: a route nobody has tried yet is `HEALTHY`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gate.core.failure import FailureKind
from gate.health.cooldown import Cooldown
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.steady import UNKNOWN, Steady
from gate.health.traffic import NO_TRAFFIC, Traffic
from gate.health.window import EMPTY_WINDOW, Window


class BreakerState(StrEnum):
    """closed: in use. open: left alone until `open_until`. half_open: one probe decides whether it closes again."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class RouteHealth:
    """One route as seen by one worker.

    state, open_until: the breaker; an open one may be probed from `open_until` on. openings: how often in a row it was
    closed too soon and had to open again, 1 the first time (the open time doubles with it); that and open_until are
    remembered while it is closed. consecutive: failures in a row that were the route's own fault. last_failure: the
    kind of the latest of them, the reason for an open breaker. cooldown: the upstream said when to come back, or met a
    rate limit. ttfb_s: moving average of seconds to the first content, None before the first. error_rate: moving
    average of failures, 0 to 1, None before the first ended attempt. in_flight: attempts under way. probing,
    probe_until: a probe of a half-open breaker is under way; after `probe_until` it no longer keeps others away (it may
    be a stream of many minutes). auth_failure: the configured key was refused at the latest attempt, and how. window:
    recent outcomes. pressed_at: when the breaker last opened or a cooldown was last set; only an attempt that began
    later can prove that it is over. group: what the quota group's members share. traffic: what the route has done
    lately. steady: the averages as scores read them. low: little is left of an
    allowance that is the route's own. proofs: answers in a row since the breaker opened.
    """

    state: BreakerState = BreakerState.CLOSED
    open_until: float | None = None
    openings: int = 0
    consecutive: int = 0
    last_failure: FailureKind | None = None
    cooldown: Cooldown | None = None
    ttfb_s: float | None = None
    error_rate: float | None = None
    in_flight: int = 0
    probing: bool = False
    probe_until: float | None = None
    auth_failure: FailureKind | None = None
    window: Window = EMPTY_WINDOW
    pressed_at: float | None = None
    group: GroupPressure = NO_PRESSURE
    traffic: Traffic = NO_TRAFFIC
    steady: Steady = UNKNOWN
    low: bool = False
    proofs: int = 0

    def open_for(self, now: float) -> float:
        """Seconds the breaker stays open from now, 0.0 when it lets a request pass."""
        if self.state is not BreakerState.OPEN or self.open_until is None:
            return 0.0
        return max(0.0, self.open_until - now)

    def probe_under_way(self, now: float) -> bool:
        return self.probing and self.probe_until is not None and now < self.probe_until

    def cooling_for(self, now: float) -> float:
        """Seconds the upstream still wants to be left alone, 0.0 when it does not."""
        return 0.0 if self.cooldown is None else max(0.0, self.cooldown.until - now)


HEALTHY = RouteHealth()


@dataclass(frozen=True, slots=True)
class HealthSnapshot:
    """All routes at one moment.

    epoch: counts the changes that verdicts of the planner depend on (breaker, probe, cooldown), not the averages; two
    snapshots with one epoch exclude the same routes at the same time.
    """

    epoch: int = 0
    routes: Mapping[str, RouteHealth] = field(default_factory=dict[str, RouteHealth])

    def of(self, route: str) -> RouteHealth:
        """The health of a route; `HEALTHY` when nothing is known of it."""
        return self.routes.get(route, HEALTHY)


UNKNOWN_HEALTH = HealthSnapshot()
