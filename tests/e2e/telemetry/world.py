"""The configuration of these tests, and how they ask.

Four routes: two in one lane (`home/mid`), one in a sibling lane of the same cluster, one in a cheaper lane below. Each
has a provider of its own, at a door of its own of one scripted upstream, and speaks Anthropic messages.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream
from tests.stack.otlp_json import Trace
from tests.stack.stack import Stack

Start = Callable[..., GateProcess]
MODELS = ("model-one", "model-two", "model-sibling", "model-cheap")
LANES = ("home/mid", "home/mid", "sibling/mid", "cheap/fast")
PROVIDERS = ("first", "second", "third", "fourth")
ROUTES = tuple(f"{provider}/{model}" for provider, model in zip(PROVIDERS, MODELS, strict=True))
PRICES = ((3.0, 15.0), (4.0, 20.0), (6.0, 30.0), (0.5, 2.0))
CLIENT_KEY = "gate-client-key-of-the-tests-0123456789"
MAPPING = "claude-test-*"
ASKED = "claude-test-4-5"
HEADERS = {
    "x-api-key": CLIENT_KEY,
    "anthropic-version": "2023-06-01",
    "user-agent": "claude-cli/2.1.7 (external, cli)",
    "x-claude-code-session-id": "session-1",
    "x-claude-code-agent-id": "agent-1",
    "x-claude-code-parent-agent-id": "agent-0",
}


def configuration(upstream: Upstream, routes: int = 4, **sections: Any) -> dict[str, Any]:
    """The first `routes` of the four; sections: more members of the configuration."""
    providers = {
        name: {
            "kind": "anthropic",
            "base_url": upstream.door().url,
            "key": f"${{KEY_OF_{name.upper()}}}",
            "catalog": False,
        }
        for name in PROVIDERS[:routes]
    }
    prices = [{"input": paid, "output": earned, "cache_read": paid / 10} for paid, earned in PRICES]
    for price in prices:
        price["cache_write_5m"] = price["input"] * 1.25
    return {
        "keys": {"clients": [{"name": "laptop", "key": "${KEY_OF_CLIENT}"}]},
        "providers": providers,
        "lanes": {
            "home/mid": {"family": "home", "cluster": "balanced-workhorse", "degrade_to": ["cheap/fast"]},
            "sibling/mid": {"family": "sibling", "cluster": "balanced-workhorse"},
            "cheap/fast": {"family": "cheap", "cluster": "fast-workhorse"},
        },
        "routes": [
            {"provider": provider, "model": model, "lane": lane, "price": price}
            for provider, model, lane, price in list(zip(PROVIDERS, MODELS, LANES, prices, strict=True))[:routes]
        ],
        "intents": {"working": {"start": ["home/mid", "sibling/mid"], "degrade_to": ["cheap/fast"]}},
        "models": {MAPPING: "working"},
        **sections,
    }


def environment(stack: Stack | None = None, **more: str) -> dict[str, str]:
    """Keys for `configuration`, and where telemetry goes. Spans leave every tenth of a second."""
    keys = {f"KEY_OF_{name.upper()}": f"sk-{name}" for name in PROVIDERS}
    telemetry = (
        {} if stack is None else {"OTEL_EXPORTER_OTLP_ENDPOINT": stack.otlp_http, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    )
    return {**keys, "KEY_OF_CLIENT": CLIENT_KEY, **telemetry, **more}


_turns = itertools.count(1)


def message(stream: bool = False, **members: Any) -> dict[str, Any]:
    """A request's body. Each is another turn: a client that sends one turn over and over is stopped (`guard`)."""
    body: dict[str, Any] = {
        "model": ASKED,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": f"a quiet little question, the {next(_turns)}."}],
    }
    return {**body, **({"stream": True} if stream else {}), **members}


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer, read to its end. headers: lower-case names."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def trace_id(self) -> str:
        return self.headers["traceresponse"].split("-")[1]

    @property
    def decision_id(self) -> str:
        return self.headers["x-gate-decision-id"]

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def ask(gate: GateProcess, body: Mapping[str, Any] | None = None, headers: Any = HEADERS) -> Answered:
    """One request to `/v1/messages` and all of its answer."""
    answer = httpx.post(f"{gate.url}/v1/messages", json=body or message(), headers=headers, timeout=30, trust_env=False)
    return Answered(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.text)


def fail_three(upstream: Upstream) -> None:
    """The first route has too much to do, the second is overloaded, the third resets the connection."""
    upstream.fault("status", status=429, headers={"retry-after": "7"}, model=MODELS[0])
    upstream.fault("status", status=529, model=MODELS[1])
    upstream.fault("reset_before_head", model=MODELS[2])


def outline(trace: Trace) -> str:
    """The tree: name, kind and status of every span, children in the order in which they started."""
    return trace.outline(lambda span: f"{span.name} | {span.kind} | {span.status}")
