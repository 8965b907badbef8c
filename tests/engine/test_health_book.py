"""The book hands what a quota group shares to its members, and forgets strangers."""

from dataclasses import replace

from gate.core.allowance import Allowance, AllowanceKind
from gate.core.decision import Relation
from gate.core.dialect import Dialect
from gate.core.execution import AttemptRecord
from gate.core.failure import Failure, FailureKind
from gate.core.route import Route
from gate.engine.health_book import STRANGERS, HealthBook
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.pressure import NO_PRESSURE, GroupPressure
from gate.health.snapshot import HEALTHY, RouteHealth


def route(name: str, group: str, *, shared: bool = False) -> Route:
    spoken = frozenset({Dialect.OPENAI_CHAT})
    return Route(f"acme/{name}", "acme", name, "lane", spoken, quota_group=group, shared_limits=shared)


def record(name: str, kind: FailureKind | None = None, **changes: object) -> AttemptRecord:
    made = AttemptRecord(0, f"acme/{name}", "acme", name, "lane", Relation.PRIMARY, started_s=0.0, ended_s=1.0)
    return replace(made, failure=None if kind is None else Failure(kind), **changes)


def attempt(book: HealthBook, now: float, name: str, kind: FailureKind | None = None, **changes: object) -> None:
    own = bool(changes.get("own_credential", False))
    book.started(f"acme/{name}", now, DEFAULT_BREAKER, own_credential=own)
    book.ended(record(name, kind, **changes), now + 1.0, DEFAULT_BREAKER)


def book_of(*routes: Route) -> tuple[HealthBook, list[str], list[str]]:
    changed: list[str] = []
    groups: list[str] = []

    def on_change(name: str, health: RouteHealth) -> None:
        assert health is book.of(name)
        changed.append(name)

    def on_group(name: str, pressure: GroupPressure) -> None:
        assert pressure is book.groups[name].pressure
        groups.append(name)

    book = HealthBook(on_change, on_group)
    book.configure(routes)
    return book, changed, groups


def test_a_used_up_quota_presses_every_route_of_the_account_and_no_other() -> None:
    book, changed, groups = book_of(route("a", "one"), route("b", "one"), route("c", "two"))
    attempt(book, 0.0, "a", FailureKind.QUOTA_EXHAUSTED)
    assert book.of("acme/a").group is book.of("acme/b").group is book.groups["one"].pressure
    assert book.of("acme/b").group.exhausted_for(1.0) == 60.0
    assert book.of("acme/c") is HEALTHY
    assert (groups, set(changed)) == (["one"], {"acme/a", "acme/b"})


def test_one_probe_for_the_whole_account_then_all_are_free() -> None:
    book, _, groups = book_of(route("a", "one"), route("b", "one"))
    attempt(book, 0.0, "a", FailureKind.QUOTA_EXHAUSTED)
    book.started("acme/b", 70.0, DEFAULT_BREAKER)
    assert book.of("acme/a").group.probe_under_way(70.5)
    book.ended(record("b"), 71.0, DEFAULT_BREAKER)
    assert book.of("acme/a").group is book.of("acme/b").group is NO_PRESSURE
    assert len(groups) == 3


def test_rate_limits_cool_the_route_or_where_they_are_shared_the_group() -> None:
    book, _, _ = book_of(route("a", "one"), route("b", "one"), route("c", "two", shared=True), route("d", "two"))
    attempt(book, 0.0, "a", FailureKind.RATE_LIMITED)
    assert (book.of("acme/a").cooling_for(1.0), book.of("acme/b")) == (5.0, HEALTHY)
    attempt(book, 0.0, "c", FailureKind.RATE_LIMITED)
    assert book.of("acme/c").cooling_for(1.0) == 0.0
    assert book.of("acme/d").group.cooling_for(1.0) == 5.0


def test_a_clients_own_credential_says_nothing_of_the_account() -> None:
    book, _, groups = book_of(route("a", "one"))
    low = Allowance(AllowanceKind.REQUESTS, 100, 0)
    attempt(book, 0.0, "a", FailureKind.QUOTA_EXHAUSTED, own_credential=True, allowances=(low,))
    assert (book.groups["one"].pressure, book.groups["one"].allowances, groups) == (NO_PRESSURE, {}, [])


