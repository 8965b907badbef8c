"""What was lost while one request or answer was written."""

from gate.core.dialect import Dialect
from gate.core.loss import Feature, Loss, LossAction
from gate.protocols.spelled import spelled


class Ledger:
    """Collects losses in the order in which they are met. dialect: the client's."""

    def __init__(self, dialect: Dialect = Dialect.ANTHROPIC_MESSAGES) -> None:
        self._dialect = dialect
        self._losses: list[Loss] = []

    @property
    def losses(self) -> tuple[Loss, ...]:
        return tuple(self._losses)

    def lose(self, feature: Feature, path: str, action: LossAction) -> None:
        """path: where it stood."""
        self._losses.append(Loss(feature, path, action))

    def setting(self, feature: Feature, name: str, action: LossAction, at: int | None = None) -> None:
        """name: of a member as the canonical form has it; at: its place in an array."""
        path = spelled(self._dialect, name)
        self.lose(feature, path if at is None else f"{path}[{at}]", action)
