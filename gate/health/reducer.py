"""How health changes: pure functions from the old `RouteHealth` and what happened to the new one.

`started` and `ended` frame every attempt. Only a failure whose rule blames the route counts against its breaker; one
with the client's own credential never does, because that credential is nobody else's. A client that left is neutral.
They run once per attempt, so they build the new value directly instead of copying it field by field.
"""

from dataclasses import replace

from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.health.breaker import AT_ONCE, BreakerSettings, is_gone, open_seconds, should_open, too_soon
from gate.health.cooldown import cooled
from gate.health.pressure import GroupPressure, runs_low
from gate.health.snapshot import BreakerState, RouteHealth
from gate.health.steady import steadied
from gate.health.traffic import Traffic, begun, done
from gate.health.window import EMPTY_WINDOW, counted

SMOOTHING = 0.2
"""Weight of the newest value in the moving averages: about the last ten attempts count."""


def started(health: RouteHealth, now: float, settings: BreakerSettings) -> RouteHealth:
    """An attempt begins. The first one after the open time is the probe of a half-open breaker."""
    state, probing, probe_until = health.state, health.probing, health.probe_until
    if state is not BreakerState.CLOSED and health.open_for(now) <= 0 and not health.probe_under_way(now):
        state, probing, probe_until = BreakerState.HALF_OPEN, True, now + settings.open_s
    return RouteHealth(
        state,
        health.open_until,
        health.openings,
        health.consecutive,
        health.last_failure,
        health.cooldown,
        health.ttfb_s,
        health.error_rate,
        health.in_flight + 1,
        probing,
        probe_until,
        health.auth_failure,
        health.window,
        health.pressed_at,
        health.group,
        begun(health.traffic, now),
        health.steady,
        health.low,
        health.proofs,
    )


def ended(
    health: RouteHealth, record: AttemptRecord, now: float, settings: BreakerSettings, *, shared: bool = False
) -> RouteHealth:
    """An attempt has ended, well or not. now: seconds on the clock that `started` was given. shared: its rate
    limits are its group's (`GroupPressure`), and do not cool the route itself."""
    began = now - (record.ended_s - record.started_s)
    health = with_traffic(health, done(health.traffic, record, now))
    failure, own = record.failure, record.own_credential
    if failure is not None:
        after = failed(health, failure, now, settings, began=began, own_credential=own, shared=shared)
    else:
        content = record.time_to_first_chunk_s
        took = (record.ended_s if content is None else content) - record.started_s
        after = succeeded(health, took, now, settings, began=began, own_credential=own)
    steady = steadied(after.steady, after.ttfb_s, after.error_rate)
    low = runs_low(health.low, record.allowances) if record.allowances and not (shared or own) else health.low
    return after if steady is after.steady and low is after.low else replace(after, steady=steady, low=low)


def answered(health: RouteHealth, began: float, settings: BreakerSettings) -> RouteHealth:
    """An attempt that began then has its first content. A route that was gone is back, and nobody has to wait for the
    end of a long answer to learn it; everything else is told by that end (`ended`)."""
    proves = health.pressed_at is None or began >= health.pressed_at
    gone = health.state is not BreakerState.CLOSED and is_gone(health.consecutive, health.last_failure, settings)
    if not (proves and gone):
        return health
    return replace(
        health,
        state=BreakerState.CLOSED,
        consecutive=0,
        last_failure=None,
        probing=False,
        probe_until=None,
        window=EMPTY_WINDOW,
        proofs=0,
    )


def succeeded(
    health: RouteHealth,
    first_content_s: float,
    now: float,
    settings: BreakerSettings,
    *,
    began: float,
    own_credential: bool = False,
) -> RouteHealth:
    """An attempt served its client. first_content_s: from its start to its first content, or to the end of an answer
    that did not stream. began: when it started.

    It ends a cooldown, and closes the breaker of a route that was gone, even when it was a last resort: a route that
    answers is not gone. One that failed in part has to answer several probes in a row. But an old stream that happens
    to end well proves nothing about what came after its start, and a success with the client's own credential nothing
    about the shared one's limits.
    """
    proves = health.pressed_at is None or began >= health.pressed_at
    gone = is_gone(health.consecutive, health.last_failure, settings)
    probed = proves and (gone or health.state is BreakerState.HALF_OPEN)
    proofs = health.proofs + probed
    was_open = health.state is not BreakerState.CLOSED
    closed = not was_open or (probed and (gone or proofs >= settings.proofs))
    over = proves and not own_credential
    return RouteHealth(
        BreakerState.CLOSED if closed else health.state,
        health.open_until,
        health.openings,
        0 if proves else health.consecutive,
        None if closed and proves else health.last_failure,
        health.cooldown.over(now) if health.cooldown is not None and over else health.cooldown,
        _average(health.ttfb_s, max(0.0, first_content_s)),
        _average(health.error_rate, 0.0),
        max(0, health.in_flight - 1),
        health.probing and not (closed or proves),
        None if closed or proves else health.probe_until,
        health.auth_failure if own_credential else None,
        counted(EMPTY_WINDOW if closed and was_open else health.window, now, settings.window_s, failed=False),
        None if over and closed else health.pressed_at,
        health.group,
        health.traffic,
        health.steady,
        health.low,
        0 if closed else proofs,
    )


