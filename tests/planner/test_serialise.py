"""Decisions and executions as data and back. Law 6 has the generated ones."""

import json

import pytest

from gate.core.decision import Relation
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.core.failure import DowngradeReason, Failure, FailureKind
from gate.core.money import Confidence, Cost, SourceType
from gate.core.usage import Usage
from gate.planner.serialise import (
    UnknownSchema,
    decision_from,
    decision_to,
    execution_from,
    execution_to,
    from_json,
    to_json,
)
from tests.planner.worlds import OPEN, decide, world

EXECUTION = Execution(
    attempts=(
        AttemptRecord(
            0, "p/m", "p", "m", "lane", Relation.PRIMARY, 0.0, 0.5,
            failure=Failure(FailureKind.RATE_LIMITED, "busy", 429, 2.5), status=429,
        ),
        AttemptRecord(
            1, "q/m", "q", "m", "lane", Relation.DOWNGRADE, 0.5, 9.0, downgrade_reason=DowngradeReason.RATE_LIMITED,
            status=200, usage=Usage(input=3, cache_write=12_304, output=550), finish_reasons=("end_turn",),
            cost=Cost(54_390_000_000, Confidence.EXACT, "https://example.org/prices", SourceType.PROVIDER_DOCS),
        ),
    ),
    outcome=Outcome.SERVED,
    status=200,
    committed_s=1.25,
)  # fmt: skip


def test_round_trip_of_an_execution() -> None:
    data = json.loads(json.dumps(execution_to(EXECUTION)))
    assert data["schema"] == 1
    assert execution_from(data) == EXECUTION
    assert execution_from(execution_to(Execution())) == Execution()


def test_round_trip_of_the_pair() -> None:
    decision = decide("auto", world(), {"anth/mid": OPEN})
    assert from_json(to_json(decision, EXECUTION)) == (decision, EXECUTION)
    assert from_json(to_json(decision, None)) == (decision, None)


def test_another_schema_is_refused() -> None:
    data = decision_to(decide("auto", world()))
    with pytest.raises(UnknownSchema, match="schema 2"):
        decision_from({**data, "schema": 2})
    with pytest.raises(UnknownSchema):
        execution_from({})
    with pytest.raises(UnknownSchema):
        decision_from([])


@pytest.mark.parametrize("data", [b"", b"[]", b'{"decision": {"schema": 1}, "execution": null}', b"\xff"])
def test_what_is_no_decision_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError):
        from_json(data)


def test_members_of_a_later_minor_version_are_ignored() -> None:
    decision = decide("auto", world())
    assert decision_from({**decision_to(decision), "later": True}) == decision
