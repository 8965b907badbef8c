"""The latest decisions of this worker, in memory: a bounded ring with look-up by id."""

from collections.abc import Sequence

from gate.core.decision import RouteDecision
from gate.core.execution import Execution


class MemoryStore:
    """Keeps the newest `size` decisions."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: dict[str, tuple[RouteDecision, Execution]] = {}

    def put(self, decision: RouteDecision, execution: Execution) -> None:
        self._kept[decision.id] = (decision, execution)
        if len(self._kept) > self._size:
            del self._kept[next(iter(self._kept))]

    def get(self, decision_id: str) -> tuple[RouteDecision, Execution] | None:
        return self._kept.get(decision_id)

    def latest(self, count: int) -> Sequence[tuple[RouteDecision, Execution]]:
        """Newest first."""
        kept = list(self._kept.values())
        return kept[: -count - 1 : -1]

    def resize(self, size: int) -> None:
        """A reload may change the bound; the oldest go first."""
        self._size = size
        while len(self._kept) > size:
            del self._kept[next(iter(self._kept))]
