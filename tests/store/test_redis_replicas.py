"""Two Gates on one Redis, as processes: what one learns the other knows; without the Redis nobody loses a request."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import httpx
import pytest

from tests.e2e.sink import eventually
from tests.e2e.telemetry.world import ASKED, CLIENT_KEY, ROUTES, configuration, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.stack.redis_server import RedisServer

Pair = tuple[GateProcess, GateProcess]
OPEN = 2.0
FIRST, SECOND = ROUTES[:2]
SESSION = "a-session-nobody-may-find"
PROMPT = "a-prompt-nobody-may-find"
PASSWORD = "a-password-nobody-may-find"


@pytest.fixture
def server() -> Iterator[RedisServer]:
    with RedisServer("--requirepass", PASSWORD) as running:
        yield running


@pytest.fixture
def start(server: RedisServer, upstream: Upstream) -> Iterator[Callable[..., GateProcess]]:
    """Gates with one configuration, each of which is told where the Redis is in its own way."""
    by_file = {"state": {"kind": "redis", "url": server.url, "key": "${REDIS_PASSWORD}"}}
    with ExitStack() as running:

        def begin(*, by_environment: bool = False, workers: int = 1, open_s: float = 60.0) -> GateProcess:
            config = configuration(upstream, breaker={"open_s": open_s, "open_per_s": 0.001})
            told = {"GATE_STATE_URL": server.url, "GATE_STATE_KEY": PASSWORD} if by_environment else {}
            env = environment(**(told or {"REDIS_PASSWORD": PASSWORD}))
            gate = GateProcess(config | ({} if told else by_file), env, workers=workers)
            return running.enter_context(gate)

        yield begin


@pytest.fixture
def pair(start: Callable[..., GateProcess]) -> Pair:
    return start(open_s=2.0), start(open_s=2.0, by_environment=True)


def ask(gate: GateProcess, session: str | None = None, text: str = PROMPT) -> httpx.Response:
    headers = {"x-api-key": CLIENT_KEY, "anthropic-version": "2023-06-01"}
    if session is not None:
        headers["x-claude-code-session-id"] = session
    body = {"model": ASKED, "max_tokens": 64, "messages": [{"role": "user", "content": text}]}
    # A connection of its own, so that any worker may get it; without TLS, which would take most of the time to set up.
    with httpx.Client(timeout=20, trust_env=False, verify=False) as client:
        return client.post(f"{gate.url}/v1/messages", json=body, headers=headers)


def route_of(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.headers["x-gate-route"]


def breaker(gate: GateProcess, route: str) -> float:
    return gate.metric("gate_breaker_state", route=route)


def asked(upstream: Upstream, model: str = "model-one") -> int:
    return sum(record.model == model for record in upstream.calls)


def break_first(gate: GateProcess, upstream: Upstream) -> None:
    upstream.fault("status", model="model-one", status=500)
    for _ in range(5):
        assert route_of(ask(gate)) == SECOND
    assert breaker(gate, FIRST) == OPEN


def test_a_breaker_opened_by_one_is_seen_by_the_other_within_a_second(pair: Pair, upstream: Upstream) -> None:
    here, there = pair
    assert breaker(there, FIRST) == 0
    break_first(here, upstream)
    began = time.monotonic()
    assert eventually(lambda: breaker(there, FIRST) == OPEN, timeout=1.0)
    print(f"seen after {time.monotonic() - began:.3f} s, of which a scrape takes most")
    calls = asked(upstream)
    assert calls == 5
    assert route_of(ask(there)) == SECOND
    assert asked(upstream) == calls, "it did not have to find out by itself"

    upstream.clear()
    time.sleep(2.1)
    assert route_of(ask(there)) == FIRST, "the probe"
    assert eventually(lambda: route_of(ask(there)) == FIRST and breaker(there, FIRST) == 0)
    assert eventually(lambda: breaker(here, FIRST) == 0, timeout=1.0)
    assert route_of(ask(here)) == FIRST


def test_a_session_stays_on_its_route_wherever_it_goes_on(pair: Pair, upstream: Upstream, server: RedisServer) -> None:
    here, there = pair
    upstream.fault("status", model="model-one", status=500, times=1)
    assert route_of(ask(here, SESSION)) == SECOND
    time.sleep(0.2)
    assert route_of(ask(there, SESSION, "go on")) == SECOND, "where its prompt cache is"
    assert route_of(ask(there, text="somebody else")) == FIRST
    upstream.fault("status", model="model-two", status=500, times=1)
    assert route_of(ask(there, SESSION, "and on")) == FIRST, "it had to move"
    time.sleep(0.2)
    assert route_of(ask(here, SESSION, "and so on")) == FIRST, "and is not brought back by who knew it first"
    with server.client(password=PASSWORD) as client:
        names = client.keys("*")
        kept = json.dumps([str(name) + str(client.dump(name)) for name in names])
    assert {name.split(b":")[1] for name in names} >= {b"s", b"t"}
    assert not [secret for secret in (SESSION, PROMPT, PASSWORD, "sk-first", CLIENT_KEY) if secret in kept]


def test_a_client_that_loops_over_both_is_stopped_as_by_one(pair: Pair) -> None:
    statuses: list[int] = []
    for turn in range(12):
        statuses.append(ask(pair[turn % 2], SESSION).status_code)
        time.sleep(0.05)
    # What the other one let through last is heard with the next turn of one's own.
    assert statuses[:8] == [200] * 8 and statuses[9:] == [429] * 3


def test_killing_redis_loses_no_request(pair: Pair, upstream: Upstream, server: RedisServer) -> None:
    for gate in pair:
        assert eventually(lambda gate=gate: gate.metric("gate_state_up") == 1)
    traffic = Traffic(pair)
    time.sleep(1.0)
    server.kill()
    for gate in pair:
        assert eventually(lambda gate=gate: gate.metric("gate_state_up") == 0)
    time.sleep(1.5)
    server.start()
    for gate in pair:
        assert eventually(lambda gate=gate: gate.metric("gate_state_up") == 1, timeout=15)
    time.sleep(0.5)
    statuses, slowest = traffic.stop()
    print(f"{statuses.total()} requests, the slowest {slowest:.3f} s")
    assert statuses.keys() == {200} and statuses[200] > 100
    for gate in pair:
        assert gate.metric("gate_state_errors_total") >= 1
        assert gate.output.count("going on alone") == 1
        assert gate.output.count("shared state: connected") == 2
        assert PASSWORD not in gate.output
    break_first(pair[1], upstream)
    assert eventually(lambda: breaker(pair[0], FIRST) == OPEN, timeout=1.0), "they share again"


def test_a_gate_starts_without_its_redis_and_joins_later(
    start: Callable[..., GateProcess], upstream: Upstream, server: RedisServer
) -> None:
    server.kill()
    alone = start()
    assert route_of(ask(alone, SESSION)) == FIRST
    assert alone.metric("gate_state_up") == 0
    break_first(alone, upstream)
    server.start()
    assert eventually(lambda: alone.metric("gate_state_up") == 1, timeout=15)
    newcomer = start()
    assert breaker(newcomer, FIRST) == OPEN, "told before its first request"


def test_the_workers_of_one_gate_share_too(start: Callable[..., GateProcess], upstream: Upstream) -> None:
    gate = start(workers=2)
    upstream.fault("status", model="model-one", status=500)
    while breaker(gate, FIRST) != OPEN:  # in either worker
        assert route_of(ask(gate)) == SECOND
        assert asked(upstream) <= 9
    time.sleep(0.5)
    calls = asked(upstream)
    for _ in range(20):
        assert route_of(ask(gate)) == SECOND
    assert asked(upstream) == calls, "the other worker need not fail five times itself"


class Traffic:
    """Requests of ever new sessions, one after the other to each Gate, until it is stopped."""

    def __init__(self, gates: Pair) -> None:
        self._ends = threading.Event()
        self._pool = ThreadPoolExecutor(len(gates))
        self._work = [self._pool.submit(self._send, gate) for gate in gates]

    def _send(self, gate: GateProcess) -> list[tuple[Any, float]]:
        answers: list[tuple[Any, float]] = []
        while not self._ends.wait(0.005):
            began = time.monotonic()
            try:
                status: Any = ask(gate, f"session-{len(answers)}", f"turn {len(answers)}").status_code
            except httpx.HTTPError as error:
                status = type(error).__name__
            answers.append((status, time.monotonic() - began))
        return answers

    def stop(self) -> tuple[Counter[Any], float]:
        """How often each status came, and the longest a request took."""
        self._ends.set()
        answers = [answer for work in self._work for answer in work.result(30)]
        self._pool.shutdown()
        return Counter(status for status, _ in answers), max(seconds for _, seconds in answers)
