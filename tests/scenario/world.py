"""The world of the scenario: providers played by scripted upstreams, lanes and routes, and Gate's configuration.

Home lanes have a vendor's route per dialect and an aggregator's dearer one, so that a failing vendor is followed by a
same-lane fallback, then a sibling lane, then a cheaper lane. `odd/*` has one route per kind of failure. Shipped catalog
models stay in the world, so that prices with a page and their ages are there too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import yaml

from tests.harness.upstream import Upstream

ROOT = Path(__file__).resolve().parents[2]
CLIENT_KEYS = {
    "team-red": "gate-client-key-of-team-red-0123456789",
    "team-blue": "gate-client-key-of-team-blue-012345678",
}
IN_FLIGHT = 24
OPEN_S = 4
LIMIT_S = 0.1  # a rate limit that names no time; stories are so far apart
HEDGE_AFTER_S = 0.45  # half of what an upstream may take to begin
MANY = 5  # failures that open a breaker

# Lane -> (family, cluster), then its routes: provider -> USD per million tokens in and out (None: not known).
LANES = {
    "home/elite": ("home", "elite-reasoning"),
    "home/mid": ("home", "balanced-workhorse"),
    "sibling/mid": ("sibling", "balanced-workhorse"),
    "home/fast": ("home", "fast-workhorse"),
    "home/small": ("home", "budget-general"),
    "odd/any": ("odd", "budget-general"),
}
PRICES: dict[str, dict[str, tuple[float, float] | None]] = {
    "home/elite": {"anthropic": (15, 75), "openai": (15, 75), "openrouter": (16, 80)},
    "home/mid": {"anthropic": (3, 15), "openai": (3, 15), "openrouter": (3.5, 17)},
    "sibling/mid": {"openrouter": (6, 30)},
    "home/fast": {"anthropic": (0.5, 2), "openai": (0.5, 2), "openrouter": (0.6, 2.5)},
    "home/small": {"house": None},
}
INTENTS = {
    "auto": {
        "start": ["home/mid", "sibling/mid"],
        "degrade_to": ["home/fast", "home/small"],
        "upgrade_to": ["home/elite"],
    },
    "premium": {"start": ["home/elite"], "degrade_to": ["home/mid"]},
    "eco": {"start": ["home/fast"], "degrade_to": ["home/small"], "upgrade_to": ["home/mid"]},
    "free": {"start": ["home/small"], "upgrade_to": ["home/fast"]},
    "coding-auto": {"start": ["home/mid"], "degrade_to": ["home/fast"], "upgrade_to": ["home/elite"]},
    "coding-fast": {"start": ["home/fast"], "degrade_to": [], "upgrade_to": ["home/elite"]},
    "coding-premium": {"start": ["home/elite"], "degrade_to": ["home/mid"]},
}

ODD_EVENT = 'event: error\ndata: {"type":"error","error":{"type":"odd_error","message":"odd"}}\n\n'
# error.type -> what the upstream plays for it. Each has a route `odd/<error type>` of its own.
FAILURES: dict[str, tuple[str, dict[str, Any]]] = {
    "quota_exhausted": (
        "status",
        {"status": 429, "body": {"error": {"code": "insufficient_quota", "message": "none left"}}},
    ),
    "overloaded": ("status", {"status": 529, "headers": {"retry-after": "0"}}),
    "server_error": ("status", {"status": 500}),
    "upstream_timeout": ("status", {"status": 504}),
    "permission_denied": ("status", {"status": 403}),
    "invalid_request": ("status", {"status": 400, "message": "messages: not so"}),
    "context_overflow": ("status", {"status": 400, "message": "prompt is too long: 200001 tokens > 200000 maximum"}),
    "request_too_large": ("status", {"status": 413, "message": "too large"}),
    "unexpected_status": ("status", {"status": 418}),
    "unexpected_content": ("html", {"status": 200}),
    "empty_body": ("empty", {}),
    "malformed_body": ("garbage", {"where": "body"}),
    "protocol_error": ("garbage", {"where": "head"}),
    "connection_reset": ("cut", {"after": 1, "how": "reset"}),
    "first_byte_timeout": ("silence", {"seconds": 3}),
    "truncated_stream": ("cut", {"after": 1, "how": "end"}),
    "stream_error": ("error_event", {"after": 1, "event": ODD_EVENT}),
    "idle_timeout": ("stall", {"after": 1, "seconds": 3}),
}
STREAMED = ("connection_reset", "truncated_stream", "stream_error", "idle_timeout")
# The routes of provider `refusing`, each with an account of its own: the key is refused, the bill is not paid, it is
# another endpoint, it has no such model, it has too much to do. error.type -> what the upstream answers, always.
REFUSED: dict[str, dict[str, Any]] = {
    "invalid_auth": {"status": 401},
    "billing": {"status": 402},
    "endpoint_mismatch": {"status": 405},
    "model_unavailable": {
        "status": 404,
        "body": {"error": {"code": "model_not_found", "message": "no such model"}},
    },
    "rate_limited": {"status": 429, "headers": {"retry-after": "30"}},
}
ACCOUNTS = {
    "quota_exhausted": {"account": "spent"},
    **{name: {"account": name} for name in REFUSED},
    "rate_limited": {"quota_group": "shared"},
}
"""Of routes that do not share the account of their provider's others: what befalls an account befalls all its routes. A
group that has a name shares its rate limits too."""

RULE_HEADER = "x-scenario-urgent"
LONG_CONTEXT_TOKENS = 2_000
ROUTING: dict[str, Any] = {
    "use": {"long-context": "eco"},
    "long_context_tokens": LONG_CONTEXT_TOKENS,
    "rules": [
        {"name": "urgent", "when": {"headers": {RULE_HEADER: "*"}}, "to": "premium"},
        {"name": "summaries", "when": {"keywords": {"any": ["summarise"]}}, "to": "free"},
    ],
}
ODD_ROUTES = (*FAILURES, "flaky", "cooling", "connect_error")


class World:
    """The running upstreams by provider; also a context manager. shared: the address of a Redis that workers share."""

    def __init__(self, shared: str | None = None) -> None:
        self._running = ExitStack()
        self._shared = shared
        self._files = Path(self._running.enter_context(TemporaryDirectory(prefix="gate-scenario-")))
        names = ("anthropic", "openai", "openrouter", "house", "odd", "refusing")
        self.upstreams = {name: self._running.enter_context(Upstream()) for name in names}
        self.shut = self.upstreams["odd"].door()
        self.shut.shut()
        for name in ("anthropic", "openai"):
            self.upstreams[name].shape(headers=_limits(name))
        for model, answer in REFUSED.items():
            self.upstreams["refusing"].fault("status", model=model, **answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @contextmanager
    def story(self) -> Iterator[None]:
        """What goes wrong upstream inside is over afterwards."""
        with ExitStack() as passing:
            for upstream in self.upstreams.values():
                passing.enter_context(upstream.rules.passing())
            yield

    def configuration(self, **sections: Any) -> dict[str, Any]:
        """Gate's configuration file for this world; sections: more members, or others."""
        providers: dict[str, Any] = {
            name: {"base_url": self.upstreams[name].url, "key": f"${{KEY_OF_{name.upper()}}}"}
            for name in ("anthropic", "openai", "openrouter")
        }
        for name in ("house", "odd", "refusing"):
            providers[name] = {"kind": "compatible", "base_url": self.upstreams[name].url}
        providers["shut"] = {"kind": "compatible", "base_url": self.shut.url}
        # TLS to a server that waits for a plain request: the handshake never ends.
        providers["mute"] = {"kind": "compatible", "base_url": self.upstreams["odd"].url.replace("http:", "https:")}
        providers["off"] = {"kind": "compatible", "base_url": self.shut.url, "enabled": False}
        providers["forgotten"] = {"kind": "compatible", "base_url": self.shut.url, "key": "${KEY_OF_FORGOTTEN}"}
        config: dict[str, Any] = {
            "keys": {"clients": [{"name": name, "key": f"${{KEY_OF_{_variable(name)}}}"} for name in CLIENT_KEYS]},
            "providers": providers,
            "lanes": {
                name: {"family": family, "cluster": cluster, "tool_use": True}
                for name, (family, cluster) in LANES.items()
            },
            "routes": list(_routes()),
            "intents": INTENTS,
            "models": {"house-model": "auto"},
            "timeouts": {"connect_s": 0.5, "first_byte_s": 1, "whole_s": 1, "idle_s": 1},
            "limits": {"in_flight": IN_FLIGHT, "queue": 2, "queue_wait_s": 0.2},
            "routing": ROUTING,
            "policy": {"hedge_after_s": HEDGE_AFTER_S},
            "breaker": {
                "failures": MANY,
                "open_s": OPEN_S,
                "open_max_s": OPEN_S,
                "rate_limit_s": LIMIT_S,
                "rate_limit_max_s": LIMIT_S,
            },
            "probes": {"free": True, "every_s": 5, "timeout_s": 1},
            "telemetry": {"slow_s": 0.8, "expensive_usd": 0.02},
        }
        if self._shared is not None:
            config["state"] = {"kind": "redis", "url": self._shared}
        return {**config, "shadow": str(self._candidate(config)), **sections}

    def _candidate(self, config: dict[str, Any]) -> Path:
        """The file of a policy that is not in force: one vendor is dearer, one intent cheaper, one provider gone."""
        other = deepcopy(config)
        for section in ("state", "probes"):
            other.pop(section, None)
        other["intents"]["auto"] = {"start": ["home/fast"]}
        other["intents"]["free"] = {"start": ["home/small"]}
        other["providers"]["house"]["enabled"] = False
        for route in other["routes"]:
            if route["lane"] == "home/elite" and route["provider"] == "anthropic":
                route["price"] = {"input": 30, "output": 150}
        path = self._files / "candidate.yaml"
        fresh = path.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(other, sort_keys=False))
        fresh.replace(path)
        return path

    def environment(self, **more: str) -> dict[str, str]:
        """Keys for the configuration; spans leave every tenth of a second."""
        keys = {f"KEY_OF_{name.upper()}": f"provider-key-{name}-0123456789" for name in self.upstreams}
        clients = {f"KEY_OF_{_variable(name)}": key for name, key in CLIENT_KEYS.items()}
        return {
            **keys,
            **clients,
            "KEY_OF_FORGOTTEN": "your-key-here",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            **more,
        }


