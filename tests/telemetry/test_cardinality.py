"""Ten thousand requests of clients that make up models, sessions, keys, paths and methods, to an upstream that makes up
models and errors: the series of `/metrics` stay within what the registry declares, metric by metric and in all."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.telemetry.registry import load
from tests.e2e.telemetry.load import BODY, CannedProvider, drive
from tests.harness.gate import GateProcess
from tests.harness.raw import request_bytes
from tests.telemetry.cardinality import declared, of_metric, possible, series

Start = Callable[..., GateProcess]
CONNECTIONS = 32
REGISTRY = load()
CHOICE = {"index": 0, "message": {"role": "assistant", "content": "x"}, "finish_reason": "stop"}
ITEM = {
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "x"}],
}
ANSWERS: dict[str, dict[str, Any]] = {
    "/v1/messages": json.loads(BODY),
    "/v1/chat/completions": {
        "object": "chat.completion",
        "choices": [CHOICE],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
    },
    "/v1/responses": {
        "object": "response",
        "status": "completed",
        "output": [ITEM],
        "usage": {"input_tokens": 3, "output_tokens": 2, "total_tokens": 5},
    },
}
PATHS = tuple(ANSWERS)
PROFILES = {REGISTRY.default_profile: 10_000, "dup": 2_000}
SENT = "made-up-by-a-client"
ANSWERED = "made-up-by-an-upstream"


class Inventor:
    """Makes requests and answers that have hardly a value twice. Seeded."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._number = itertools.count()

    def _made(self, marker: str) -> str:
        return f"{marker}-{next(self._number)}-{self._random.getrandbits(32):x}"

    def request(self) -> bytes:
        """One of a client: mostly something that is served or passed on, sometimes nonsense."""
        dice = self._random.random()
        path = f"/{self._made(SENT)}" if dice < 0.02 else self._random.choice(PATHS)
        method = self._made(SENT).upper().replace("-", "") if 0.02 < dice < 0.04 else "POST"
        body = {"model": self._model(), "max_tokens": 9, "input": "x", "messages": [{"role": "user", "content": "x"}]}
        headers = [
            ("connection", "keep-alive"),
            ("user-agent", self._made(SENT)),
            ("authorization", f"Bearer {self._made(SENT)}"),
            ("x-session-id", self._made(SENT)),
            ("x-claude-code-agent-id", self._made(SENT)),
            ("x-gate-client", self._random.choice(("claude/9", "codex", self._made(SENT)))),
            ("traceparent", f"00-{self._random.getrandbits(128):032x}-{self._random.getrandbits(64):016x}-01"),
        ]
        return request_bytes(method, path, headers, body)

    def _model(self) -> str:
        known = ("auto", "eco", "premium", "coding-auto", "claude-sonnet-4-6", "gpt-5")
        shapes = ("{}", "{}/{}", "lane:{}", "claude-sonnet-{}", "anthropic/{}", "openai/{}", "openrouter/{}/{}")
        if self._random.random() < 0.3:
            return self._random.choice(known)
        return self._random.choice(shapes).format(self._made(SENT), self._made(SENT))

    def answer(self, head: bytes) -> bytes:
        """One of an upstream: mostly a whole answer of an unknown model, sometimes an error of its own."""
        path = next(path for path in PATHS if path.encode() in head)
        status, document = 200, ANSWERS[path] | {"model": self._made(ANSWERED), "id": self._made(ANSWERED)}
        if self._random.random() < 0.03:
            status = self._random.randrange(400, 600)
            document = {"error": {"type": self._made(ANSWERED), "code": self._made(ANSWERED), "message": "no"}}
        body = json.dumps(document).encode()
        said = f"HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nretry-after: 0\r\n"
        return f"{said}content-length: {len(body)}\r\n\r\n".encode() + body


@pytest.mark.slow
@pytest.mark.parametrize("profile, requests", PROFILES.items())
def test_the_number_of_series_is_bounded(start_gate: Start, profile: str, requests: int) -> None:
    inventor = Inventor(seed=7)
    with CannedProvider(inventor.answer) as provider:
        env = {"GATE_SEMCONV_PROFILE": profile}
        for name in ("ANTHROPIC", "OPENAI", "OPENROUTER"):
            env |= {f"{name}_API_KEY": "provider-key-0123456789", f"GATE_{name}_BASE_URL": provider.url}
        gate = start_gate({"telemetry": {"log_requests": False}}, env)
        told = drive(gate.port, requests, CONNECTIONS, inventor.request)
        samples = gate.metrics()
    assert told.statuses[200] > sum(told.statuses.values()) / 3, "most of it was real traffic"

    counted = series(samples)
    names = _names(gate, env)
    over: dict[str, tuple[int, int]] = {}
    for metric in REGISTRY.metrics.values():
        found, most = of_metric(metric, counted), possible(REGISTRY, metric, names)
        if found > most:
            over[metric.prometheus] = found, most
    assert over == {}, "more series than the bounds of the labels allow"
    own = [metric for metric in REGISTRY.metrics.values() if REGISTRY.has(profile, metric)]
    total = sum(counted.values())
    assert total == sum(of_metric(metric, counted) for metric in own), "nothing else is exposed"
    assert total <= sum(possible(REGISTRY, metric, names) for metric in own)
    assert total <= sum(declared(REGISTRY, metric) for metric in own)
    here = sum(possible(REGISTRY, metric, names) for metric in own)
    most = sum(declared(REGISTRY, metric) for metric in own)
    print(f"{profile}: {total} series; {here} possible with this configuration, {most} declared for any")

    labels = {(sample.name, name, value) for sample in samples for name, value in sample.labels.items()}
    assert not [one for one in labels if SENT in one[2].lower() or SENT.replace("-", "") in one[2].lower()]
    invented = {(name, value) for _, name, value in labels if ANSWERED in value}
    assert {name for name, _ in invented} == {"gen_ai_response_model"}
    assert len(invented) <= (REGISTRY.bound("gen_ai.response.model").seen or 0)


def _names(gate: GateProcess, env: dict[str, str]) -> dict[str, set[str]]:
    """The names that the configuration has, by what the registry's bounds call them."""
    snapshot = compile_config(load_text(gate.config_file.read_text(), "test", env), env)
    routes, lanes = snapshot.routes.values(), snapshot.world.lanes
    return {
        "intents": set(snapshot.world.intents),
        "lanes": {route.lane for route in routes} | set(lanes),
        "families": {lane.family for lane in lanes.values()},
        "routes": set(snapshot.routes),
        "providers": set(snapshot.targets),
        "models": {route.model for route in routes},
        "quota_groups": {route.quota_group for route in routes},
        "rules": (),
    }


@pytest.mark.parametrize("metric", sorted(REGISTRY.metrics))
def test_every_label_has_a_bound(metric: str) -> None:
    for attribute in REGISTRY.metrics[metric].labels.values():
        bound = REGISTRY.bound(attribute)
        assert bound.seen or bound.closed or bound.config, attribute
    assert declared(REGISTRY, REGISTRY.metrics[metric]) <= 160_000
