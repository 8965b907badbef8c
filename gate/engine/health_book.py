"""The health of all routes as this worker has seen them: holds the current values, the reducers change them.

What a quota group shares is kept once and handed to every member when it changes, so that a plan reads one value per
route. Times are seconds on the worker's monotonic clock.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.execution import AttemptRecord
from gate.core.route import Route
from gate.health.breaker import BreakerSettings
from gate.health.pressure import NO_PRESSURE, GroupPressure, group_failed, group_read, group_served, group_started
from gate.health.probed import group_probed, route_probed
from gate.health.probing import ProbeResult
from gate.health.reducer import answered, ended, started, verdict_changed, with_group
from gate.health.snapshot import HEALTHY, HealthSnapshot, RouteHealth

Changed = Callable[[str, RouteHealth], None]
GroupChanged = Callable[[str, GroupPressure], None]

STRANGERS = 1_000
"""Routes that no configuration lists (a client asked for a model by name) are remembered up to so many."""


@dataclass(slots=True)
class Group:
    """A quota group. provider: of its routes. shared: its rate limits are common to all of them. allowances: what the
    latest answers said is left, with the moment they said it; by route where limits are a route's own, else by ""."""

    provider: str
    shared: bool = False
    routes: tuple[str, ...] = ()
    pressure: GroupPressure = NO_PRESSURE
    allowances: dict[tuple[str, AllowanceKind], tuple[Allowance, float]] = field(
        default_factory=dict[tuple[str, AllowanceKind], tuple[Allowance, float]]
    )

    def headroom(self, now: float, route: str | None = None) -> dict[AllowanceKind, float]:
        """The scarcest part that is left of each kind, 0 to 1, of what was told and has not been renewed since. route:
        only what counts for this one."""
        found: dict[AllowanceKind, float] = {}
        for (whose, kind), (allowance, told_at) in self.allowances.items():
            if route is not None and whose not in ("", route):
                continue
            renewed = allowance.resets_in_s is not None and now - told_at > allowance.resets_in_s
            left = 1.0 if renewed else allowance.left
            if left is not None:
                found[kind] = min(left, found.get(kind, 1.0))
        return found


