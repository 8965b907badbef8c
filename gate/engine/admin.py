"""What the admin surface and the command line ask a running Gate, as one Protocol and plain JSON-able answers."""

from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Protocol

from gate.engine.mock import Mock


class Admin(Protocol):
    """The questions. Answers are plain data, ready for JSON."""

    def ready(self) -> tuple[bool, str]:
        """Whether new requests are taken, and why not."""
        ...

    def models(self) -> Sequence[dict[str, Any]]:
        """The entries of `GET /v1/models`."""
        ...

    def explain(self, mock: Mock) -> dict[str, Any]:
        """The decision such a request would get now, and what every routing rule made of it."""
        ...

    def decision(self, decision_id: str) -> Awaitable[dict[str, Any] | None]:
        """A stored decision, whichever worker holds it."""
        ...

    def latest(self, count: int) -> Awaitable[list[dict[str, Any]]]:
        """The newest decisions of all workers, newest first."""
        ...

    def routes(self) -> list[dict[str, Any]]:
        """Every route with its readiness."""
        ...

    def metrics(self, accept: str) -> Awaitable[tuple[str, bytes]]:
        """Content type and exposition of all workers' metrics."""
        ...

    def answered(self, method: str, route: str | None, scheme: str, status: int, seconds: float) -> None:
        """Counts an answer that is no model request. route: the path's template, None when no path matched."""
        ...

    def admin_key_ok(self, headers: Iterable[tuple[bytes, bytes]]) -> bool: ...

    @property
    def admin_keys_configured(self) -> bool: ...
