"""gate.upstream.probe against a scripted upstream: what it is asked, with what, and what is made of its answers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gate.admission.loop import via_value
from gate.config.compile import compile_config
from gate.config.load import load_text
from gate.core.allowance import Allowance, AllowanceKind
from gate.core.dialect import Dialect
from gate.core.failure import FailureKind
from gate.core.route import Route
from gate.core.secret import Secret
from gate.engine.snapshot import Snapshot, Target
from gate.health.probing import Probe, ProbeKind, ProbeResult, ProbeSettings, call_probe, free_probe
from gate.providers.discover import shipped
from gate.upstream.probe import Prober, Probing, usable
from gate.upstream.transports import Transports
from tests.harness.ports import refusing_port
from tests.harness.upstream import Upstream

PROFILES = shipped()
KEY = "provider-key-0123456789"


def route(provider: str, model: str = "model-1") -> Route:
    return Route(f"{provider}/{model}", provider, model, "lane", frozenset(PROFILES[provider].endpoints))


def asked(probe: Probe | None, url: str, timeout_s: float = 5.0) -> ProbeResult:
    assert probe is not None
    target = Target(PROFILES[probe.provider], url, key=Secret(KEY), headers=(("x-extra", "there"),))

    async def ask() -> ProbeResult:
        transports = Transports({}, lambda transport: transport)
        try:
            prober = Prober(transports, via_value("0123abcd"), time.monotonic, lambda: 1755780060.0)
            return await prober.ask(probe, target, timeout_s)
        finally:
            await transports.aclose()

    return asyncio.run(ask())


def free(provider: str) -> Probe | None:
    return free_probe(PROFILES[provider], [route(provider)])


def paid(provider: str) -> Probe | None:
    return call_probe(PROFILES[provider], route(provider))


@pytest.mark.parametrize(
    ("provider", "path", "header", "value"),
    [
        ("anthropic", "/v1/models", "x-api-key", KEY),
        ("openai", "/v1/models", "authorization", f"Bearer {KEY}"),
        ("gemini", "/v1beta/openai/models", "authorization", f"Bearer {KEY}"),
        ("deepseek", "/models", "authorization", f"Bearer {KEY}"),
        ("azure", "/v1/models", "api-key", KEY),
    ],
)
def test_a_list_is_asked_for_with_the_key(
    upstream: Upstream, provider: str, path: str, header: str, value: str
) -> None:
    result = asked(free(provider), upstream.url)
    assert result.failure is None
    assert result.models
    assert result.took_s > 0
    (seen,) = upstream.requests
    assert (seen.method, seen.path, seen.body) == ("GET", path, b"")
    headers = dict(seen.headers)
    assert headers[header] == value
    assert headers["x-extra"] == "there"
    assert headers["user-agent"].startswith("gate/")
    assert "content-length" not in headers
    assert not {"traceparent", "content-type"} & set(headers)
    if provider == "anthropic":
        assert headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize("provider", ["anthropic", "openai", "gemini", "groq", "mistral", "ollama"])
def test_one_token_is_paid_for(upstream: Upstream, provider: str) -> None:
    result = asked(paid(provider), upstream.url)
    assert result.failure is None
    assert result.models is None
    assert result.route == f"{provider}/model-1"
    (seen,) = upstream.calls
    body: dict[str, Any] = seen.json
    limits = [body.get("max_tokens"), body.get("max_completion_tokens")]
    limits.append(body.get("generationConfig", {}).get("maxOutputTokens"))
    assert [limit for limit in limits if limit is not None] == [1]


def test_responses_give_sixteen_at_least(upstream: Upstream) -> None:
    only = replace(route("openai"), dialects=frozenset({Dialect.OPENAI_RESPONSES}))
    assert asked(call_probe(PROFILES["openai"], only), upstream.url).failure is None
    body: dict[str, Any] = upstream.calls[0].json
    assert (body["max_output_tokens"], body["store"]) == (16, False)


def test_tokens_are_counted_where_there_is_no_list(upstream: Upstream) -> None:
    result = asked(free("azure-anthropic"), upstream.url)
    assert (result.failure, result.probe.kind) == (None, ProbeKind.COUNT)
    assert upstream.requests[0].path == "/v1/messages/count_tokens"


@pytest.mark.parametrize(
    ("fault", "settings", "kind"),
    [
        ("status", {"status": 401}, FailureKind.INVALID_AUTH),
        ("status", {"status": 402}, FailureKind.BILLING),
        ("status", {"status": 429, "headers": {"retry-after": "9"}}, FailureKind.RATE_LIMITED),
        ("status", {"status": 503}, FailureKind.OVERLOADED),
        ("status", {"status": 301, "body": ""}, FailureKind.ENDPOINT_MISMATCH),
        ("html", {"status": 404}, FailureKind.ENDPOINT_MISMATCH),
        ("html", {"status": 200}, FailureKind.UNEXPECTED_CONTENT),
        ("empty", {}, FailureKind.EMPTY_BODY),
        ("garbage", {"where": "head"}, FailureKind.PROTOCOL_ERROR),
        ("close_before_head", {}, FailureKind.CONNECTION_RESET),
        ("silence", {"seconds": 5}, FailureKind.FIRST_BYTE_TIMEOUT),
    ],
)
@pytest.mark.parametrize("make", [free, paid])
def test_what_goes_wrong_has_a_name(
    upstream: Upstream, make: Callable[[str], Probe | None], fault: str, settings: dict[str, Any], kind: FailureKind
) -> None:
    upstream.fault(fault, **settings)
    result = asked(make("anthropic"), upstream.url, timeout_s=1.0)
    assert result.failure is not None
    assert result.failure.kind is kind
    assert result.took_s < 3
    assert KEY not in result.failure.detail


def test_an_answer_that_never_ends_is_late(upstream: Upstream) -> None:
    upstream.fault("stall", after=1, seconds=5)
    result = asked(free("anthropic"), upstream.url, timeout_s=0.5)
    assert result.failure is not None
    assert result.failure.kind in (FailureKind.FIRST_BYTE_TIMEOUT, FailureKind.IDLE_TIMEOUT)
    assert result.took_s < 2


def test_nobody_there() -> None:
    with refusing_port() as port:
        result = asked(free("anthropic"), f"http://127.0.0.1:{port}")
    assert result.failure is not None
    assert result.failure.kind is FailureKind.CONNECT_ERROR


def test_a_body_that_is_no_answer(upstream: Upstream) -> None:
    upstream.fault("status", status=200, body='{"odd": true}')
    assert asked(free("anthropic"), upstream.url).models is None
    result = asked(paid("anthropic"), upstream.url)
    assert result.failure is not None
    assert result.failure.kind is FailureKind.MALFORMED_BODY


def test_a_list_without_a_wrapping(upstream: Upstream) -> None:
    upstream.fault("status", status=200, body='[{"id": "a", "context_length": 5}, {"id": "b"}]')
    assert asked(free("together"), upstream.url).models == {"a", "b"}


def test_allowances_are_read_of_good_answers_and_of_refusals(upstream: Upstream) -> None:
    headers = {"anthropic-ratelimit-requests-limit": "50", "anthropic-ratelimit-requests-remaining": "0"}
    headers["anthropic-ratelimit-requests-reset"] = "2025-08-21T12:41:30Z"
    upstream.shape(headers=headers)
    expected = (Allowance(AllowanceKind.REQUESTS, 50, 0, 30),)
    assert asked(paid("anthropic"), upstream.url).allowances == expected
    upstream.fault("status", status=429, headers=headers)
    assert asked(paid("anthropic"), upstream.url).allowances == expected


def snapshot(**probes: Any) -> Snapshot:
    env = {"ANTHROPIC_API_KEY": KEY, "OPENAI_API_KEY": KEY}
    return replace(compile_config(load_text("", "no file", env), env), probes=ProbeSettings(**probes))


def test_who_can_be_asked() -> None:
    assert set(usable(snapshot())) == {"anthropic", "openai"}
    assert usable(compile_config(load_text("", "no file", {}), {})) == []


class Asker(Prober):
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.seen: list[Probe] = []

    async def ask(self, probe: Probe, target: Target, timeout_s: float) -> ProbeResult:
        assert target.profile.name == probe.provider
        self.seen.append(probe)
        return ProbeResult(probe, 0.5)


def test_probing_keeps_to_the_configuration_in_force() -> None:
    asker, told, clock = Asker(), [], [0.0]
    inforce = [snapshot()]
    probing = Probing(asker, lambda: inforce[0], told.append, lambda: clock[0])

    async def scene() -> None:
        await probing.once()
        assert asker.seen == []
        inforce[0] = snapshot(free=True, every_s=60)
        await probing.once()
        assert {(one.provider, one.kind) for one in asker.seen} == {
            ("anthropic", ProbeKind.LIST),
            ("openai", ProbeKind.LIST),
        }
        assert [one.took_s for one in told] == [0.5, 0.5]
        clock[0] = 59.0
        await probing.once()
        assert len(asker.seen) == 2
        clock[0] = 60.0
        await probing.once()
        assert len(asker.seen) == 4
        inforce[0] = snapshot(paid=True)
        clock[0] = 360.0
        await probing.once()
        assert [one.kind for one in asker.seen[4:]] == [ProbeKind.CALL] * 2

    asyncio.run(scene())


def test_a_defect_ends_neither_the_probe_nor_the_probing() -> None:
    def broken(target: Target) -> Any:
        raise KeyError(target.base_url)

    prober = Prober(broken, b"1.1 gate", time.monotonic, time.time)
    probe = free("openai")
    assert probe is not None
    result = asyncio.run(prober.ask(probe, Target(PROFILES["openai"], "http://127.0.0.1:9"), 1.0))
    assert result.failure is not None
    assert (result.failure.kind, result.failure.detail) == (FailureKind.INTERNAL, "KeyError")