class HealthBook:
    """One worker's view. on_change: told when a verdict of the planner on a route may have changed; on_group: the same
    of a quota group (its members are then told as well)."""

    def __init__(self, on_change: Changed | None = None, on_group: GroupChanged | None = None) -> None:
        self._routes: dict[str, RouteHealth] = {}
        self._strangers: dict[str, None] = {}
        self._groups: dict[str, Group] = {}
        self._group_of: dict[str, str] = {}
        self._epoch = 0
        self._on_change = on_change
        self._on_group = on_group

    def configure(self, routes: Iterable[Route]) -> None:
        """A configuration came into force: which routes belong together. What is known of routes and groups stays."""
        groups: dict[str, Group] = {}
        self._group_of = {}
        for route in routes:
            name = route.quota_group
            before = self._groups.get(name)
            group = groups.setdefault(
                name, Group(route.provider) if before is None else Group(route.provider, pressure=before.pressure)
            )
            if before is not None:
                group.allowances = before.allowances
            group.shared = group.shared or route.shared_limits
            group.routes = (*group.routes, route.id)
            self._group_of[route.id] = name
        self._groups = groups
        self._strangers = {route: None for route in self._routes if route not in self._group_of}
        for group in groups.values():
            self._hand_out(group)

    def snapshot(self) -> HealthSnapshot:
        """The values now. The mapping is live: read it before the next await."""
        return HealthSnapshot(self._epoch, self._routes)

    def of(self, route: str) -> RouteHealth:
        return self._routes.get(route, HEALTHY)

    @property
    def groups(self) -> Mapping[str, Group]:
        """By name. Live: read it before the next await."""
        return self._groups

    def headroom(self, route: str, now: float) -> dict[AllowanceKind, float]:
        """What is left of a route's own allowances, or of those its group shares, 0 to 1; empty where nobody told."""
        name = self._group_of.get(route)
        group = None if name is None else self._groups[name]
        return {} if group is None else group.headroom(now, route)

    def started(self, route: str, now: float, settings: BreakerSettings, *, own_credential: bool = False) -> None:
        before = self.of(route)
        self._put(route, before, started(before, now, settings))
        name = self._group_of.get(route)
        if name is not None and not own_credential:
            self._press(name, group_started(self._groups[name].pressure, now, settings))

    def answered(self, route: str, began: float, settings: BreakerSettings, own_credential: bool) -> None:
        """An attempt that began then has content: whatever else becomes of it, the route is back."""
        before = self.of(route)
        after = answered(before, began, settings)
        if after is not before:
            self._put(route, before, after)
        name = self._group_of.get(route)
        if name is not None and not own_credential:
            self._press(name, group_served(self._groups[name].pressure, began, began))

    def ended(self, record: AttemptRecord, now: float, settings: BreakerSettings) -> None:
        before = self.of(record.route)
        name = self._group_of.get(record.route)
        group = None if name is None else self._groups[name]
        shared = group is not None and group.shared
        self._put(record.route, before, ended(before, record, now, settings, shared=shared))
        if name is not None and group is not None and not record.own_credential:
            self._press(name, self._after(group, record, now, settings))

    def _after(self, group: Group, record: AttemptRecord, now: float, settings: BreakerSettings) -> GroupPressure:
        """The group's pressure after one attempt of a member."""
        began = now - (record.ended_s - record.started_s)
        pressure, failure = group.pressure, record.failure
        if failure is None:
            pressure = group_served(pressure, now, began)
        else:
            pressure = group_failed(pressure, failure, now, settings, began=began, shared=group.shared)
        if record.allowances:
            whose = "" if group.shared else record.route
            for allowance in record.allowances:
                group.allowances[whose, allowance.kind] = allowance, now
            if group.shared:
                pressure = group_read(pressure, record.allowances)
        return pressure

    def probed(self, result: ProbeResult, now: float, settings: BreakerSettings) -> None:
        """What a probe found out of a provider, or of one of its routes."""
        for name, group in self._groups.items():
            if group.provider != result.provider or (result.route is not None and result.route not in group.routes):
                continue
            whose = "" if group.shared else result.route
            if whose is not None:
                group.allowances |= {(whose, one.kind): (one, now) for one in result.allowances}
            self._press(name, group_probed(group.pressure, result, now, settings, shared=group.shared))
            for route in group.routes if result.route is None else (result.route,):
                before = self.of(route)
                after = route_probed(before, result, now, settings, shared=group.shared)
                if after is not before:
                    self._put(route, before, after)

    def press_group(self, name: str, pressure: GroupPressure) -> None:
        """What another replica found out of a quota group. Unknown groups are passed over."""
        if name in self._groups:
            self._press(name, pressure)

    def put(self, route: str, health: RouteHealth) -> None:
        """The same of a route."""
        self._put(route, self.of(route), health)

    def _press(self, name: str, pressure: GroupPressure) -> None:
        group = self._groups[name]
        if pressure is group.pressure:
            return
        group.pressure = pressure
        self._hand_out(group)
        if self._on_group is not None:
            self._on_group(name, pressure)

    def _hand_out(self, group: Group) -> None:
        for route in group.routes:
            before = self.of(route)
            if before.group is not group.pressure:
                self._put(route, before, with_group(before, group.pressure))

    def _put(self, route: str, before: RouteHealth, after: RouteHealth) -> None:
        if before is HEALTHY and route not in self._group_of and route not in self._strangers:
            self._strangers[route] = None
            if len(self._strangers) > STRANGERS:
                oldest = next(iter(self._strangers))
                del self._strangers[oldest]
                self._routes.pop(oldest, None)
        self._routes[route] = after
        if verdict_changed(before, after):
            self._epoch += 1
            if self._on_change is not None:
                self._on_change(route, after)