def catalog_model(provider: str, source_type: str = "aggregator-offer") -> str:
    """The first model of the shipped catalog whose price was read on such a page."""
    book = json.loads((ROOT / "gate" / "catalog" / "data" / f"{provider}.json").read_text())
    models = (model for model in book["models"] if model["price"]["input"].get("source_type") == source_type)
    return f"{provider}/{next(models)['id']}"


def _routes() -> Any:
    for lane, routes in PRICES.items():
        for provider, price in routes.items():
            yield _route(provider, lane.replace("/", "-"), lane, price)
    yield _route("house", "subscribed", "odd/any", None, billing="subscription")
    yield _route("house", "slow", "odd/any", None, billing="free")
    for kind in ODD_ROUTES:
        provider = "shut" if kind == "connect_error" else "odd"
        yield _route(provider, kind, "odd/any", (0.1, 0.2), **ACCOUNTS.get(kind, {}))
    yield _route("mute", "connect_timeout", "odd/any", None)
    yield _route("off", "switched-off", "odd/any", None)
    yield _route("forgotten", "anything", "odd/any", None)
    for model in REFUSED:
        yield _route("refusing", model, "odd/any", None, **ACCOUNTS[model])


def _route(provider: str, model: str, lane: str, price: tuple[float, float] | None, **more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {}
    if price is not None:
        paid, earned = price
        known["price"] = {"input": paid, "output": earned, "cache_read": paid / 10, "cache_write_5m": paid * 1.25}
    return {"provider": provider, "model": model, "lane": lane, **known, **more}


def _limits(provider: str) -> dict[str, str]:
    """What each vendor reports of its limits."""
    if provider == "anthropic":
        prefix, tail = "anthropic-ratelimit-{}-limit", "anthropic-ratelimit-{}-remaining"
    else:
        prefix, tail = "x-ratelimit-limit-{}", "x-ratelimit-remaining-{}"
    found = {prefix.format(kind): "1000" for kind in ("requests", "tokens")}
    return {**found, tail.format("requests"): "750", tail.format("tokens"): "120"}


def _variable(name: str) -> str:
    return name.upper().replace("-", "_")