def tokens(left: float, resets_in_s: float | None = 60.0) -> tuple[Allowance, ...]:
    return (Allowance(AllowanceKind.TOKENS, 100, left, resets_in_s),)


def test_shared_allowances_are_the_groups_and_low_is_told_once() -> None:
    book, _, groups = book_of(route("a", "one", shared=True), route("b", "one"))
    attempt(book, 0.0, "a", allowances=tokens(5))
    attempt(book, 2.0, "b", allowances=tokens(4))
    assert book.groups["one"].headroom(3.0) == {AllowanceKind.TOKENS: 0.04}
    assert book.of("acme/a").group.low
    assert not book.of("acme/a").low
    assert groups == ["one"]


def test_allowances_of_a_route_of_its_own_are_its_own() -> None:
    book, _, groups = book_of(route("a", "one"), route("b", "one"))
    attempt(book, 0.0, "a", allowances=tokens(5))
    attempt(book, 0.0, "b", allowances=tokens(90))
    assert (book.of("acme/a").low, book.of("acme/b").low, groups) == (True, False, [])
    assert book.groups["one"].headroom(2.0) == {AllowanceKind.TOKENS: 0.05}, "the scarcest is what an operator asks for"
    assert book.headroom("acme/b", 2.0) == {AllowanceKind.TOKENS: 0.9}
    assert book.headroom("acme/stranger", 2.0) == {}
    attempt(book, 5.0, "a", allowances=tokens(80))
    assert not book.of("acme/a").low


def test_what_was_to_be_renewed_since_is_whole_again() -> None:
    book, _, _ = book_of(route("a", "one"))
    attempt(book, 0.0, "a", allowances=tokens(5, 10.0))
    assert book.groups["one"].headroom(10.0) == {AllowanceKind.TOKENS: 0.05}
    assert book.groups["one"].headroom(12.0) == {AllowanceKind.TOKENS: 1.0}


def test_a_new_configuration_keeps_what_is_known_and_regroups() -> None:
    book, _, _ = book_of(route("a", "one"), route("b", "two"))
    attempt(book, 0.0, "a", FailureKind.QUOTA_EXHAUSTED)
    attempt(book, 0.0, "a", None)
    attempt(book, 5.0, "b", FailureKind.SERVER_ERROR)
    attempt(book, 6.0, "a", FailureKind.QUOTA_EXHAUSTED)
    book.configure([route("a", "one"), route("b", "one")])
    assert book.of("acme/b").group is book.of("acme/a").group is book.groups["one"].pressure
    assert book.of("acme/b").consecutive == 1
    book.configure([route("a", "three"), route("b", "three")])
    assert book.of("acme/a").group is book.of("acme/b").group is NO_PRESSURE


def test_what_others_found_out_is_taken_over() -> None:
    book, changed, groups = book_of(route("a", "one"))
    shut = GroupPressure(exhausted_until=9.0, by=FailureKind.BILLING, pressed_at=1.0)
    book.press_group("one", shut)
    book.press_group("nobody", shut)
    book.put("acme/a", replace(book.of("acme/a"), in_flight=3))
    assert (book.of("acme/a").group, book.of("acme/a").in_flight) == (shut, 3)
    assert (changed, groups) == (["acme/a"], ["one"])


def test_routes_no_configuration_lists_are_remembered_up_to_a_bound() -> None:
    book, _, _ = book_of(route("a", "one"))
    attempt(book, 0.0, "a")
    for number in range(STRANGERS + 50):
        attempt(book, 1.0, f"made-up-{number}")
    assert len(book.snapshot().routes) == STRANGERS + 1
    assert book.of("acme/made-up-0") is HEALTHY
    assert book.of("acme/a").traffic.starts == 1
    book.configure([route("a", "one")])
    attempt(book, 1.0, "one-more")
    assert len(book.snapshot().routes) == STRANGERS + 1


def test_the_first_content_of_a_probe_opens_the_account_for_all() -> None:
    book, _, _ = book_of(route("a", "one"), route("b", "one"))
    attempt(book, 0.0, "a", FailureKind.QUOTA_EXHAUSTED)
    book.started("acme/b", 70.0, DEFAULT_BREAKER)
    book.answered("acme/b", 70.0, DEFAULT_BREAKER, own_credential=False)
    assert book.of("acme/a").group is NO_PRESSURE
    assert book.of("acme/b").in_flight == 1
