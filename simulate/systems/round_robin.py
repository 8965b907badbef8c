"""The routes of a lane in turn, the next one when one fails, then the lanes below. It remembers whose turn it is."""

from simulate.setting import lanes_of
from simulate.system import Entry, Stage, Walk
from simulate.systems.always_first import in_order
from simulate.traffic import Turn


def turned(routes: tuple[str, ...], by: int) -> tuple[str, ...]:
    """The same routes, beginning with another one."""
    by %= len(routes)
    return (*routes[by:], *routes[:by])


class RoundRobin:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._turns: dict[str, int] = {}

    def walk(self, turn: Turn) -> Walk:
        at = self._turns.get(turn.intent, 0)
        self._turns[turn.intent] = at + 1
        home, *lower = lanes_of(self._stage.world(), turn.intent)
        yield from in_order((*turned(home, at), *(route for lane in lower for route in lane)))


SYSTEM = Entry("round robin", 2, RoundRobin)