def failed(
    health: RouteHealth,
    failure: Failure,
    now: float,
    settings: BreakerSettings,
    *,
    began: float,
    own_credential: bool = False,
    shared: bool = False,
) -> RouteHealth:
    """An attempt that started at `began` failed."""
    blame = RULES[failure.kind].blame
    if own_credential or blame not in ("route", "credential"):
        return _neutral(health, began)
    error_rate = _average(health.error_rate, 1.0)
    if blame == "credential":
        return _neutral(health, began, error_rate, failure.kind)
    if failure.kind in _LIMITS:
        return _limited(health, failure, now, settings, began, error_rate, shared)
    window = counted(health.window, now, settings.window_s, failed=True)
    consecutive = health.consecutive + 1
    state, open_until, openings = health.state, health.open_until, health.openings
    probe = _is_probe(health, began)
    # While it is open (a last resort was tried, or attempts from before the opening end) its time is not extended:
    # otherwise a busy client could keep it open for ever.
    opens = probe or (state is BreakerState.CLOSED and should_open(failure.kind, consecutive, window, settings))
    if opens:
        openings = _openings(health, consecutive, failure.kind, now, settings, probe=probe)
        state, open_until = BreakerState.OPEN, now + open_seconds(openings, now - began, settings)
    cooldown = health.cooldown if shared else cooled(health.cooldown, failure, now, settings)
    return RouteHealth(
        state,
        open_until,
        openings,
        consecutive,
        failure.kind,
        cooldown,
        health.ttfb_s,
        error_rate,
        max(0, health.in_flight - 1),
        health.probing and not probe,
        None if probe else health.probe_until,
        health.auth_failure,
        window,
        # While it is open only what began since then counts; before, what began since it failed last.
        now if opens or state is BreakerState.CLOSED or cooldown is not health.cooldown else health.pressed_at,
        health.group,
        health.traffic,
        health.steady,
        health.low,
        0 if opens else health.proofs,
    )


def _openings(
    health: RouteHealth, consecutive: int, kind: FailureKind, now: float, settings: BreakerSettings, *, probe: bool
) -> int:
    """How often in a row it was closed, or looked at again, too soon, now that it opens once more. A route that is gone
    is looked at again as soon as that is cheap; one that answers in between, or will not be there for long, is not."""
    if probe and kind not in AT_ONCE:
        if is_gone(consecutive, kind, settings):
            return 1
        return health.openings + (consecutive < settings.failures)
    return health.openings + 1 if probe or too_soon(health.open_until, now, settings) else 1


_LIMITS = frozenset({FailureKind.RATE_LIMITED, FailureKind.QUOTA_EXHAUSTED})
"""A route that meets a limit is not broken: cooldowns answer that, the breaker does not count it."""


def _limited(
    health: RouteHealth,
    failure: Failure,
    now: float,
    settings: BreakerSettings,
    began: float,
    error_rate: float,
    shared: bool,
) -> RouteHealth:
    quota = failure.kind is FailureKind.QUOTA_EXHAUSTED  # the account's, see `pressure`
    cooldown = health.cooldown if shared or quota else cooled(health.cooldown, failure, now, settings)
    rested = _neutral(health, began, error_rate)
    pressed_at = health.pressed_at if cooldown is health.cooldown else now
    return replace(rested, cooldown=cooldown, pressed_at=pressed_at, last_failure=failure.kind)


def _is_probe(health: RouteHealth, began: float) -> bool:
    """Whether an attempt that began then counts as a probe: one from before the opening does not."""
    return health.state is BreakerState.HALF_OPEN and (health.pressed_at is None or began >= health.pressed_at)


def _neutral(
    health: RouteHealth, began: float, error_rate: float | None = None, auth_failure: FailureKind | None = None
) -> RouteHealth:
    """The end of an attempt that says nothing about the route. A half-open breaker waits for another probe."""
    probe = _is_probe(health, began)
    return RouteHealth(
        health.state,
        health.open_until,
        health.openings,
        health.consecutive,
        health.last_failure,
        health.cooldown,
        health.ttfb_s,
        health.error_rate if error_rate is None else error_rate,
        max(0, health.in_flight - 1),
        health.probing and not probe,
        None if probe else health.probe_until,
        auth_failure or health.auth_failure,
        health.window,
        health.pressed_at,
        health.group,
        health.traffic,
        health.steady,
        health.low,
        health.proofs,
    )


def with_group(health: RouteHealth, group: GroupPressure) -> RouteHealth:
    """The same route after its quota group's pressure changed."""
    return replace(health, group=group)


def with_traffic(health: RouteHealth, traffic: Traffic) -> RouteHealth:
    """The same route with what it has done since."""
    return RouteHealth(
        health.state,
        health.open_until,
        health.openings,
        health.consecutive,
        health.last_failure,
        health.cooldown,
        health.ttfb_s,
        health.error_rate,
        health.in_flight,
        health.probing,
        health.probe_until,
        health.auth_failure,
        health.window,
        health.pressed_at,
        health.group,
        traffic,
        health.steady,
        health.low,
        health.proofs,
    )


def _average(old: float | None, new: float) -> float:
    return new if old is None else old + SMOOTHING * (new - old)


def verdict_changed(before: RouteHealth, after: RouteHealth) -> bool:
    """Whether a verdict of the planner may differ between the two: the snapshot's epoch counts exactly these."""
    return (
        before.state is not after.state
        or before.open_until != after.open_until
        or before.cooldown != after.cooldown
        or before.group is not after.group
        or before.probing is not after.probing
        or before.probe_until != after.probe_until
    )
