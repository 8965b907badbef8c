"""Routing systems without modelled providers: a test writes the answers by hand and gets what the system did."""

from collections.abc import Callable, Sequence

from gate.core.failure import Failure, FailureKind
from simulate.scenario import Scenario
from simulate.system import Call, Entry, Pause, Stage, System
from simulate.traffic import Turn
from simulate.upstreams import Answer

TURN = Turn(7, 0.0, "coding", None, 0, 1_000, 100)
SERVED = Answer(2.0, 0.5)
CUT = Answer(1.0, 0.5, Failure(FailureKind.TRUNCATED_STREAM, status=200))


def failed(kind: FailureKind, status: int | None = None, *, wait: float | None = None, took: float = 0.2) -> Answer:
    return Answer(took, None, Failure(kind, status=status, retry_after_s=wait))


DOWN = failed(FailureKind.SERVER_ERROR, 503)
LIMITED = failed(FailureKind.RATE_LIMITED, 429)


class Hand:
    """One system whose calls are answered by hand. `stage.now` is the time, moved on by answers and pauses."""

    def __init__(self, entry: Entry, seed: int = 1) -> None:
        self.stage = Stage(Scenario("by hand", "", 0), seed)
        self.system: System = entry.make(self.stage)

    def walk(self, answers: Sequence[Answer], turn: Turn = TURN) -> list[str | float]:
        """What one request did: the routes it called and the seconds it paused. Every answer must be used."""
        left = list(answers)
        done = self._walk(lambda: left.pop(0), turn)
        assert not left, f"{len(left)} answers were not asked for"
        return done

    def always(self, answer: Answer, turn: Turn = TURN) -> list[str | float]:
        """The same with one answer to every call."""
        return self._walk(lambda: answer, turn)

    def _walk(self, answers: Callable[[], Answer], turn: Turn) -> list[str | float]:
        done: list[str | float] = []
        walk = self.system.walk(turn)
        answer: Answer | None = None
        while True:
            try:
                step = next(walk) if answer is None else walk.send(answer)
            except StopIteration:
                return done
            if isinstance(step, Pause):
                done.append(step.seconds)
                self.stage.now += step.seconds
                answer = None
                continue
            assert isinstance(step, Call)
            done.append(step.route)
            answer = answers()
            self.stage.now += answer.took_s
