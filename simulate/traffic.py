"""Who asks what when: a trace drawn once per scenario and seed, and replayed to every system.

The trace is open: a turn comes when it comes, whatever became of the one before. So all systems get the same requests.
"""

import math
from dataclasses import dataclass

from simulate.draws import around, mixed, seconds, uniform


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of client. per_s: sessions (or single requests) that begin per second, as a Poisson process. turns: of a
    session on average; 1 = requests that belong to no session. gap_s: median between turns of a session; half of it is
    always taken, for a client waits for its answer. first, grows, writes: median tokens of the first prompt, of what
    each turn adds to the conversation, and of an answer."""

    intent: str
    per_s: float
    turns: float = 1.0
    gap_s: float = 15.0
    first: int = 2_000
    grows: int = 1_500
    writes: int = 300


@dataclass(frozen=True, slots=True)
class Turn:
    """One request. id: unique in its trace. at: seconds since the start. session: None when it belongs to none.
    context: input tokens that were sent in the turn before as well; fresh: those that are new. writes: output tokens.
    """

    id: int
    at: float
    intent: str
    session: int | None
    context: int
    fresh: int
    writes: int

    @property
    def input(self) -> int:
        return self.context + self.fresh

    @property
    def group(self) -> str:
        """The class its decisions are compared in: its session, or its intent when it has none."""
        return f"intent {self.intent}" if self.session is None else f"session {self.session}"


def drawn(streams: tuple[Stream, ...], seed: int, horizon_s: float) -> list[Turn]:
    """All turns within the horizon, in the order they come."""
    found: list[tuple[float, int, int, Turn]] = []
    sessions = 0
    for number, stream in enumerate(streams):
        at, begun = 0.0, 0
        while True:
            begun += 1
            at += -math.log(1.0 - uniform(seed, number, begun, 1)) / stream.per_s
            if at >= horizon_s:
                break
            sessions += 1
            keys = (seed, number, begun)
            for index, turn in enumerate(_session(stream, keys, seconds(at), sessions)):
                if turn.at < horizon_s:
                    found.append((turn.at, number, begun * 1_000 + index, turn))
    found.sort(key=lambda entry: entry[:3])
    return [
        Turn(number, turn.at, turn.intent, turn.session, turn.context, turn.fresh, turn.writes)
        for number, (*_, turn) in enumerate(found)
    ]


def _session(stream: Stream, keys: tuple[int, int, int], begins: float, session: int) -> list[Turn]:
    turns: list[Turn] = []
    at, context = begins, 0
    fresh = _tokens(stream.first, *keys, 2)
    last = stream.turns <= 1
    while True:
        index = len(turns)
        writes = _tokens(stream.writes, *keys, index, 3)
        turns.append(Turn(0, seconds(at), stream.intent, None if last else session, context, fresh, writes))
        if last or uniform(*keys, index, 4) < 1.0 / stream.turns or index >= 200:
            return turns
        context += fresh + writes
        fresh = _tokens(stream.grows, *keys, index, 5)
        at += stream.gap_s / 2 + around(stream.gap_s / 2, 0.5, *keys, index, 6)


def _tokens(median: int, *keys: int) -> int:
    return max(1, round(median * (0.5 + uniform(mixed(*keys), 7))))
