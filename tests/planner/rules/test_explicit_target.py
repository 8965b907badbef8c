"""An explicit target and nothing else."""

import pytest

from gate.core.intent import Resolution, ResolvedBy
from gate.core.reason import ReasonCode
from gate.planner.rules.explicit_target import RULE
from tests.planner.rules.seats import ask, code, seat

OUT = ReasonCode.NOT_REQUESTED


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"lane": "a/mid"}, None),
        ({"lane": "b/mid"}, OUT),
        ({"provider": "anth", "model": "m"}, None),
        ({"provider": "anth", "model": "other"}, OUT),
        ({"provider": "other", "model": "m"}, OUT),
        ({}, OUT),
    ],
)
def test_explicit_target(target: dict[str, str], expected: ReasonCode | None) -> None:
    asked = ask(intent=None, resolution=Resolution("x", ResolvedBy.LANE, "x", **target))
    assert code(RULE, seat(), asked) is expected


def test_an_intent_is_not_explicit() -> None:
    assert code(RULE, seat(), ask()) is None
