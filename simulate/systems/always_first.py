"""Always the first route of a fixed list, the next one when it fails: the simplest fallback. It remembers nothing, and
it may try the whole list."""

from simulate.setting import lanes_of
from simulate.system import Call, Entry, Stage, Walk
from simulate.traffic import Turn


def in_order(routes: tuple[str, ...]) -> Walk:
    """Try routes one after the other until one serves or fails for good."""
    for route in routes:
        answer = yield Call(route)
        assert answer is not None
        failure = answer.failure
        if failure is None or answer.first_s is not None or not failure.rule.elsewhere:
            return


class AlwaysFirst:
    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def walk(self, turn: Turn) -> Walk:
        lanes = lanes_of(self._stage.world(), turn.intent)
        yield from in_order(tuple(route for lane in lanes for route in lane))


SYSTEM = Entry("always first", 1, AlwaysFirst)
