"""Stories of routing that adapts: rules that fire, sessions that have to move, a client that loops, hedges, routes that
stay out. Each breaks the routes of its own requests only."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.scenario.clients import CHAT, MESSAGES, SESSION_HEADERS
from tests.scenario.world import CLIENT_KEYS, HEDGE_AFTER_S, LONG_CONTEXT_TOKENS, MANY, REFUSED, RULE_HEADER, World

if TYPE_CHECKING:
    from tests.scenario.traffic import Traffic

LOOPS = 12  # eight pass
WAIT_S = 1
HOME = "home-mid"
COLD = {"input": 120, "output": 25, "cache_read": 0, "cache_write": 80}


class Adaptive:
    """The stories, told by a Traffic to a World."""

    def __init__(self, traffic: Traffic, world: World) -> None:
        self._traffic = traffic
        self._world = world
        self._sessions = itertools.count()

    def stories(self) -> list[Callable[[], None]]:
        return [self.rules, self.moved, self.hedge_won, self.hedge_lost, self.loop, self.lasting]

    def rules(self) -> None:
        """By a header, by words, by size; the candidate policy has no route for one of them."""
        ask = self._traffic.ask
        for _ in range(MANY):
            ask(MESSAGES, "auto", headers={RULE_HEADER: "now"})
            ask(CHAT, "auto", text="please summarise this quiet little question")
        ask(MESSAGES, "auto", text="quiet " * (2 * LONG_CONTEXT_TOKENS))
        ask(MESSAGES, "free")

    def moved(self) -> None:
        """A session whose own route was told to wait by somebody else's request, and whose prompt is cached there."""
        anthropic, openrouter = self._world.upstreams["anthropic"], self._world.upstreams["openrouter"]
        session = self._session("claude", "moving")
        self._traffic.ask(MESSAGES, "auto", profile="claude", headers=session)
        wait = {"retry-after": str(WAIT_S)}
        anthropic.fault("status", status=429, headers=wait, model=HOME, times=1)
        self._traffic.ask(MESSAGES, "auto", profile="automation")
        openrouter.shape(model=HOME, tokens=COLD, times=1)
        self._traffic.ask(MESSAGES, "auto", profile="claude", headers=session)
        time.sleep(WAIT_S)

    def hedge_won(self) -> None:
        """The first choice is silent for longer than a hedge waits."""
        self._world.upstreams["anthropic"].shape(model=HOME, head_delay=2 * HEDGE_AFTER_S, times=1)
        self._traffic.ask(MESSAGES, "auto", profile="claude")

    def hedge_lost(self) -> None:
        """It answers just after the hedge began, which is slower still."""
        self._world.upstreams["anthropic"].shape(model=HOME, head_delay=1.5 * HEDGE_AFTER_S, times=1)
        self._world.upstreams["openrouter"].shape(model=HOME, head_delay=2 * HEDGE_AFTER_S, times=1)
        self._traffic.ask(MESSAGES, "auto", profile="claude")

    def loop(self) -> None:
        """One turn of one session again and again, without a pause."""
        session = self._session("opencode", "looping")
        for _ in range(LOOPS):
            self._traffic.ask(CHAT, "auto", profile="opencode", headers=session, text="what was that?")

    def _session(self, profile: str, name: str) -> dict[str, str]:
        """Headers of a new session; a session belongs to one key."""
        key = next(iter(CLIENT_KEYS.values()))
        named = f"{name}-{next(self._sessions)}"
        return {SESSION_HEADERS[profile]: named, "authorization": f"Bearer {key}"}

    def lasting(self) -> None:
        """Routes whose account, endpoint or model is not there, however often they are asked, and one that nobody
        answers at."""
        for model in REFUSED:
            self._traffic.ask(CHAT, f"refusing/{model}")
        for _ in range(MANY):
            self._traffic.ask(MESSAGES, "shut/connect_error")
