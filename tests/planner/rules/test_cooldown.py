"""Left alone for as long as the upstream asked."""

from dataclasses import replace

from gate.health.snapshot import HEALTHY
from gate.planner.rules.cooldown import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import COOLING, NOW


def test_cooldown() -> None:
    assert limit(RULE, seat(), ask(), COOLING) == "told to wait another 7.0 s by the upstream"
    assert limit(RULE, seat(), ask(), replace(COOLING, cooldown_until=NOW)) is None
    assert limit(RULE, seat(), ask(), HEALTHY) is None


def test_the_holder_of_another_credential_was_not_meant() -> None:
    assert limit(RULE, replace(seat(), own=True), ask(own_credential=True), COOLING) is None
