"""Where sessions were served: kept for a while, bounded, shared with replicas."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gate.core.binding import Binding
from gate.core.decision import PlannedAttempt, Relation
from gate.core.execution import AttemptRecord
from gate.core.usage import NOT_REPORTED, Usage
from gate.engine.session_book import SESSIONS, SessionBook, cache_loss_of, cached_tokens, session_key

HOUR = 3_600.0


def record(route: str = "p/a", usage: Usage = NOT_REPORTED) -> AttemptRecord:
    return AttemptRecord(0, route, "p", "a", "lane", Relation.PRIMARY, 0.0, 1.0, usage=usage)


def test_what_served_last_is_found_again() -> None:
    book = SessionBook()
    assert book.look("s", 0.0, HOUR) is None
    book.served("s", record("p/a"), 10.0, HOUR)
    book.served("s", record("p/b", Usage(input=100, cache_read=60, cache_write=30)), 20.0, HOUR)
    assert book.look("s", 21.0, HOUR) == Binding("p/b", "lane", 20.0, 90)
    assert book.look("other", 21.0, HOUR) is None


def test_an_idle_session_is_forgotten_and_an_active_one_is_not() -> None:
    book = SessionBook()
    for at in (0.0, 0.9 * HOUR, 1.8 * HOUR):
        book.served("s", record(), at, HOUR)
    assert book.look("s", 2.8 * HOUR, HOUR) is not None
    assert book.look("s", 2.8 * HOUR + 1, HOUR) is None
    assert len(book) == 0


def test_a_shorter_time_counts_at_once() -> None:
    book = SessionBook()
    book.served("s", record(), 0.0, HOUR)
    assert book.look("s", 61.0, 60.0) is None


def test_it_is_bounded_and_the_one_served_longest_ago_makes_room() -> None:
    book = SessionBook(most=3)
    for key in "abcbde":
        book.served(key, record(), 0.0, HOUR)
        assert len(book) <= 3
    assert [key for key in "abcde" if book.look(key, 1.0, HOUR)] == ["b", "d", "e"]
    assert SESSIONS == 20_000


def test_a_session_has_a_binding_for_each_intent() -> None:
    assert len({session_key("s", "auto"), session_key("s", "eco"), session_key("t", "auto")}) == 3


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (NOT_REPORTED, None),
        (Usage(input=10, output=3), None),
        (Usage(input=10, cache_read=4), 4),
        (Usage(input=10, cache_write=5), 5),
        (Usage(input=10, cache_read=4, cache_write=5, cache_write_5m=2, cache_write_1h=3), 9),
        (Usage(input=10, cache_read=0), 0),
    ],
)
def test_cached_tokens(usage: Usage, tokens: int | None) -> None:
    assert cached_tokens(usage) == tokens


@pytest.mark.parametrize(
    ("usage", "pico"),
    [
        (NOT_REPORTED, 800),
        (Usage(input=100, cache_read=0), 800),
        (Usage(input=100, cache_read=25), 600),
        (Usage(input=100, cache_read=100), None),
        (Usage(input=500, cache_read=400), None),
    ],
)
def test_what_was_cached_after_all_is_not_lost(usage: Usage, pico: int | None) -> None:
    planned = PlannedAttempt("p/b", "p", "b", "lane", Relation.PRIMARY, cache_loss_pico=800)
    assert cache_loss_of(planned, Binding("p/a", "lane", 0.0, 100), usage) == pico


def test_without_a_plan_of_it_or_a_cache_there_is_no_loss() -> None:
    planned = PlannedAttempt("p/b", "p", "b", "lane", Relation.PRIMARY)
    assert cache_loss_of(planned, Binding("p/a", "lane", 0.0, 100), NOT_REPORTED) is None
    assert cache_loss_of(replace(planned, cache_loss_pico=800), None, NOT_REPORTED) is None
    assert cache_loss_of(replace(planned, cache_loss_pico=800), Binding("p/a", "lane", 0.0), NOT_REPORTED) is None


class Replicas:
    """What the others know; the rest of `SharedState` is not asked for."""

    def __init__(self, known: dict[str, Binding] | None = None, moved: frozenset[str] = frozenset()) -> None:
        self.known = known or {}
        self.moved = moved
        self.asked: list[str] = []
        self.told: list[tuple[str, Binding, float, bool]] = []

    async def find(self, session: str) -> Binding | None:
        self.asked.append(session)
        return self.known.get(session)

    def stale(self, session: str) -> bool:
        return session in self.moved

    def keep(self, session: str, binding: Binding, for_s: float, *, moved: bool) -> None:
        self.told.append((session, binding, for_s, moved))


def found(book: SessionBook, key: str, now: float) -> Binding | None:
    return asyncio.run(book.find(key, now, HOUR))


def shared(replicas: Any) -> SessionBook:
    return SessionBook(replicas)


def test_replicas_are_told_what_served_and_whether_it_moved() -> None:
    replicas = Replicas()
    book = shared(replicas)
    for route in ("p/a", "p/a", "p/b"):
        book.served("s", record(route), 5.0, HOUR)
    assert [(session, binding.route, for_s, moved) for session, binding, for_s, moved in replicas.told] == [
        ("s", "p/a", HOUR, False),
        ("s", "p/a", HOUR, False),
        ("s", "p/b", HOUR, True),
    ]


def test_replicas_are_asked_about_sessions_nobody_here_knows() -> None:
    elsewhere = Binding("p/b", "lane", 100.0, 7)
    replicas = Replicas({"s": elsewhere})
    book = shared(replicas)
    assert found(book, "s", 110.0) == elsewhere
    assert found(book, "s", 111.0) == elsewhere
    assert found(book, "t", 111.0) is None
    assert replicas.asked == ["s", "t"], "what was found is known from then on"


def test_and_about_those_that_moved() -> None:
    replicas = Replicas({"s": Binding("p/b", "lane", 100.0)}, frozenset("s"))
    book = shared(replicas)
    book.served("s", record("p/a"), 50.0, HOUR)
    found_there = found(book, "s", 110.0)
    assert found_there is not None
    assert found_there.route == "p/b"
    replicas.known["s"] = Binding("p/c", "lane", 99.0)
    still = found(book, "s", 111.0)
    assert still is not None
    assert still.route == "p/b", "older news changes nothing"
    del replicas.known["s"]
    assert found(book, "s", 112.0) == still, "nor do replicas that cannot tell"


def test_what_is_too_old_there_is_too_old_here() -> None:
    book = shared(Replicas({"s": Binding("p/b", "lane", 100.0)}))
    assert found(book, "s", 101.0 + HOUR) is None
    assert len(book) == 0


def test_alone_nobody_is_asked() -> None:
    book = SessionBook()
    assert found(book, "s", 1.0) is None
    book.served("s", record(), 1.0, HOUR)
    assert found(book, "s", 2.0) == Binding("p/a", "lane", 1.0)
