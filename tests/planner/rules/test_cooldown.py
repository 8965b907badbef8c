"""Left alone for as long as the upstream asked."""

from dataclasses import replace

from gate.health.cooldown import Cooldown
from gate.health.pressure import GroupPressure
from gate.health.snapshot import HEALTHY, RouteHealth
from gate.planner.rules.cooldown import RULE
from tests.planner.rules.seats import ask, limit, seat
from tests.planner.worlds import COOLING, NOW


def test_cooldown() -> None:
    assert limit(RULE, seat(), ask(), COOLING) == (
        "left alone for another 7.0 s after a rate limit or by the upstream's wish"
    )
    assert limit(RULE, seat(), ask(), replace(COOLING, cooldown=Cooldown(NOW, 7.0))) is None
    assert limit(RULE, seat(), ask(), HEALTHY) is None


def test_a_group_that_shares_its_limits_cools_down_as_one() -> None:
    pressed = RouteHealth(group=GroupPressure(Cooldown(NOW + 3, 5.0)))
    assert limit(RULE, seat(), ask(), pressed) == "its quota group  is left alone for another 3.0 s after a rate limit"
    assert limit(RULE, replace(seat(), own=True), ask(own_credential=True), pressed) is None
    assert limit(RULE, seat(), ask(), RouteHealth(group=GroupPressure(Cooldown(NOW, 5.0)))) is None


def test_the_holder_of_another_credential_was_not_meant() -> None:
    assert limit(RULE, replace(seat(), own=True), ask(own_credential=True), COOLING) is None
