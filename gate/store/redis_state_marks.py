"""The marks of all routes and quota groups that this worker knows of, between its own book and what others tell."""

from collections.abc import Callable, Mapping

from gate.engine.health_book import HealthBook
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.sharing import (
    NO_MARKS,
    Marks,
    credible,
    joined,
    merged_group,
    merged_route,
    noted_group,
    noted_route,
)
from gate.health.snapshot import HEALTHY, RouteHealth

ROUTE, GROUP = "r:", "g:"
SUBJECTS = 10_000
"""So many routes and groups are kept marks of; a configuration has some dozens."""


class SharedMarks:
    """wall: seconds since 1970. clock: the book's. tell: called with a subject of which others should hear."""

    def __init__(
        self, book: HealthBook, wall: Callable[[], float], clock: Callable[[], float], tell: Callable[[str], None]
    ) -> None:
        self._book = book
        self._wall = wall
        self._clock = clock
        self._tell = tell
        self._marks: dict[str, Marks] = {}
        self._routes: dict[str, RouteHealth] = {}
        self._groups: dict[str, GroupPressure] = {}
        self._hearing = False

    def of(self, subject: str) -> Marks:
        return self._marks.get(subject, NO_MARKS)

    def route_changed(self, route: str, health: RouteHealth) -> None:
        """The book has changed a verdict on a route."""
        before = self._routes.get(route, HEALTHY)
        self._routes[route] = health
        if not self._hearing:
            now, offset = self._times()
            self._noted(ROUTE + route, noted_route(self.of(ROUTE + route), before, health, now + offset, offset))

    def group_changed(self, group: str, pressure: GroupPressure) -> None:
        """The book has changed a quota group's pressure."""
        before = self._groups.get(group, NO_PRESSURE)
        self._groups[group] = pressure
        if not self._hearing:
            now, offset = self._times()
            self._noted(GROUP + group, noted_group(self.of(GROUP + group), before, pressure, now + offset, offset))

    def hear(self, subject: str, theirs: Marks) -> bool:
        """Somebody else knows this of a subject. False when it is not believed."""
        now, offset = self._times()
        kind, name = subject[:2], subject[2:]
        if kind not in (ROUTE, GROUP) or not credible(theirs, now + offset):
            return False
        if kind == GROUP and name not in self._book.groups:
            return True  # another configuration's; heard again when it becomes ours
        ours = self.of(subject)
        if joined(ours, theirs) is ours:
            return True
        if not self._keep(subject, joined(ours, theirs)):
            return False
        self._hearing = True
        try:
            if kind == ROUTE:
                health = self._book.of(name)
                merged = merged_route(health, ours, theirs, now, offset)
                if merged is not health:
                    self._book.put(name, merged)
            else:
                pressure = self._book.groups[name].pressure
                self._book.press_group(name, merged_group(pressure, ours, theirs, now, offset))
        finally:
            self._hearing = False
        return True

    def unknown_to(self, others: Mapping[str, Marks]) -> list[str]:
        """Subjects of which we know something that those others do not."""
        return [subject for subject, ours in self._marks.items() if _adds(ours, others.get(subject, NO_MARKS))]

    def _times(self) -> tuple[float, float]:
        now = self._clock()
        return now, self._wall() - now

    def _noted(self, subject: str, marks: Marks) -> None:
        if marks is not self.of(subject) and self._keep(subject, marks):
            self._tell(subject)

    def _keep(self, subject: str, marks: Marks) -> bool:
        if subject not in self._marks and len(self._marks) >= SUBJECTS:
            return False
        self._marks[subject] = marks
        return True


def _adds(ours: Marks, theirs: Marks) -> bool:
    return joined(theirs, ours) is not theirs
