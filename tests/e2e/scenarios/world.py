"""The world of these tests, how they ask, and what can be read of a request afterwards.

Four routes, each of a provider of its own at a door of its own: two in lane `home/mid`, one in a sibling lane of the
same cluster, one in a cheaper lane below. Times of health are short, so that a test sees a pressure begin and end.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.e2e.telemetry import world
from tests.e2e.telemetry.evidence import decision
from tests.e2e.telemetry.world import Answered, ask
from tests.harness.gate import GateProcess
from tests.harness.upstream import Door, Upstream
from tests.stack.otlp_json import Span, Trace
from tests.stack.stack import Stack

Start = Callable[..., GateProcess]
FIRST, SECOND, SIBLING, CHEAP = world.ROUTES
OPEN_S = 3.0
LIMIT_S = 1.5
QUOTA_S = 3.0
"""How long a route is left alone: breaker, a rate limit that names no time, a used-up quota."""
PROOFS = 3
"""So many answers in a row are believed of a route that was believed too soon before."""
BREAKER = {
    "failures": 3,
    "window_s": 30,
    "min_calls": 8,
    "open_s": OPEN_S,
    "open_max_s": 4 * OPEN_S,
    "proofs": PROOFS,
    "rate_limit_s": LIMIT_S,
    "rate_limit_max_s": 8 * LIMIT_S,
    "quota_s": QUOTA_S,
    "quota_max_s": 4 * QUOTA_S,
}
LIMITS = {"retry_wait_cap_s": 0.2}
WORKING, STRICT = "working", "strict"
"""Intents: `strict` may not be served by a lesser lane."""
INTENTS = {
    WORKING: {"start": ["home/mid", "sibling/mid"], "degrade_to": ["cheap/fast"]},
    STRICT: {"start": ["home/mid"]},
}
_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Told:
    """One request and all that tells of it. route: the span of the decision and its execution; attempts: one span for
    each upstream call, in order; why: of each candidate the reasons it is out, as the plan span's events word them;
    text: what `gate explain` says."""

    answered: Answered
    trace: Trace
    text: str

    @property
    def route(self) -> Mapping[str, Any]:
        (span,) = [span for span in self.trace.spans if span.name.startswith("route ")]
        return span.attributes

    @property
    def served_by(self) -> str | None:
        return self.route.get("gate.serving.route")

    @property
    def relation(self) -> str | None:
        return self.route.get("gate.serving.relation")

    @property
    def reason(self) -> str | None:
        return self.route.get("gate.downgrade.reason")

    @property
    def attempts(self) -> list[Span]:
        return [span for span in self.trace.spans if span.name.startswith("chat ")]

    @property
    def walked(self) -> list[tuple[str, str, str | None]]:
        """Route, relation and failure of each upstream call."""
        return [
            (span["gate.attempt.route"], span["gate.attempt.relation"], span.attributes.get("error.type"))
            for span in self.attempts
        ]

    @property
    def candidates(self) -> dict[str, Mapping[str, Any]]:
        events = [event.attributes for event in self.trace.one("plan").events if event.name == "gate.candidate"]
        return {event["gate.candidate.route"]: event for event in events}

    def why(self, route: str) -> str:
        """The reasons a route is out, in one line; empty when it is not."""
        return "; ".join(self.candidates[route].get("gate.candidate.reasons", ()))

    def score(self, route: str) -> float:
        return self.candidates[route]["gate.candidate.score"]


class Scene:
    """A Gate in front of a scripted upstream. doors: the address of each provider."""

    def __init__(self, start_gate: Start, upstream: Upstream, stack: Stack, **sections: Any) -> None:
        self.upstream = upstream
        self._stack = stack
        self.doors: dict[str, Door] = {name: upstream.door() for name in world.PROVIDERS}
        self.gate = start_gate(self.configuration(**sections), world.environment(stack))

    def configuration(
        self,
        prices: Mapping[str, tuple[float, float]] | None = None,
        routes: Mapping[str, Any] | None = None,
        **sections: Any,
    ) -> dict[str, Any]:
        """prices: of a provider's route, USD per million in and out, in the place of the usual ones. routes: more
        members of a provider's route. sections: more members of the configuration."""
        config = world.configuration(self.upstream, intents=INTENTS, breaker=BREAKER, limits=LIMITS)
        config["models"] = {world.MAPPING: WORKING}
        for name, door in self.doors.items():
            config["providers"][name]["base_url"] = door.url
        for route in config["routes"]:
            paid, earned = (prices or {}).get(route["provider"], (route["price"]["input"], route["price"]["output"]))
            route["price"] = {"input": paid, "output": earned, "cache_read": paid / 10, "cache_write_5m": paid * 1.25}
            route |= (routes or {}).get(route["provider"], {})
        return {**config, **sections}

    def ask(self, model: str = world.ASKED, stream: bool = False, session: str | None = None) -> Answered:
        """One request whose text nobody has sent before."""
        turn = {"role": "user", "content": f"a quiet little question, number {next(_numbers)}"}
        named = {} if session is None else {"x-claude-code-session-id": session}
        headers = {name: value for name, value in world.HEADERS.items() if not name.startswith("x-claude-code")}
        return ask(self.gate, world.message(stream, model=model, messages=[turn]), {**headers, **named})

    def tell(self, answered: Answered) -> Told:
        """What became of an answered request: its trace from Jaeger, its decision from the API."""
        told = decision(self.gate, answered.decision_id)
        calls = len(told["execution"]["attempts"])
        # The server's, the route's and the plan's span; of each call its own and the wire request's.
        return Told(answered, self._stack.jaeger.trace(answered.trace_id, 3 + 2 * calls), told["text"])

    def told(self, model: str = world.ASKED, stream: bool = False, session: str | None = None) -> Told:
        """Asks, and tells. A trace takes a while to be there: where pressure is to last, ask first and tell later."""
        return self.tell(self.ask(model, stream, session))

    def several(self, count: int, **how: Any) -> list[Told]:
        """Asks so often, then tells of all."""
        return [self.tell(answered) for answered in [self.ask(**how) for _ in range(count)]]

    def applied(self, before: float, timeout: float = 15) -> None:
        """Waits until more than `before` configurations were put in force."""
        deadline = time.monotonic() + timeout
        while self.gate.metric("gate_config_reloads_total", result="applied") <= before:
            assert time.monotonic() < deadline, self.gate.output[-2000:]
            time.sleep(0.05)

    def calls(self, route: str) -> int:
        """How many calls came to a route's upstream so far."""
        model = route.partition("/")[2]
        return sum(call.model == model for call in self.upstream.calls)

    def fail(self, route: str, kind: str = "status", **settings: Any) -> Any:
        """From now on calls of a route go wrong so; gives the rule, for `heal`."""
        return self.upstream.fault(kind, model=route.partition("/")[2], **settings)

    def heal(self, rule: Any) -> None:
        self.upstream.rules.remove(rule)


def switches(routes: list[str | None]) -> int:
    """How often the serving route changed from one request to the next."""
    return sum(before != after for before, after in itertools.pairwise(routes))
