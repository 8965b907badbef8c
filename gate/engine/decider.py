"""Makes the decision for one request: brings together what a plan reads besides the request and the configuration.

That is the health of routes, where the session was served before, what was learned of tokens, the time and chance. All
of it is kept as the `Situation` of the decision, so that it can be made again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gate.core.binding import Binding
from gate.core.decision import RouteDecision
from gate.core.execution import AttemptRecord
from gate.core.ids import decision_id
from gate.core.request import RequestFeatures
from gate.core.shadow import ShadowPlan
from gate.engine.health_book import HealthBook
from gate.engine.ports import SharedState
from gate.engine.session_book import SessionBook, session_of
from gate.engine.snapshot import Snapshot
from gate.health.snapshot import HealthSnapshot
from gate.planner.plan import plan
from gate.planner.recording import Consulted, Situation, conditions_of
from gate.planner.shadow import compared
from gate.planner.whatif import NOTHING_SUPPOSED, Supposed, supposing


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision with what it was made from. within_s: how long its session stays bound. started_ns, ended_ns: the wall
    clock around the plan."""

    decision: RouteDecision
    situation: Situation
    within_s: float
    started_ns: int
    ended_ns: int


class Decider:
    """worker: index of this process, in decision ids. ratio: see `gate.planner.rule.Ask`. clock: monotonic seconds,
    that of `health`. shared: None where nothing is shared."""

    def __init__(
        self,
        *,
        worker: int,
        health: HealthBook,
        ratio: Callable[[str], float],
        clock: Callable[[], float],
        clock_ns: Callable[[], int],
        random: Callable[[int], bytes],
        shared: SharedState | None,
    ) -> None:
        self._worker = worker
        self._health = health
        self._ratio = ratio
        self._clock = clock
        self._clock_ns = clock_ns
        self._random = random
        self._sessions = SessionBook(shared)

    async def decide(self, features: RequestFeatures, snapshot: Snapshot) -> Decided:
        """The decision for a request that is there. Waits only where replicas may know its session, and not long."""
        key, within_s = session_of(features, snapshot, self._clock_ns())
        binding = None if key is None else await self._sessions.find(key, self._clock(), within_s)
        started_ns = self._clock_ns()
        decision, situation = self._plan(features, snapshot, started_ns, binding)
        return Decided(decision, situation, within_s, started_ns, self._clock_ns())

    def hypothetical(
        self,
        features: RequestFeatures,
        snapshot: Snapshot,
        now_ns: int | None = None,
        suppose: Mapping[str, Supposed] = NOTHING_SUPPOSED,
    ) -> RouteDecision:
        """The decision a request with these features would get. now_ns: the wall clock, None for now. suppose: routes
        in other states than they are in."""
        now_ns = self._clock_ns() if now_ns is None else now_ns
        key, within_s = session_of(features, snapshot, now_ns)
        binding = None if key is None else self._sessions.look(key, self._clock(), within_s)
        return self._plan(features, snapshot, now_ns, binding, suppose)[0]

    def beside(self, made: Decided, features: RequestFeatures, shadow: Snapshot) -> ShadowPlan:
        """What a candidate configuration decides of the same request at the same moment. features: as it sees them."""
        decision, situation = made.decision, made.situation
        health = HealthSnapshot(decision.health_epoch, situation.health)
        moment = situation.now, decision.now_ns, decision.seed, decision.id
        world = shadow.world_for(features)
        return compared(decision, plan(features, world, health, *moment, self._ratio, situation.binding))

    def ended(self, made: Decided, records: Sequence[AttemptRecord]) -> None:
        """The request is over: its session is where it was served."""
        self._sessions.ended(made.decision, records, self._clock(), made.within_s)

    def _plan(
        self,
        features: RequestFeatures,
        snapshot: Snapshot,
        now_ns: int,
        binding: Binding | None,
        suppose: Mapping[str, Supposed] = NOTHING_SUPPOSED,
    ) -> tuple[RouteDecision, Situation]:
        world = snapshot.world_for(features)
        seed = int.from_bytes(self._random(4))
        now = self._clock()
        new_id = decision_id(self._worker, self._random(10))
        ratio = Consulted(self._ratio)
        health = supposing(self._health.snapshot(), world, suppose, now)
        decision = plan(features, world, health, now, now_ns, seed, new_id, ratio, binding)
        situation = Situation(
            now,
            dict(health.routes),
            ratio.answers,
            binding,
            conditions=conditions_of(world),
            simulated=world is not snapshot.world,
        )
        return decision, situation
