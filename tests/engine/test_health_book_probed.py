"""What a probe does to the book: all of a provider's groups and routes, or the one it was about."""

from __future__ import annotations

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.core.route import Route
from gate.engine.health_book import HealthBook
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.probing import Probe, ProbeKind, ProbeResult
from gate.health.snapshot import HEALTHY, BreakerState

MESSAGES = Dialect.ANTHROPIC_MESSAGES


def route(provider: str, model: str, group: str, *, shared: bool = False) -> Route:
    name = f"{provider}/{model}"
    return Route(name, provider, model, "lane", frozenset({MESSAGES}), quota_group=group, shared_limits=shared)


ROUTES = (route("a", "1", "g1"), route("a", "2", "g2", shared=True), route("a", "3", "g2"), route("b", "1", "g3"))


def book() -> HealthBook:
    made = HealthBook()
    made.configure(ROUTES)
    return made


def told(health: HealthBook, result: ProbeResult, now: float = 100.0) -> None:
    health.probed(result, now, DEFAULT_BREAKER)


def test_a_provider_has_all_its_groups_told() -> None:
    health = book()
    told(health, ProbeResult(Probe("a", ProbeKind.LIST, MESSAGES), 0.1, Failure(FailureKind.INVALID_AUTH)))
    assert [name for name, group in health.groups.items() if group.pressure.exhausted_for(100.0) > 0] == ["g1", "g2"]
    assert health.of("b/1") is HEALTHY
    told(health, ProbeResult(Probe("a", ProbeKind.LIST, MESSAGES), 0.1), now=110.0)
    assert not any(group.pressure.exhausted_for(110.0) for group in health.groups.values())
    assert health.of("a/3").auth_failure is None


def test_a_route_is_told_alone_and_its_allowances_are_kept() -> None:
    health = book()
    left = (Allowance(AllowanceKind.REQUESTS, 100, 40),)
    probe = Probe("a", ProbeKind.CALL, MESSAGES, route=ROUTES[2])
    told(health, ProbeResult(probe, 0.1, Failure(FailureKind.MODEL_UNAVAILABLE), allowances=left))
    assert health.of("a/3").state is BreakerState.OPEN
    assert health.of("a/2").state is health.of("a/1").state is BreakerState.CLOSED
    assert {name: dict(group.headroom(100.0)) for name, group in health.groups.items()} == {
        "g1": {},
        "g2": {AllowanceKind.REQUESTS: 0.4},
        "g3": {},
    }


def test_a_probe_that_says_nothing_new_changes_nothing() -> None:
    health = book()
    told(health, ProbeResult(Probe("a", ProbeKind.LIST, MESSAGES), 0.1))
    assert health.of("a/1") is HEALTHY
    assert health.snapshot().epoch == 0
