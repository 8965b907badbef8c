"""What waits for Redis is the newest word on each thing, bounded, and goes out in one round trip."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gate.core.binding import Binding
from gate.core.secret import Secret
from gate.engine.snapshot import StateSettings
from gate.health.sharing import NO_MARKS, Aspect, Mark, Marks
from gate.store import redis_state_outbox
from gate.store.redis_state_outbox import Command, Outbox
from gate.store.redis_state_wire import decode_binding, decode_marks, decode_news, names_of

NAMES = names_of(StateSettings(Secret("redis://x"), "x"))
OPENED: Marks = {Aspect.BREAKER: Mark(5.0, False, 0, 15.0, 1, 5, "timeout")}


def taken(outbox: Outbox) -> list[Command]:
    return outbox.take(lambda subject: OPENED if subject == "r:acme/one" else NO_MARKS, "me")


def words(commands: list[Command]) -> list[tuple[Any, ...]]:
    return [command.words for command in commands]


def bind(outbox: Outbox, name: str, route: str = "acme/one", *, moved: bool = False) -> bool:
    return outbox.bind(name, Binding(route, "lane", 1.0), 100.0, 60.0, moved=moved)


def test_nothing_waits_at_first() -> None:
    outbox = Outbox(NAMES)
    assert not outbox.ready.is_set() and taken(outbox) == []


def test_a_verdict_is_kept_and_published_at_once() -> None:
    outbox = Outbox(NAMES)
    outbox.tell("r:acme/one")
    outbox.tell("r:acme/one")
    assert outbox.ready.is_set() and outbox.urgent.is_set()
    kept, expires, told = words(taken(outbox))
    assert kept[:3] == ("HSET", "gate:health", "r:acme/one") and decode_marks(kept[3]) == OPENED
    assert expires[:2] == ("PEXPIRE", "gate:health")
    news = decode_news(told[2])
    assert told[:2] == ("PUBLISH", "gate:0:news") and news is not None
    assert (news.sender, news.marks, news.moved) == ("me", {"r:acme/one": OPENED}, [])
    assert not outbox.ready.is_set() and not outbox.urgent.is_set() and taken(outbox) == []


def test_of_a_session_only_the_latest_is_told_and_nobody_waits_for_it() -> None:
    outbox = Outbox(NAMES)
    assert bind(outbox, "gate:s:1") and bind(outbox, "gate:s:1", "acme/two")
    assert outbox.ready.is_set() and not outbox.urgent.is_set()
    ((verb, name, value, _, kept_ms),) = words(taken(outbox))
    assert (verb, name, kept_ms) == ("SET", "gate:s:1", 60_000)
    assert decode_binding(value, 100.0) == Binding("acme/two", "lane", 1.0)
    assert bind(outbox, "gate:s:1", moved=True) and outbox.urgent.is_set()
    news = decode_news(taken(outbox)[-1].words[2])
    assert news is not None and news.moved == ["gate:s:1"]


def test_what_is_too_much_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for bound in ("ASKED", "BOUND", "TURNS"):
        monkeypatch.setattr(redis_state_outbox, bound, 2)

    async def work() -> None:
        outbox = Outbox(NAMES)
        assert [bind(outbox, f"gate:s:{count}", moved=True) for count in range(3)] == [True, True, False]
        assert [outbox.ask("a") is None for _ in range(3)] == [False, False, True]
        assert [outbox.passed(bytes([turn]), 1.0, 9.0, print) for turn in (1, 2, 1, 3)] == [True, True, True, False]
        commands = taken(outbox)
        assert [one.words[1] for one in commands if one.words[0] == "SET"] == ["gate:s:1", "gate:s:2"]
        assert [one.words[1:] for one in commands if one.words[0] == "RPUSH"] == [
            ("gate:t:01", 1.0, 1.0),
            ("gate:t:02", 1.0),
        ]

    asyncio.run(work())


def test_who_asked_is_answered_even_when_nobody_will() -> None:
    async def work() -> None:
        outbox = Outbox(NAMES)
        lost, found, gone = (outbox.ask(name) for name in "abc")
        assert lost is not None and found is not None and gone is not None
        gone.cancel()
        outbox.give_up()
        assert lost.result() is None and found.result() is None and gone.cancelled()
        again = outbox.ask("d")
        (command,) = taken(outbox)
        assert again is not None and command.answered is not None and command.operation == "read"
        command.answered(b"value")
        assert again.result() == b"value"

    asyncio.run(work())


def test_the_times_of_a_turn_are_asked_for_only_when_it_was_there_before() -> None:
    outbox, heard = Outbox(NAMES), list[list[float]]()
    outbox.passed(b"\x01", 7.0, 9.0, heard.append)
    pushed, expires = taken(outbox)
    assert pushed.words == ("RPUSH", "gate:t:01", 7.0) and expires.words == ("PEXPIRE", "gate:t:01", 9_000)
    assert pushed.answered is not None
    pushed.answered(1)
    assert taken(outbox) == []
    pushed.answered(3)
    trimmed, read = taken(outbox)
    assert trimmed.words[0] == "LTRIM" and read.words == ("LRANGE", "gate:t:01", 0, -1)
    assert read.answered is not None
    read.answered([b"7.0", b"6.5", b"5"])
    assert heard == [[5.0, 6.5, 7.0]]
