"""The health of all routes as this worker has seen them: holds the current values, the reducers change them."""

from collections.abc import Callable

from gate.core.execution import AttemptRecord
from gate.health.breaker import BreakerSettings
from gate.health.reducer import ended, started, verdict_changed
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth

Changed = Callable[[str, RouteHealth], None]


class HealthBook:
    """One worker's view. on_change: told when a verdict of the planner may have changed (breaker, probe, cooldown)."""

    def __init__(self, on_change: Changed | None = None) -> None:
        self._routes: dict[str, RouteHealth] = {}
        self._epoch = 0
        self._on_change = on_change

    def snapshot(self) -> HealthSnapshot:
        """The values now. The mapping is live: read it before the next await."""
        return HealthSnapshot(self._epoch, self._routes)

    def of(self, route: str) -> RouteHealth:
        return self._routes.get(route, HEALTHY)

    def started(self, route: str, now: float, settings: BreakerSettings) -> None:
        before = self.of(route)
        self._put(route, before, started(before, now, settings))

    def ended(self, record: AttemptRecord, now: float, settings: BreakerSettings) -> None:
        before = self.of(record.route)
        self._put(record.route, before, ended(before, record, now, settings))

    def _put(self, route: str, before: RouteHealth, after: RouteHealth) -> None:
        self._routes[route] = after
        if verdict_changed(before, after):
            self._epoch += 1
            if self._on_change is not None:
                self._on_change(route, after)
