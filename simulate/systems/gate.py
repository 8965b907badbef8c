"""Gate: the real plan, the real health and the real `next_step`, with the settings a new installation has."""

from gate.core.decision import Relation, RouteDecision
from gate.core.dialect import Operation
from gate.core.execution import AttemptRecord
from gate.core.request import ClientProfile, RequestFeatures, Session
from gate.engine.health_book import HealthBook
from gate.engine.next_step import Fail, Finish, StepState, Try, Wait, next_step
from gate.engine.session_book import SessionBook, session_key
from gate.engine.snapshot import Timeouts
from gate.health.breaker import DEFAULT_BREAKER
from gate.planner.affinity import asked_intent
from gate.planner.inputs import World
from gate.planner.plan import plan
from simulate.draws import mixed
from simulate.setting import DIALECT
from simulate.system import Call, Entry, Pause, Stage, Walk
from simulate.traffic import Turn
from simulate.upstreams import Answer

_TIMEOUTS = Timeouts()


def features(turn: Turn) -> RequestFeatures:
    """A turn as the planner sees it."""
    session = None if turn.session is None else f"session-{turn.session}"
    return RequestFeatures(
        DIALECT,
        Operation.CHAT,
        turn.intent,
        stream=True,
        body_bytes=4 * turn.input,
        token_estimate=turn.input,
        tools=session is not None,
        client=ClientProfile.AUTOMATION if session is None else ClientProfile.CLAUDE,
        session=Session(session),
        sticky_key=session,
    )


class Gate:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._health = HealthBook()
        self._sessions = SessionBook()
        self._world: World | None = None

    def walk(self, turn: Turn) -> Walk:
        now = self._stage.now
        world = self._stage.world()
        if world is not self._world:
            self._health.configure(world.routes)
            self._world = world
        request, now_ns, seed = features(turn), int(now * 1e9), mixed(self._stage.seed, turn.id, 11)
        held_s, key = world.policy.stickiness_s, None
        if request.sticky_key is not None:
            key = session_key(request.sticky_key, asked_intent(request, world, now_ns))
        binding = None if key is None else self._sessions.look(key, now, held_s)
        health = self._health.snapshot()
        decision = plan(request, world, health, now, now_ns, seed, f"gd-0-{turn.id}", binding=binding)
        records: list[AttemptRecord] = []
        committed = False
        while decision.attempts:
            state = StepState(
                now_s=self._stage.now - turn.at,
                deadline_s=_TIMEOUTS.total_s,
                attempt_timeout_s=_TIMEOUTS.first_byte_s,
                committed=committed,
                max_attempts=world.policy.max_attempts,
            )
            step = next_step(decision, tuple(records), state)
            if isinstance(step, Wait):
                yield Pause(step.seconds)
                step = step.then
            if isinstance(step, Finish | Fail):
                return
            started = self._stage.now
            answer = yield self._started(step, started)
            assert answer is not None
            committed = committed or answer.first_s is not None
            records.append(_record(decision, step, len(records), turn, started, self._stage.now, answer))
            self._health.ended(records[-1], self._stage.now, DEFAULT_BREAKER)
            if answer.failure is None and key is not None:
                self._sessions.served(key, records[-1], self._stage.now, held_s)

    def _started(self, step: Try, now: float) -> Call:
        route = step.attempt.route
        before = self._health.of(route)
        self._health.started(route, now, DEFAULT_BREAKER)
        after = self._health.of(route)
        probe = (after.probing and not before.probe_under_way(now)) or (
            after.group.probing and not before.group.probe_under_way(now)
        )
        probe = probe or step.relation is Relation.LAST_RESORT
        return Call(route, step.timeout_s, probe, lambda: self._health.answered(route, now, DEFAULT_BREAKER, False))


def _record(
    decision: RouteDecision, step: Try, index: int, turn: Turn, started: float, now: float, answer: Answer
) -> AttemptRecord:
    planned = step.attempt
    return AttemptRecord(
        index=index,
        route=planned.route,
        provider=planned.provider,
        model=planned.model,
        lane=planned.lane,
        relation=step.relation,
        started_s=started - turn.at,
        ended_s=now - turn.at,
        failure=answer.failure,
        downgrade_reason=step.downgrade_reason,
        status=200 if answer.failure is None else answer.failure.status,
        usage=answer.usage,
        time_to_first_chunk_s=None if answer.first_s is None else started + answer.first_s - turn.at,
        allowances=answer.allowances,
    )


SYSTEM = Entry("Gate", 0, Gate)
