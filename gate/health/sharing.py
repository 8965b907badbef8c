"""What replicas tell each other of routes and quota groups, and what becomes of two views of one: pure merge rules.

A verdict is kept as marks, one for each way in which a route or group can be pressed. A mark says when it was pressed
(seconds of wall-clock time, for monotonic clocks differ between processes), until when, and whether that press has been
found to be over. The greater of two marks wins: the newer press, and of one and the same press the finding that it is
over, or nearer to it. So views may be exchanged in any order, twice, late or not at all: whoever has heard the same
knows the same. A finding ends only presses that its finder knew of.

Averages, windows and counts in flight are each replica's own and are not told. Neither is a refused key, for replicas
may hold different ones while it is being changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import inf, nextafter

from gate.core.failure import FailureKind
from gate.health.cooldown import Cooldown
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.snapshot import BreakerState, RouteHealth
from gate.health.window import EMPTY_WINDOW

SKEW_S = 60.0
"""A mark from further ahead than this is not believed: a clock that is wrong by more could not be contradicted."""


class Aspect(StrEnum):
    """In which way something is pressed. breaker: routes. shut, low: quota groups. cooldown: both. probe: somebody is
    finding out whether a breaker can be closed, or an account asked again."""

    BREAKER = "breaker"
    COOLDOWN = "cooldown"
    SHUT = "shut"
    LOW = "low"
    PROBE = "probe"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """at: when it was pressed. over: that press is known to be over. proofs: how often a broken route has answered
    since. until: when it ends by itself, 0.0 where nothing says. count: openings or relapses in a row. failures: in a
    row, of a breaker. why: the failure's kind, where one is kept. Times in seconds since 1970.
    """

    at: float
    over: bool = False
    proofs: int = 0
    until: float = 0.0
    count: int = 0
    failures: int = 0
    why: str = ""


Marks = Mapping[str, Mark]
"""All marks of one route or group, by aspect. What a newer version may add is passed on and otherwise left alone."""

NO_MARKS: Marks = {}
_Press = tuple[float | None, int, int, str]
_Presses = dict[Aspect, _Press]


def joined(ours: Marks, theirs: Marks) -> Marks:
    """What is known when both are known. `ours` itself where `theirs` brings nothing new."""
    new = _news(ours, theirs)
    return {**ours, **new} if new else ours


def credible(marks: Marks, wall: float) -> bool:
    """Whether marks received at `wall` (seconds since 1970) can be meant."""
    return all(mark.at <= wall + SKEW_S for mark in marks.values())


def noted_route(marks: Marks, before: RouteHealth, after: RouteHealth, wall: float, offset: float) -> Marks:
    """The marks after this replica itself has seen a route change.

    wall: now, in seconds since 1970. offset: wall-clock time minus the monotonic clock of the two healths.
    """
    now = wall - offset
    noted = _noted(marks, _route_presses(before, now), _route_presses(after, now), wall, offset)
    breaker = noted.get(Aspect.BREAKER)
    if breaker is None or breaker.over or breaker.proofs >= after.proofs:
        return noted
    return {**noted, Aspect.BREAKER: replace(breaker, proofs=after.proofs)}


def noted_group(marks: Marks, before: GroupPressure, after: GroupPressure, wall: float, offset: float) -> Marks:
    """As `noted_route`, of a quota group."""
    now = wall - offset
    was, became = _group_presses(before, now), _group_presses(after, now)
    if after.by is FailureKind.INVALID_AUTH:  # one's own: it hides what was known of the account, and ends none of it
        for aspect in (Aspect.SHUT, Aspect.PROBE):
            was.pop(aspect, None)
            became.pop(aspect, None)
    return _noted(marks, was, became, wall, offset)


def merged_route(health: RouteHealth, ours: Marks, theirs: Marks, now: float, offset: float) -> RouteHealth:
    """A route's health after hearing what others know.

    ours: the marks that belong to `health`. now: seconds on the clock of `health`, offset: as in `noted_route`. What is
    no news keeps its exact values; `health` itself where nothing is.
    """
    news = _news(ours, theirs)
    breaker, cooldown = news.get(Aspect.BREAKER), news.get(Aspect.COOLDOWN)
    result = health
    if breaker is not None:
        # How long it was open, and how often in a row, is remembered when it is over.
        result = replace(result, open_until=breaker.until - offset, openings=breaker.count)
    if breaker is not None and not breaker.over:
        known = ours.get(Aspect.BREAKER)
        if known is None or known.at != breaker.at:
            result = replace(
                result,
                state=BreakerState.OPEN,
                consecutive=breaker.failures,
                last_failure=_kind(breaker.why),
                pressed_at=_pressed_at(result.pressed_at, breaker, now, offset),
            )
        result = replace(
            result, state=BreakerState.HALF_OPEN if breaker.proofs else result.state, proofs=breaker.proofs
        )
    elif breaker is not None and result.state is not BreakerState.CLOSED:
        # As after a proof of its own: what was counted before it says nothing of the route that came back.
        result = replace(
            result, state=BreakerState.CLOSED, consecutive=0, last_failure=None, window=EMPTY_WINDOW, proofs=0
        )
    if cooldown is not None:
        pressed_at = result.pressed_at if cooldown.over else _pressed_at(result.pressed_at, cooldown, now, offset)
        result = replace(result, cooldown=_cooldown(result.cooldown, cooldown, now, offset), pressed_at=pressed_at)
    if breaker is not None or Aspect.PROBE in news:
        until = _probe_until(joined(ours, theirs), Aspect.BREAKER, offset)
        state = result.state if until is None else BreakerState.HALF_OPEN
        result = replace(result, state=state, probing=until is not None, probe_until=until)
    if result is not health and result.state is BreakerState.CLOSED and result.cooling_for(now) <= 0:
        result = replace(result, pressed_at=None)
    return result


def merged_group(group: GroupPressure, ours: Marks, theirs: Marks, now: float, offset: float) -> GroupPressure:
    """As `merged_route`, of a quota group."""
    news = _news(ours, theirs)
    cooldown, shut, low = news.get(Aspect.COOLDOWN), news.get(Aspect.SHUT), news.get(Aspect.LOW)
    result = group
    if cooldown is not None:
        result = replace(result, cooldown=_cooldown(result.cooldown, cooldown, now, offset))
    if low is not None:
        result = replace(result, low=not low.over)
    if group.by is not FailureKind.INVALID_AUTH and (shut is not None or Aspect.PROBE in news):
        if shut is not None and shut.over:
            result = replace(result, exhausted_until=None, by=None, relapses=0)
        elif shut is not None:
            result = replace(result, exhausted_until=shut.until - offset, by=_kind(shut.why), relapses=shut.count)
        until = _probe_until(joined(ours, theirs), Aspect.SHUT, offset)
        result = replace(result, probing=until is not None, probe_until=until)
    for mark in (cooldown, shut):
        if mark is not None and not mark.over:
            result = replace(result, pressed_at=_pressed_at(result.pressed_at, mark, now, offset))
    if result is not group and result.exhausted_until is None and result.cooling_for(now) <= 0:
        result = replace(result, pressed_at=None)
    return NO_PRESSURE if result == NO_PRESSURE else result


def _news(ours: Marks, theirs: Marks) -> dict[str, Mark]:
    return {aspect: mark for aspect, mark in theirs.items() if aspect not in ours or mark > ours[aspect]}


def _noted(marks: Marks, before: _Presses, after: _Presses, wall: float, offset: float) -> Marks:
    changed: dict[str, Mark] = {}
    # Later than all that is known, whatever the clocks say: it happened in knowledge of it.
    at = max([wall, *(nextafter(mark.at, inf) for mark in marks.values())])
    for aspect in {**before, **after}:
        press, known = after.get(aspect), marks.get(aspect)
        if press is None:
            if known is not None and not known.over:
                changed[aspect] = replace(known, over=True)
        elif aspect not in before or press[:2] != before[aspect][:2]:
            until, count, failures, why = press
            changed[aspect] = Mark(at, False, 0, 0.0 if until is None else until + offset, count, failures, why)
    return {**marks, **changed} if changed else marks


def _route_presses(health: RouteHealth, now: float) -> _Presses:
    presses: _Presses = {}
    if health.state is not BreakerState.CLOSED:
        presses[Aspect.BREAKER] = (health.open_until, health.openings, health.consecutive, health.last_failure or "")
    if health.cooldown is not None and health.cooldown.until > now:
        presses[Aspect.COOLDOWN] = (health.cooldown.until, health.cooldown.relapses, 0, "")
    if health.probing:
        presses[Aspect.PROBE] = (health.probe_until, 0, 0, "")
    return presses


def _group_presses(group: GroupPressure, now: float) -> _Presses:
    presses: _Presses = {}
    if group.cooldown is not None and group.cooldown.until > now:
        presses[Aspect.COOLDOWN] = (group.cooldown.until, group.cooldown.relapses, 0, "")
    if group.low:
        presses[Aspect.LOW] = (None, 0, 0, "")
    if group.exhausted_until is not None:
        presses[Aspect.SHUT] = (group.exhausted_until, group.relapses, 0, group.by or "")
    if group.probing:
        presses[Aspect.PROBE] = (group.probe_until, 0, 0, "")
    return presses


def _cooldown(before: Cooldown | None, mark: Mark, now: float, offset: float) -> Cooldown | None:
    if mark.over:
        return None if before is None else before.over(now)
    return Cooldown(mark.until - offset, max(0.0, mark.until - mark.at), mark.count)


def _probe_until(joint: Marks, of: Aspect, offset: float) -> float | None:
    """Until when a probe keeps others away, None when there is none. One from before the press is of no interest."""
    pressed, probe = joint.get(of), joint.get(Aspect.PROBE)
    if pressed is None or pressed.over or probe is None or probe.over or probe.at < pressed.at:
        return None
    return probe.until - offset


def _pressed_at(ours: float | None, mark: Mark, now: float, offset: float) -> float:
    """When it was pressed last. Never later than now, or no attempt could prove that it is over."""
    theirs = min(now, mark.at - offset)
    return theirs if ours is None else max(ours, theirs)


def _kind(why: str) -> FailureKind | None:
    try:
        return FailureKind(why)
    except ValueError:
        return None
