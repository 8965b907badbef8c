"""A shut account takes all its routes with it."""

from dataclasses import replace

import pytest

from gate.core.failure import FailureKind
from gate.health.pressure import GroupPressure
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.rules.quota import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import NOW


def shut(by: FailureKind, *, until: float = NOW + 30, probing: bool = False) -> RouteHealth:
    return RouteHealth(
        group=GroupPressure(
            exhausted_until=until, by=by, probing=probing, probe_until=NOW + 5 if probing else None, pressed_at=NOW - 60
        )
    )


@pytest.mark.parametrize(
    ("by", "text"),
    [
        (FailureKind.QUOTA_EXHAUSTED, "the quota of acme is used up or not paid; asked again in 30.0 s"),
        (FailureKind.BILLING, "the quota of acme is used up or not paid; asked again in 30.0 s"),
        (FailureKind.INVALID_AUTH, "the key of acme was refused; tried again in 30.0 s"),
    ],
)
def test_while_it_is_shut(by: FailureKind, text: str) -> None:
    of_acme = replace(seat(), route=replace(seat().route, quota_group="acme"))
    assert limit(RULE, of_acme, ask(), shut(by)) == text
    assert limit(RULE, replace(of_acme, own=True), ask(own_credential=True), shut(by)) is None


def test_afterwards_one_attempt_finds_out() -> None:
    over = shut(FailureKind.QUOTA_EXHAUSTED, until=NOW)
    assert limit(RULE, seat(), ask(), over) is None
    probed = shut(FailureKind.QUOTA_EXHAUSTED, until=NOW, probing=True)
    assert "one attempt is finding out" in (limit(RULE, seat(), ask(), probed) or "")
    assert limit(RULE, seat(), ask(), HEALTHY) is None
