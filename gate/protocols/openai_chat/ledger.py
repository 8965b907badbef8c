"""What was lost while one request was encoded."""

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.spelled import spelled


class Ledger:
    """Collects losses; the same one is told once. dialect: the client's."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._losses: dict[Loss, None] = {}

    def lose(self, feature: Feature, path: str, action: LossAction = LossAction.DROPPED) -> None:
        """path: as it stood in the client's request."""
        self._losses[Loss(feature, path, action)] = None

    def lose_member(
        self, feature: Feature, name: str, action: LossAction = LossAction.DROPPED, *, inner: str = ""
    ) -> None:
        """name: as the canonical form calls the member (see `spelled`). inner: what follows its name."""
        self.lose(feature, spelled(self._dialect, name) + inner, action)

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses)
