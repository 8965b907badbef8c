"""How health changes: pure functions from the old `RouteHealth` and what happened to the new one.

`started` and `ended` frame every attempt. Only a failure whose rule blames the route counts against its breaker; one
with the client's own credential never does, because that credential is nobody else's. A client that left is neutral.
They run once per attempt, so they build the new value directly instead of copying it field by field.
"""

from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.health.breaker import BreakerSettings, open_seconds, should_open
from gate.health.snapshot import BreakerState, RouteHealth
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
        health.cooldown_until,
        health.ttfb_s,
        health.error_rate,
        health.in_flight + 1,
        probing,
        probe_until,
        health.auth_failure,
        health.window,
        health.pressed_at,
    )


def ended(health: RouteHealth, record: AttemptRecord, now: float, settings: BreakerSettings) -> RouteHealth:
    """An attempt has ended, well or not. now: seconds on the clock that `started` was given."""
    began = now - (record.ended_s - record.started_s)
    failure = record.failure
    if failure is not None:
        return failed(health, failure, now, settings, began=began, own_credential=record.own_credential)
    content = record.time_to_first_chunk_s
    took = (record.ended_s if content is None else content) - record.started_s
    return succeeded(health, took, now, settings, began=began, own_credential=record.own_credential)


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

    It closes the breaker and ends a cooldown, even when it was a last resort: a route that answers is not broken. But
    an old stream that happens to end well proves nothing about what came after its start, and a success with the
    client's own credential nothing about the shared one's limits.
    """
    proves = health.pressed_at is None or began >= health.pressed_at
    closed = proves or health.state is BreakerState.CLOSED
    reopened = closed and health.openings > 0
    return RouteHealth(
        BreakerState.CLOSED if closed else health.state,
        None if closed else health.open_until,
        0 if closed else health.openings,
        0 if closed else health.consecutive,
        None if closed else health.last_failure,
        None if proves and not own_credential else health.cooldown_until,
        _average(health.ttfb_s, max(0.0, first_content_s)),
        _average(health.error_rate, 0.0),
        max(0, health.in_flight - 1),
        False if closed else health.probing,
        None if closed else health.probe_until,
        health.auth_failure if own_credential else None,
        counted(EMPTY_WINDOW if reopened else health.window, now, settings.window_s, failed=False),
        None if proves and not own_credential else health.pressed_at,
    )


def failed(
    health: RouteHealth,
    failure: Failure,
    now: float,
    settings: BreakerSettings,
    *,
    began: float,
    own_credential: bool = False,
) -> RouteHealth:
    """An attempt that started at `began` failed."""
    blame = RULES[failure.kind].blame
    if own_credential or blame not in ("route", "credential"):
        return _neutral(health, began)
    error_rate = _average(health.error_rate, 1.0)
    if blame == "credential":
        return _neutral(health, began, error_rate, failure.kind)
    window = counted(health.window, now, settings.window_s, failed=True)
    consecutive = health.consecutive + 1
    state, open_until, openings = health.state, health.open_until, health.openings
    probe = _is_probe(health, began)
    # While it is open (a last resort was tried, or attempts from before the opening end) its time is not extended:
    # otherwise a busy client could keep it open for ever.
    opens = probe or (state is BreakerState.CLOSED and should_open(consecutive, window, settings))
    if opens:
        openings += 1
        state, open_until = BreakerState.OPEN, now + open_seconds(openings, settings)
    cooldown_until = _cooldown(health, failure, now, settings)
    return RouteHealth(
        state,
        open_until,
        openings,
        consecutive,
        failure.kind,
        cooldown_until,
        health.ttfb_s,
        error_rate,
        max(0, health.in_flight - 1),
        health.probing and not probe,
        None if probe else health.probe_until,
        health.auth_failure,
        window,
        now if opens or cooldown_until != health.cooldown_until else health.pressed_at,
    )


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
        health.cooldown_until,
        health.ttfb_s,
        health.error_rate if error_rate is None else error_rate,
        max(0, health.in_flight - 1),
        health.probing and not probe,
        None if probe else health.probe_until,
        auth_failure or health.auth_failure,
        health.window,
        health.pressed_at,
    )


def _cooldown(health: RouteHealth, failure: Failure, now: float, settings: BreakerSettings) -> float | None:
    """An upstream that said when to come back is left alone until then; the longest such wish counts, bounded."""
    wait = failure.retry_after_s
    if wait is None or wait <= 0:
        return health.cooldown_until
    until = now + min(wait, settings.cooldown_max_s)
    return until if health.cooldown_until is None else max(until, health.cooldown_until)


def _average(old: float | None, new: float) -> float:
    return new if old is None else old + SMOOTHING * (new - old)


def verdict_changed(before: RouteHealth, after: RouteHealth) -> bool:
    """Whether a verdict of the planner may differ between the two: the snapshot's epoch counts exactly these."""
    return (
        before.state is not after.state
        or before.open_until != after.open_until
        or before.cooldown_until != after.cooldown_until
        or before.probing is not after.probing
        or before.probe_until != after.probe_until
    )
