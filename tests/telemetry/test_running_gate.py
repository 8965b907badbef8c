"""What a configuration says of its routes, on the `/metrics` of a running Gate, and what the profile changes there."""

import signal
from collections.abc import Callable
from typing import Any

import pytest

from tests.e2e.serving import MESSAGES, client
from tests.e2e.sink import Sink, eventually
from tests.harness.gate import GateNotReady, GateProcess
from tests.harness.upstream import Upstream

KEY = {"HOUSE_KEY": "provider-key-house-0123456789"}
Start = Callable[..., GateProcess]


def configuration(upstream: Upstream, paid: float) -> dict[str, Any]:
    """One provider of the operator's own with one route, beside the catalog's of a provider that has no key."""
    route = {"provider": "house", "model": "one", "lane": "house/one", "price": {"input": paid, "output": 15}}
    return {
        "providers": {
            "house": {"kind": "anthropic", "base_url": upstream.url, "key": "${HOUSE_KEY}", "catalog": False}
        },
        "lanes": {"house/one": {"family": "house", "cluster": "balanced-workhorse"}},
        "routes": [route],
        "models": {"auto": "house/one"},
    }


def prices(gate: GateProcess) -> dict[str, float]:
    return {
        sample.labels["kind"]: sample.value
        for sample in gate.metrics()
        if sample.name == "gate_route_price_usd" and sample.labels["provider"] == "house"
    }


def test_facts_and_prices_of_a_running_gate(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, 3), {**KEY, "ANTHROPIC_API_KEY": "anthropic-key-0123456789"}, workers=2)
    place = {"provider": "house", "route": "house/one"}
    facts = {"lane": "house/one", "lane_family": "house", "cluster": "balanced-workhorse", "billing": "metered"}
    assert gate.metric("gate_route_info", **place, **facts) == 1
    assert prices(gate) == {"input": 3.0, "output": 15.0}
    assert gate.metric("gate_route_price_state", **place, state="tracked") == 1
    assert gate.metric("gate_route_price_age_seconds", **place) == 0, "the operator's own price has no date"
    assert gate.metric("gate_route_price_age_seconds", provider="anthropic") > 0
    assert gate.metric("gate_catalog_age_seconds", provider="anthropic") > 0

    gate.write_config(configuration(upstream, 2))
    gate.signal(signal.SIGHUP)
    assert eventually(lambda: gate.metric("gate_config_reloads_total", result="applied") >= 2), "both workers"
    assert prices(gate) == {"input": 2.0, "output": 15.0}
    assert gate.metric("gate_route_info", **place) == 1


def test_every_worker_keeps_its_gauges_fresh(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate(configuration(upstream, 3), KEY, workers=2)
    ready = {"route": "house/one", "state": "ready"}
    assert eventually(lambda: gate.metric("gate_route_readiness", **ready) == 2), "also the one that was not scraped"
    assert gate.metric("gate_breaker_state", route="house/one") == 0


def test_what_is_pushed_needs_no_scrape(start_gate: Start, upstream: Upstream) -> None:
    with Sink() as sink:
        push = {"OTEL_METRICS_EXPORTER": "otlp", "OTEL_METRIC_EXPORT_INTERVAL": "200"}
        gate = start_gate(configuration(upstream, 3), {**KEY, **sink.environment(), **push})
        assert eventually(lambda: b"gate.route_readiness" in b"".join(sink.bodies("/v1/metrics")))
        assert gate.stop().code == 0
    assert b"gate.route_price.usd" in b"".join(sink.bodies("/v1/metrics"))


@pytest.mark.parametrize(
    ("environment", "published", "upcoming"),
    [
        ({}, True, False),
        ({"GATE_SEMCONV_PROFILE": "genai-next"}, False, True),
        ({"OTEL_SEMCONV_STABILITY_OPT_IN": "gen_ai_latest_experimental"}, False, True),
        ({"GATE_SEMCONV_PROFILE": "dup"}, True, True),
    ],
)
def test_the_profile_on_metrics(
    start_gate: Start, upstream: Upstream, environment: dict[str, str], published: bool, upcoming: bool
) -> None:
    gate = start_gate(configuration(upstream, 3), {**KEY, **environment})
    with client(gate) as ask:
        assert ask.post(MESSAGES.path, json=MESSAGES.body()).status_code == 200
    names = {sample.name for sample in gate.metrics()}
    assert ("gen_ai_client_token_usage_sum" in names) is published
    assert ("gen_ai_client_operation_duration_seconds_count" in names) is published
    assert ("gen_ai_client_inference_usage_input_tokens_total" in names) is upcoming
    assert ("gen_ai_client_inference_duration_seconds_count" in names) is upcoming
    assert "gate_client_request_duration_seconds_count" in names


def test_an_unknown_profile_refuses_to_start(start_gate: Start) -> None:
    with pytest.raises(GateNotReady, match=r"GATE_SEMCONV_PROFILE.*'1\.99'.*1\.41, dup, genai-next") as refused:
        start_gate(env={"GATE_SEMCONV_PROFILE": "1.99"})
    assert refused.value.code not in (0, None)
