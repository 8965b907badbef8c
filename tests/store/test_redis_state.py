"""Workers that share through a real Redis: what they tell each other, and what they do without it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import trustme

from gate.core.binding import Binding
from gate.core.secret import Secret
from gate.health.breaker import DEFAULT_BREAKER
from gate.health.snapshot import BreakerState
from gate.store import redis_state, redis_state_outbox
from gate.store.redis_state import FIRST_S, LOOKUP_S, RETRY_MOST_S, retry_s
from tests.stack.redis_server import RedisServer
from tests.store.redis_replica import Replica, until

ROUTE = "acme/one"
SESSION = "a-session-id-nobody-may-find"
NOWHERE = "redis://127.0.0.1:1/0"
PASSWORD = "a-password-nobody-may-see"


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer() as running:
        yield running


@pytest.fixture
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views are compared every moment, and a lost connection is tried again as soon."""
    monkeypatch.setattr(redis_state, "COMPARE_S", 0.1)
    monkeypatch.setattr(redis_state, "RETRY_MOST_S", 0.2)
    monkeypatch.setattr(redis_state, "ANSWER_S", 0.5)


@pytest.fixture
def patiently(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take longer than a request would wait for it."""
    monkeypatch.setattr(redis_state, "LOOKUP_S", 5.0)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(work, 60))


def bound(route: str = ROUTE) -> Binding:
    return Binding(route, "lane", time.monotonic(), 1_234)


def test_a_breaker_is_seen_by_the_others_at_once_and_by_newcomers(server: RedisServer) -> None:
    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            a.break_route(ROUTE)
            assert await until(lambda: b.is_open(ROUTE)) < 1.0
            assert b.book.of(ROUTE).open_for(time.monotonic()) == pytest.approx(DEFAULT_BREAKER.open_s, abs=1.0)
            async with Replica(server.url, "c") as c:
                assert c.is_open(ROUTE), "known before its first request"
            a.attempt(ROUTE)  # a last resort that serves: the route was gone, and is back
            assert a.book.of(ROUTE).state is BreakerState.CLOSED
            assert await until(lambda: b.book.of(ROUTE).state is BreakerState.CLOSED) < 1.0
            assert a.told.errors == b.told.errors == []

    run(work())


@pytest.mark.usefixtures("quickly")
def test_what_was_lost_is_mended(server: RedisServer) -> None:
    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            a.break_route(ROUTE)
            await until(lambda: b.is_open(ROUTE))
            with server.client() as client:
                kept = client.hgetall("gate:health")
                client.flushall()
                await until(lambda: client.hgetall("gate:health") == kept)  # whoever knows it writes it again
                # Told while nobody listened: only the hash knows.
                client.hset("gate:health", "r:acme/two", kept[b"r:acme/one"])
                await until(lambda: a.is_open("acme/two") and b.is_open("acme/two"))
                client.client_kill_filter(_type="pubsub")
            await until(lambda: a.told.up[-2:] == [False, True] and b.told.up[-2:] == [False, True])

    run(work())


@pytest.mark.usefixtures("patiently")
def test_a_session_is_found_by_the_others_and_known_to_have_moved(server: RedisServer) -> None:
    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            assert await b.state.find(SESSION) is None
            a.state.keep(SESSION, bound(), 60.0, moved=False)
            await asyncio.sleep(0.1)
            found = await b.state.find(SESSION)
            assert found is not None and (found.route, found.lane, found.cached_tokens) == (ROUTE, "lane", 1_234)
            assert found.at == pytest.approx(time.monotonic(), abs=1.0)
            assert not a.state.stale(SESSION) and not b.state.stale(SESSION)
            b.state.keep(SESSION, bound("acme/two"), 60.0, moved=True)
            await until(lambda: a.state.stale(SESSION))
            again = await a.state.find(SESSION)
            assert again is not None and again.route == "acme/two" and not a.state.stale(SESSION)
            assert not b.state.stale(SESSION), "not by its own news"
            with server.client() as client:
                (name,) = client.keys("gate:s:*")
                assert 50_000 < client.pttl(name) <= 60_000
            assert SESSION not in server.everything()

    run(work())


def test_turns_are_told_to_whoever_let_them_through(server: RedisServer) -> None:
    heard: dict[str, list[float]] = {}

    def hears(name: str) -> Any:
        def hear(turn: bytes, times: Sequence[float]) -> None:
            assert turn == b"digest"
            heard[name] = list(times)

        return hear

    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            assert a.state.secret == b.state.secret
            now = time.monotonic()
            a.state.passed(b"digest", now - 2.0, 10.0, hears("a"))
            await asyncio.sleep(0.2)
            assert heard == {}, "nobody else did"
            b.state.passed(b"digest", now - 1.0, 10.0, hears("b"))
            b.state.passed(b"digest", now, 10.0, hears("b"))
            await until(lambda: "b" in heard)
            assert heard["b"] == pytest.approx([now - 2.0, now - 1.0, now], abs=0.01)
            for _ in range(100):
                a.state.passed(b"digest", now, 10.0, hears("a"))
            await until(lambda: len(heard.get("a", ())) == redis_state_outbox.TIMES)
            with server.client() as client:
                (name,) = client.keys("gate:t:*")
                assert 5_000 < client.pttl(name) <= 10_000

    run(work())


def test_different_prefixes_and_databases_do_not_meet(server: RedisServer) -> None:
    async def work() -> None:
        other = server.url.replace("/0", "/1")
        async with (
            Replica(server.url, "a") as a,
            Replica(server.url, "b", prefix="blue") as b,
            Replica(other, "c", database=1) as c,
        ):
            a.break_route(ROUTE)
            await asyncio.sleep(0.3)
            assert not b.is_open(ROUTE) and not c.is_open(ROUTE)

    run(work())


def test_without_a_redis_a_worker_starts_and_waits_for_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gate.store")

    async def work() -> None:
        began = time.monotonic()
        async with Replica(NOWHERE) as alone:
            assert time.monotonic() - began < FIRST_S + 0.2
            began = time.monotonic()
            assert await alone.state.find(SESSION) is None
            alone.state.keep(SESSION, bound(), 60.0, moved=True)
            alone.state.passed(b"digest", began, 10.0, lambda turn, times: None)
            alone.break_route(ROUTE)
            assert time.monotonic() - began < LOOKUP_S
            await until(lambda: alone.told.errors.count("connect") >= 3)
            assert alone.told.up == [False] and alone.is_open(ROUTE)

    run(work())
    assert [record.getMessage() for record in caplog.records] == [
        "shared state: Redis at redis.test:6379 is away (ConnectionError): going on alone"
    ]


@pytest.mark.usefixtures("quickly", "patiently")
def test_a_redis_that_dies_is_missed_by_nobody_and_shared_again(
    server: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "gate.store")

    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            server.kill()
            await until(lambda: not a.up and not b.up)
            began = time.monotonic()
            assert await a.state.find(SESSION) is None
            a.break_route(ROUTE)
            a.state.keep(SESSION, bound(), 60.0, moved=False)
            assert time.monotonic() - began < LOOKUP_S
            await asyncio.sleep(0.3)
            assert not b.is_open(ROUTE)
            server.start()
            await until(lambda: a.up and b.up)
            await until(lambda: b.is_open(ROUTE))  # the new Redis was empty: a told it what it knows
            found = await b.state.find(SESSION)
            assert found is not None and found.route == ROUTE

    run(work())
    lines = [record.getMessage() for record in caplog.records]
    assert len([line for line in lines if "going on alone" in line]) == 2, "one each, however often it was tried"
    assert len([line for line in lines if "connected to Redis" in line]) == 4


@pytest.mark.usefixtures("quickly")
def test_a_redis_that_hangs_costs_one_short_wait(server: RedisServer) -> None:
    async def work() -> None:
        async with Replica(server.url) as a:
            server.freeze()
            try:
                began = time.monotonic()
                assert await a.state.find(SESSION) is None
                assert LOOKUP_S * 0.9 < time.monotonic() - began < LOOKUP_S * 5
                began = time.monotonic()
                for _ in range(100):
                    assert await a.state.find(SESSION) is None
                assert time.monotonic() - began < LOOKUP_S
                await until(lambda: not a.up)
            finally:
                server.thaw()
            await until(lambda: a.up)
            assert "read" in a.told.errors

    run(work())


RIGHTS = (
    "on", f">{PASSWORD}", "~gate:*", "&gate:*", "-@all", "+ping", "+subscribe", "+publish", "+hgetall", "+hset",
    "+get", "+set", "+pexpire", "+rpush", "+ltrim", "+lrange",
)  # fmt: skip
"""Those of docs/how-to/run-several-replicas.md."""


@pytest.mark.usefixtures("patiently")
def test_a_user_with_few_rights_is_enough(server: RedisServer) -> None:
    rights = (Path(__file__).parents[2] / "docs" / "how-to" / "run-several-replicas.md").read_text()
    assert " ".join(right for right in RIGHTS if PASSWORD not in right and right != "on") in rights

    async def work() -> None:
        with server.client() as client:
            client.execute_command("ACL", "SETUSER", "worker", *RIGHTS)
        by_url = server.url.replace("//", f"//worker:{PASSWORD}@")
        async with (
            Replica(server.url, "a", user="worker", password=Secret(PASSWORD)) as a,
            Replica(by_url, "b", user="worker", password=Secret(PASSWORD)) as b,
        ):
            heard: list[Sequence[float]] = []
            a.break_route(ROUTE)
            a.state.keep(SESSION, bound(), 60.0, moved=True)
            for replica in (a, b):
                replica.state.passed(b"digest", time.monotonic(), 10.0, lambda turn, times: heard.append(times))
            await until(lambda: b.is_open(ROUTE) and b.state.stale(SESSION) and bool(heard))
            assert await b.state.find(SESSION) is not None
            assert a.told.errors == b.told.errors == []

    run(work())


@pytest.mark.usefixtures("quickly")
def test_a_wrong_password_is_named_and_not_shown(server: RedisServer, caplog: pytest.LogCaptureFixture) -> None:
    with server.client() as client:
        client.config_set("requirepass", "another")

    async def work() -> None:
        async with Replica(server.url, password=Secret(PASSWORD)) as a:
            await until(lambda: a.told.errors.count("connect") >= 2)

    run(work())
    assert "AuthenticationError" in caplog.text and PASSWORD not in caplog.text


@pytest.mark.usefixtures("quickly")
def test_a_command_that_is_refused_is_counted_and_the_rest_goes_on(server: RedisServer) -> None:
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "default", "-set", "-get")

    async def work() -> None:
        async with Replica(server.url, "a") as a, Replica(server.url, "b") as b:
            a.state.keep(SESSION, bound(), 60.0, moved=False)
            assert await a.state.find(SESSION) is None
            a.break_route(ROUTE)
            await until(lambda: b.is_open(ROUTE))
            assert {"write", "read"} <= set(a.told.errors) and a.up

    run(work())


@pytest.mark.usefixtures("quickly")
def test_what_makes_no_sense_is_passed_over(server: RedisServer) -> None:
    async def work() -> None:
        async with Replica(server.url, "a") as a:
            with server.client() as client:
                client.hset("gate:health", "r:acme/two", "not json")
                client.hset("gate:health", "nonsense", '{"breaker": {"at": 1}}')
                for message in (b"\xff", b"[]", b'{"sender": 1}', b'{"sender": "x", "marks": {"r:y": {"breaker": 3}}}'):
                    client.publish("gate:0:news", message)
                client.publish(
                    "gate:0:news", b'{"sender": "z", "marks": {"r:acme/one": {"later": {"at": 5}}}, "new": 1}'
                )
            await until(lambda: a.told.errors.count("listen") >= 4 and a.told.errors.count("read") >= 2)
            assert a.up and a.state.marks.of("r:acme/one").keys() == {"later"}

    run(work())


def test_tls_with_a_private_authority(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    ca, cert, key = tmp_path / "ca.pem", tmp_path / "cert.pem", tmp_path / "key.pem"
    authority.cert_pem.write_to_path(ca)
    issued.private_key_and_cert_chain_pem.write_to_path(cert)
    issued.private_key_pem.write_to_path(key)

    async def work() -> None:
        (port,) = ports
        url = f"rediss://127.0.0.1:{port}/0"
        async with Replica(url, "a", ca_file=str(ca)) as a, Replica(url, "b", ca_file=str(ca)) as b:
            a.break_route(ROUTE)
            await until(lambda: b.is_open(ROUTE))
        async with Replica(url, "c") as stranger:
            assert not stranger.up and "connect" in stranger.told.errors

    from tests.harness.ports import free_ports

    ports = free_ports(1)
    options = f"--tls-port {ports[0]} --tls-cert-file {cert} --tls-key-file {key} --tls-ca-cert-file {ca}"
    with RedisServer(*options.split(), "--tls-auth-clients", "no"):
        run(work())


def test_waits_grow_are_bounded_and_differ() -> None:
    assert [retry_s(tries, 1.0) for tries in (0, 1, 2)] == [0.2, 0.4, 0.8]
    assert retry_s(99, 1.0) == RETRY_MOST_S and retry_s(99, 0.0) == RETRY_MOST_S / 2
