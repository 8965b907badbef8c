"""What a route has done lately, in constant space: outcomes by class, how long it took, what it cost, when it was last
started. Signals for strategies, readiness and people; none of it opens a breaker.
"""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.execution import AttemptRecord
from gate.core.failure import FailureKind
from gate.health.sketch import EMPTY_SKETCH, HALF_S, Sketch, noted


class OutcomeClass(StrEnum):
    """What an ended attempt says of its route, coarse enough to be counted."""

    SERVED = "served"
    RATE_LIMITED = "rate_limited"
    QUOTA = "quota"
    AUTH = "auth"
    MODEL = "model"
    ENDPOINT = "endpoint"
    TRANSPORT = "transport"
    TIMEOUT = "timeout"
    SERVER = "server"
    NEUTRAL = "neutral"


_C, _K = OutcomeClass, FailureKind
CLASS_OF: dict[FailureKind, OutcomeClass] = {
    **dict.fromkeys(
        (_K.DNS_ERROR, _K.TLS_ERROR, _K.PROXY_ERROR, _K.CONNECT_ERROR, _K.CONNECTION_RESET, _K.PROTOCOL_ERROR),
        _C.TRANSPORT,
    ),
    **dict.fromkeys(
        (
            _K.CONNECT_TIMEOUT,
            _K.FIRST_BYTE_TIMEOUT,
            _K.IDLE_TIMEOUT,
            _K.DEADLINE_EXCEEDED,
            _K.UPSTREAM_TIMEOUT,
        ),
        _C.TIMEOUT,
    ),
    _K.RATE_LIMITED: _C.RATE_LIMITED,
    **dict.fromkeys((_K.QUOTA_EXHAUSTED, _K.BILLING), _C.QUOTA),
    **dict.fromkeys((_K.INVALID_AUTH, _K.PERMISSION_DENIED), _C.AUTH),
    _K.MODEL_UNAVAILABLE: _C.MODEL,
    **dict.fromkeys((_K.ENDPOINT_MISMATCH, _K.UNEXPECTED_STATUS, _K.UNEXPECTED_CONTENT), _C.ENDPOINT),
    **dict.fromkeys(
        (
            _K.OVERLOADED,
            _K.SERVER_ERROR,
            _K.EMPTY_BODY,
            _K.MALFORMED_BODY,
            _K.TRUNCATED_STREAM,
            _K.STREAM_ERROR,
        ),
        _C.SERVER,
    ),
}
"""What is not here says nothing of the route: the client's own mistakes, its leaving, Gate's own doing."""

_PLACE = {outcome: place for place, outcome in enumerate(OutcomeClass)}
_NONE = (0,) * len(OutcomeClass)


@dataclass(frozen=True, slots=True)
class Traffic:
    """starts: attempts begun since this worker came up. last_started: seconds on the caller's clock, None before the
    first. last: the class of the latest ended attempt that says something of the route. took, first: seconds until the
    end and until the first content, of those that served. since: when the current half of `outcomes` and `spent` began;
    old_*: the half before it (`sketch.HALF_S` long). outcomes: counts in the order of `OutcomeClass`. spent: pico-USD,
    as far as known.
    """

    starts: int = 0
    last_started: float | None = None
    last: OutcomeClass | None = None
    took: Sketch = EMPTY_SKETCH
    first: Sketch = EMPTY_SKETCH
    since: float = float("-inf")
    outcomes: tuple[int, ...] = _NONE
    old_outcomes: tuple[int, ...] = _NONE
    spent: int = 0
    old_spent: int = 0

    def count(self, outcome: OutcomeClass) -> int:
        """Attempts that ended so within the last five to ten minutes (before the newest one ended)."""
        place = _PLACE[outcome]
        return self.outcomes[place] + self.old_outcomes[place]

    def spend_rate(self, now: float) -> float:
        """Pico-USD per second lately, of what is known."""
        age = now - self.since
        if age >= 2 * HALF_S:
            return 0.0
        return (self.spent + (self.old_spent if age < HALF_S else 0)) / max(1.0, min(age, HALF_S) + HALF_S)


NO_TRAFFIC = Traffic()


def class_of(kind: FailureKind | None) -> OutcomeClass:
    """The class of an attempt that ended with this failure, None for one that served."""
    return OutcomeClass.SERVED if kind is None else CLASS_OF.get(kind, OutcomeClass.NEUTRAL)


def begun(traffic: Traffic, now: float) -> Traffic:
    """One more attempt starts."""
    return Traffic(
        traffic.starts + 1,
        now,
        traffic.last,
        traffic.took,
        traffic.first,
        traffic.since,
        traffic.outcomes,
        traffic.old_outcomes,
        traffic.spent,
        traffic.old_spent,
    )


def done(traffic: Traffic, record: AttemptRecord, now: float) -> Traffic:
    """An attempt ended at `now`."""
    failure = record.failure
    outcome = class_of(None if failure is None else failure.kind)
    since, counts, old, spent, old_spent = (
        traffic.since,
        traffic.outcomes,
        traffic.old_outcomes,
        traffic.spent,
        traffic.old_spent,
    )
    if now - since >= HALF_S:
        recent = now - since < 2 * HALF_S
        since, old, old_spent = now, counts if recent else _NONE, spent if recent else 0
        counts, spent = _NONE, 0
    place = _PLACE[outcome]
    took, first = traffic.took, traffic.first
    if failure is None:
        took = noted(took, record.ended_s - record.started_s, now)
        if record.time_to_first_chunk_s is not None:
            first = noted(first, record.time_to_first_chunk_s - record.started_s, now)
    return Traffic(
        traffic.starts,
        traffic.last_started,
        traffic.last if outcome is OutcomeClass.NEUTRAL else outcome,
        took,
        first,
        since,
        (*counts[:place], counts[place] + 1, *counts[place + 1 :]),
        old,
        spent + (record.cost.pico_usd or 0),
        old_spent,
    )
