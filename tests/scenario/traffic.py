"""The traffic of one round: what is sent, in a fixed order that a seed shuffles where the order says nothing.

A round takes three seconds on a quiet machine and does everything once (streams in every other one). Rounds are
repeated so that every number moves several times between scrapes. Nothing here checks answers: test_scenario.py does,
from what came out.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import httpx

from tests.harness.gate import GateProcess
from tests.harness.raw import RawClient, request_bytes
from tests.scenario.adaptive import Adaptive
from tests.scenario.clients import CHAT, DIALECTS, MESSAGES, PROFILES, SESSION_HEADERS, Dialect
from tests.scenario.world import CLIENT_KEYS, FAILURES, IN_FLIGHT, INTENTS, LIMIT_S, STREAMED, World, catalog_model

TOGETHER = 8  # requests at the same time, but for the burst
BURST = IN_FLIGHT * 2
PAUSE_S = 0.3
STREAMS = 25  # of one kind, in every round: rules that speak of percentiles want a few dozen


class Traffic:
    """Sends rounds to a Gate. statuses: how many answers of each HTTP status came (0: the client left first); requests:
    how many of them were for a model. Also a context manager."""

    def __init__(self, gate: GateProcess, world: World, seed: int = 1) -> None:
        self._gate = gate
        self._world = world
        self._random = random.Random(seed)
        self._profiles = itertools.cycle(PROFILES)
        self._keys = itertools.cycle(CLIENT_KEYS.values())
        self._http = httpx.Client(
            base_url=gate.url, timeout=20, trust_env=False, limits=httpx.Limits(max_connections=100)
        )
        self._pool = ThreadPoolExecutor(BURST)
        self.statuses: Counter[int] = Counter()
        self._counting = threading.Lock()
        self._others = 0
        self._numbers = itertools.count(1)
        self._adaptive = Adaptive(self, world)

    @property
    def requests(self) -> int:
        return self.statuses.total() - self._others

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._http.close()

    def round(self, number: int) -> None:
        """Everything once; what may be a stream is one in odd rounds."""
        self._together([*self._mixed(stream=number % 2 == 1), *self._troubles()])
        for story in (*self._pressure(), *self._adaptive.stories()):
            with self._world.story():
                story()
            time.sleep(1.5 * LIMIT_S)  # what was told to wait has waited
        self._sessions()
        self._operations()
        self._burst()
        self._breaker()

    def answers_of_many_models(self, versions: int) -> None:
        """An upstream whose models call themselves by ever new names."""
        for version in range(versions):
            self._world.upstreams["odd"].shape(answer_model=f"version-{version}")
            self._together([self._later(MESSAGES, f"odd/{model}") for model in FAILURES])

    # What a client may ask for, when all is well.

    def _mixed(self, stream: bool) -> list[Callable[[], None]]:
        explicit = [catalog_model("anthropic", "provider-docs"), *map(catalog_model, ("openai", "openrouter"))]
        models = (*INTENTS, "lane:home/mid", "house-model", "claude-sonnet-4-6", "claude-gate-auto", *explicit)
        asked = [
            (dialect, model, stream, model.startswith("coding"))
            for dialect, model in itertools.product(DIALECTS, models)
        ]
        asked += [(dialect, "house/subscribed", False, False) for dialect in DIALECTS]
        asked += [(CHAT, "auto", True, False)] * STREAMS
        self._random.shuffle(asked)
        return [self._later(dialect, model, stream, tools) for dialect, model, stream, tools in asked]

    def _sessions(self) -> None:
        """Three requests of one session, for each client that names its sessions."""
        for profile, header in SESSION_HEADERS.items():
            session = {header: f"session-{self._random.randrange(1000)}"}
            for _ in range(3):
                self.ask(MESSAGES if profile == "claude" else CHAT, "auto", profile=profile, headers=session)

    def _operations(self) -> None:
        """What is no model request, and requests that Gate refuses by itself."""
        for path in ("/v1/models", "/healthz", "/no/such/path"):
            self._count(self._http.get(path, headers=self._headers()).status_code)
            self._others += 1
        count = {**MESSAGES.body("auto")}
        del count["max_tokens"]
        self._post("/v1/messages/count_tokens", count)
        self._post("/v1/messages", b"{not json")
        self._post("/v1/messages", {"messages": []})
        self._post("/v1/chat/completions", CHAT.body("auto"), {"authorization": "Bearer gate-wrong-key-0123456789"})
        self.ask(CHAT, "no-such-model")

    # What goes wrong upstream.

    def _troubles(self) -> list[Callable[[], None]]:
        """Each kind of failure on a route of its own, then a good answer there, so that no breaker opens."""

        def trouble(kind: str) -> Callable[[], None]:
            fault, settings = FAILURES[kind]

            def run() -> None:
                self._world.upstreams["odd"].fault(fault, model=kind, times=1, **settings)
                for _ in range(2):
                    self.ask(MESSAGES, f"odd/{kind}", stream=kind in STREAMED)

            return run

        return [*map(trouble, FAILURES), self._later(MESSAGES, "mute/connect_timeout")]

    def _pressure(self) -> list[Callable[[], None]]:
        """Fallback in the lane, another lane of the cluster, down, up, nobody left; a stream that breaks; a client that
        leaves. One after the other: each breaks the routes of the next request only."""
        anthropic, openrouter = self._world.upstreams["anthropic"], self._world.upstreams["openrouter"]
        house, openai = self._world.upstreams["house"], self._world.upstreams["openai"]

        def busy(upstream: Any, model: str, status: int = 429, wait_s: int = 0) -> None:
            upstream.fault("status", status=status, headers={"retry-after": str(wait_s)}, model=model, times=1)

        def same_lane() -> None:
            busy(anthropic, "home-mid")
            self.ask(MESSAGES, "auto", stream=True)

        def substitution() -> None:
            busy(anthropic, "home-mid", 529)
            busy(openrouter, "home-mid", 500)
            busy(openai, "home-mid", 503)
            self.ask(MESSAGES, "auto", profile="claude")

        def downgrade() -> None:
            for status, model in ((429, "home-mid"), (529, "sibling-mid")):
                busy(openrouter, model, status)
            anthropic.fault("reset_before_head", model="home-mid", times=1)
            busy(openai, "home-mid", 503)
            self.ask(MESSAGES, "auto", stream=True, profile="claude")

        def premium_downgrade() -> None:
            busy(anthropic, "home-elite")
            busy(openrouter, "home-elite", 504)
            busy(openai, "home-elite", 503)
            self.ask(MESSAGES, "coding-premium", tools=True, profile="claude")

        def escalation() -> None:
            for upstream in (anthropic, openrouter, openai):
                busy(upstream, "home-fast", wait_s=2)
            for _ in range(2):  # the second one is planned upwards, for the lane is told to wait
                self.ask(MESSAGES, "coding-fast", tools=True, profile="claude")

        def all_fail() -> None:
            busy(house, "home-small", 503)
            busy(anthropic, "home-mid", 503)
            for upstream in (anthropic, openrouter):
                busy(upstream, "home-fast", 503)
            self.ask(MESSAGES, "eco", profile="automation")

        def interrupted() -> None:
            anthropic.shape(text_chunks=12, interval=0.01, model="home-elite", times=1)
            anthropic.fault("cut", after=8, how="close", model="home-elite", times=1)
            self.ask(MESSAGES, "premium", stream=True, profile="claude")

        def last_resort() -> None:
            busy(self._world.upstreams["odd"], "cooling", wait_s=30)  # longer than Gate waits for
            for _ in range(2):
                self.ask(MESSAGES, "odd/cooling")

        def translated() -> None:
            """Chat clients name a model that speaks messages only; what it cannot be told is a loss."""
            model = f"anthropic/{catalog_model('anthropic').partition('/')[2]}"
            for stream in (False, True):
                self.ask(CHAT, model, stream=stream)
                self._post(CHAT.path, {**CHAT.body(model, stream=stream), "seed": 7})

        def no_route() -> None:
            self.ask(MESSAGES, "off/switched-off")

        in_lane = (same_lane, substitution)
        out_of_lane = (downgrade, premium_downgrade, all_fail, escalation, last_resort)
        return [*in_lane, *out_of_lane, interrupted, translated, no_route, self._leave]

    def _leave(self) -> None:
        """A client that goes away in the middle of its stream."""
        self._world.upstreams["house"].shape(text_chunks=40, interval=0.05, model="home-small", stream=True, times=1)
        headers = [(name, value) for name, value in self._headers("opencode").items()]
        with RawClient(self._gate.url) as client:
            client.send(request_bytes("POST", MESSAGES.path, headers, MESSAGES.body("free", stream=True)))
            client.read(until=b"content_block_delta")
        self._count(0)

    def _burst(self) -> None:
        """More at once than Gate admits: the rest is refused as overload."""
        self._world.upstreams["house"].shape(head_delay=0.4, model="slow", times=BURST)
        self._together([self._later(CHAT, "house/slow") for _ in range(BURST)], BURST)

    def _breaker(self) -> None:
        """A good answer from a route that was left alone for a while, then failures until its breaker opens again."""
        self.ask(MESSAGES, "odd/flaky")
        self._world.upstreams["odd"].fault("status", status=500, model="flaky", times=8)
        for _ in range(3):
            self.ask(MESSAGES, "odd/flaky")
        self.ask(MESSAGES, "odd/flaky")  # its only route is out: a last resort, in vain

    # Sending.

    def ask(
        self,
        dialect: Dialect,
        model: str,
        stream: bool = False,
        tools: bool = False,
        profile: str | None = None,
        headers: Mapping[str, str] | None = None,
        text: str | None = None,
    ) -> httpx.Response:
        """One request, read to its end. text: what is asked; without, something that nobody has asked before."""
        said = text or f"a quiet little question, number {next(self._numbers)}"
        body = dialect.body(model, stream, tools, said)
        return self._post(dialect.path, body, {**self._headers(profile), **(headers or {})})

    def _later(self, dialect: Dialect, model: str, stream: bool = False, tools: bool = False) -> Callable[[], None]:
        """`ask`, bound to a client now: the order of threads changes nothing."""
        profile = next(self._profiles)
        return lambda: void(self.ask(dialect, model, stream, tools, profile))

    def _post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> httpx.Response:
        sent = self._headers() if headers is None else dict(headers)
        if isinstance(body, bytes):
            answer = self._http.post(path, content=body, headers={**sent, "content-type": "application/json"})
        else:
            answer = self._http.post(path, json=body, headers=sent)
        self._count(answer.status_code)
        return answer

    def _headers(self, profile: str | None = None) -> dict[str, str]:
        return {**PROFILES[profile or next(self._profiles)], "authorization": f"Bearer {next(self._keys)}"}

    def _together(self, work: list[Callable[[], None]], at_once: int = TOGETHER) -> None:
        left = iter(work)

        def some() -> None:
            for one in left:  # a list's iterator is safe to share under the interpreter's lock
                one()

        for done in [self._pool.submit(some) for _ in range(at_once)]:
            done.result()

    def _count(self, status: int) -> None:
        with self._counting:
            self.statuses[status] += 1


def void(_: object) -> None:
    """Drops a value."""


def rounds(traffic: Traffic, seconds: float, at_least: int, between: Callable[[int], None]) -> None:
    """Round after round until `seconds` have passed, but `at_least` so many; `between` is called with each round's
    number before it."""
    end = time.monotonic() + seconds
    for number in itertools.count():
        if number >= at_least and time.monotonic() >= end:
            return
        between(number)
        traffic.round(number)
        time.sleep(PAUSE_S)
