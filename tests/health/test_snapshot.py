"""Health as a value."""

from gate.health.cooldown import Cooldown
from gate.health.snapshot import HEALTHY, UNKNOWN_HEALTH, BreakerState, HealthSnapshot, RouteHealth


def test_a_route_nobody_tried_is_healthy_and_unknown() -> None:
    health = UNKNOWN_HEALTH.of("nobody/knows")
    assert health is HEALTHY
    assert (health.ttfb_s, health.error_rate, health.last_failure) == (None, None, None)


def test_known_routes_are_found() -> None:
    known = RouteHealth(in_flight=3)
    assert HealthSnapshot(7, {"a/b": known}).of("a/b") is known


def test_open_time_runs_out() -> None:
    health = RouteHealth(state=BreakerState.OPEN, open_until=130.0)
    assert (health.open_for(100.0), health.open_for(130.0), health.open_for(200.0)) == (30.0, 0.0, 0.0)


def test_a_closed_or_half_open_breaker_is_open_for_no_time() -> None:
    assert RouteHealth(open_until=130.0).open_for(100.0) == 0.0
    assert RouteHealth(state=BreakerState.HALF_OPEN, open_until=130.0).open_for(100.0) == 0.0


def test_cooldown_runs_out() -> None:
    health = RouteHealth(cooldown=Cooldown(10.0, 5.0))
    assert (health.cooling_for(4.0), health.cooling_for(11.0), HEALTHY.cooling_for(0.0)) == (6.0, 0.0, 0.0)


def test_a_long_probe_stops_keeping_others_away() -> None:
    health = RouteHealth(state=BreakerState.HALF_OPEN, probing=True, probe_until=50.0)
    assert health.probe_under_way(49.9)
    assert not health.probe_under_way(50.0)
