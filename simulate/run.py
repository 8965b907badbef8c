"""One scenario, one system, one seed: a small event loop on a heap drives every request through the modelled providers.

Time is virtual. An event is the arrival of a request, the first content or the end of a call, or the end of a pause;
equal times are taken in the order the events were made.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from gate.catalog.pricing import cost
from gate.core.failure import FailureKind
from simulate import traffic
from simulate.caches import PromptCaches, lost
from simulate.measure import Decision, Missed, Result, measured
from simulate.scenario import Scenario
from simulate.setting import lanes_of
from simulate.system import Call, Entry, Pause, Stage, Walk
from simulate.traffic import Turn
from simulate.upstreams import Answer, Upstreams


@dataclass(slots=True)
class Journey:
    """A request on its way, and what became of it. first_s: from its arrival to its first content. missed: of the
    latest call, see `Missed`."""

    turn: Turn
    walk: Walk
    tried: list[str] = field(default_factory=list[str])
    first: Decision | None = None
    first_s: float | None = None
    served: bool = False
    below: bool = False
    missed: Missed | None = None
    mishaps: int = 0
    pico: int = 0
    lost: int = 0
    ended_s: float = 0.0
    last: FailureKind | None = None


Event = Answer | Callable[[], None] | None
"""The end of a call; what is to be done at its first content; an arrival or the end of a pause."""


class Run:
    """Everything one run needs; `go` runs it to its end."""

    def __init__(self, scenario: Scenario, entry: Entry, seed: int) -> None:
        self._scenario = scenario
        self._stage = Stage(scenario, seed)
        self._system = entry.make(self._stage)
        self._upstreams = Upstreams(scenario.natures, scenario.troubles(seed), scenario.limits(), seed)
        self._caches = PromptCaches()
        self._lanes = {intent: lanes_of(scenario.worlds[0][1], intent) for intent in scenario.worlds[0][1].intents}
        self._prices = [(since, {one.id: one.prices for one in world.routes}) for since, world in scenario.worlds]
        self._events: list[tuple[float, int, Journey, Event]] = []
        self._made = 0
        self._journeys: list[Journey] = []

    def go(self) -> list[Journey]:
        for turn in traffic.drawn(self._scenario.streams, self._stage.seed, self._scenario.horizon_s):
            journey = Journey(turn, self._system.walk(turn))
            self._journeys.append(journey)
            self._later(turn.at, journey, None)
        while self._events:
            now, _, journey, event = heapq.heappop(self._events)
            self._stage.now = now
            if callable(event):
                event()
            else:
                self._goes_on(journey, event, now)
        return self._journeys

    def _goes_on(self, journey: Journey, answer: Answer | None, now: float) -> None:
        """With the answer of its latest call, or after its arrival or a pause."""
        if answer is not None:
            journey.served = answer.failure is None
            journey.last = None if answer.failure is None else answer.failure.kind
        try:
            step = next(journey.walk) if answer is None else journey.walk.send(answer)
        except StopIteration:
            journey.ended_s = now
            return
        if isinstance(step, Pause):
            self._later(now + step.seconds, journey, None)
        else:
            self._called(journey, step, now)

    def result(self) -> Result:
        horizon = max((journey.ended_s for journey in self._journeys), default=0.0)
        moved = [since for since, _ in self._scenario.worlds[1:]]
        routes = {intent: [route for lane in lanes for route in lane] for intent, lanes in self._lanes.items()}
        routes[""] = list(self._scenario.natures)
        changes = {
            intent: sorted([*self._upstreams.changes(found, horizon), *moved]) for intent, found in routes.items()
        }
        return measured(self._journeys, changes)

    def _later(self, at: float, journey: Journey, event: Event) -> None:
        self._made += 1
        heapq.heappush(self._events, (at, self._made, journey, event))

    def _called(self, journey: Journey, call: Call, now: float) -> None:
        turn, route = journey.turn, call.route
        home, *lower = self._lanes[turn.intent]
        journey.below = any(route in lane for lane in lower)
        if journey.first is None:
            ill = [one for lane in (home, *lower) for one in lane if self._upstreams.well_since(one, now) is None]
            journey.first = Decision(now, route, call.probe, max(len(ill), journey.below or call.probe))
        journey.missed = self._missed(journey, home, now) if journey.below else None
        cached = self._caches.held(turn, route, now)
        answer = self._upstreams.ask(route, turn, journey.tried.count(route), cached, call.timeout_s, now)
        journey.tried.append(route)
        if answer.failure is not None and self._upstreams.well_since(route, now) is not None:
            journey.mishaps += 1
        if answer.first_s is not None:
            journey.first_s = now + answer.first_s - turn.at
            sheet = self._sheet(route, now)
            journey.pico += cost(answer.usage, sheet).pico_usd or 0
            journey.lost += lost(cached, self._caches.best(turn, now), sheet)
            self._caches.keep(turn, route, now)
            if call.heard is not None:
                self._later(now + answer.first_s, journey, call.heard)
        self._later(now + answer.took_s, journey, answer)

    def _missed(self, journey: Journey, home: tuple[str, ...], now: float) -> Missed | None:
        """The route of home that would have served, and since when it has been well; None when none would. One that
        something is wrong with may serve or not: that is chance, and none would have."""
        found = [
            (since, route)
            for route in home
            for since in (self._upstreams.well_since(route, now),)
            if since is not None
            if route not in journey.tried and self._upstreams.would_serve(route, journey.turn, now)
        ]
        if not found:
            return None
        since, route = min(found)
        return Missed(now, route, now - since)

    def _sheet(self, route: str, now: float):
        found = self._prices[0][1]
        for since, sheets in self._prices:
            if since <= now:
                found = sheets
        return found[route]


def run(scenario: Scenario, entry: Entry, seed: int) -> Result:
    one = Run(scenario, entry, seed)
    one.go()
    return one.result()
