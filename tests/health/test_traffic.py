"""What a route has done lately."""

import pytest

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord
from gate.core.failure import RULES, Failure, FailureKind
from gate.core.money import Confidence, Cost
from gate.health.sketch import HALF_S
from gate.health.traffic import NO_TRAFFIC, OutcomeClass, begun, class_of, done


def record(kind: FailureKind | None = None, *, took: float = 2.0, first: float | None = None, pico: int | None = None):
    return AttemptRecord(
        0,
        "p/m",
        "p",
        "m",
        "lane",
        Relation.PRIMARY,
        started_s=1.0,
        ended_s=1.0 + took,
        failure=None if kind is None else Failure(kind),
        time_to_first_chunk_s=None if first is None else 1.0 + first,
        cost=Cost(pico, Confidence.EXACT if pico is not None else Confidence.UNKNOWN),
    )


@pytest.mark.parametrize("kind", list(FailureKind))
def test_every_failure_that_blames_the_route_or_its_key_has_a_class(kind: FailureKind) -> None:
    says_something = RULES[kind].blame in ("route", "credential")
    assert (class_of(kind) is not OutcomeClass.NEUTRAL) is says_something


def test_starts_are_counted() -> None:
    traffic = begun(begun(NO_TRAFFIC, 5.0), 7.0)
    assert (traffic.starts, traffic.last_started) == (2, 7.0)
    assert (NO_TRAFFIC.starts, NO_TRAFFIC.last_started) == (0, None)


def test_outcomes_are_counted_by_class_and_the_latest_telling_one_is_kept() -> None:
    traffic = NO_TRAFFIC
    for kind in (None, FailureKind.RATE_LIMITED, FailureKind.CONNECT_ERROR, FailureKind.DNS_ERROR):
        traffic = done(traffic, record(kind), 10.0)
    traffic = done(traffic, record(FailureKind.CLIENT_GONE), 11.0)
    assert [traffic.count(outcome) for outcome in (OutcomeClass.SERVED, OutcomeClass.TRANSPORT)] == [1, 2]
    assert traffic.count(OutcomeClass.NEUTRAL) == 1
    assert traffic.last is OutcomeClass.TRANSPORT


def test_only_what_served_tells_how_long_it_takes() -> None:
    traffic = done(NO_TRAFFIC, record(FailureKind.IDLE_TIMEOUT, took=180.0), 10.0)
    assert traffic.took.quantile(0.5) is None
    traffic = done(traffic, record(took=4.0, first=0.5), 11.0)
    assert traffic.took.quantile(0.5) == pytest.approx(4.0, rel=0.2)
    assert traffic.first.quantile(0.5) == pytest.approx(0.5, rel=0.2)


def test_old_outcomes_are_forgotten_half_by_half() -> None:
    traffic = done(NO_TRAFFIC, record(), 0.0)
    traffic = done(traffic, record(), HALF_S)
    assert traffic.count(OutcomeClass.SERVED) == 2
    traffic = done(traffic, record(), 2 * HALF_S)
    assert traffic.count(OutcomeClass.SERVED) == 2
    assert done(traffic, record(), 9 * HALF_S).count(OutcomeClass.SERVED) == 1


def test_the_spend_rate_is_of_what_is_known() -> None:
    traffic = done(NO_TRAFFIC, record(pico=3_000_000), 0.0)
    traffic = done(traffic, record(), 0.0)
    assert traffic.spend_rate(0.0) == pytest.approx(10_000.0)
    assert traffic.spend_rate(3 * HALF_S) == 0.0
