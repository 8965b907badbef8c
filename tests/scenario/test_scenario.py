"""The standard scenario does what it says: every intent, client, relation, failure and outcome is in the numbers that
Prometheus scraped, the exemplars are beside them, and the traces are in Jaeger."""

from __future__ import annotations

import pytest

from gate.core.failure import DowngradeReason
from gate.core.request import ClientProfile
from gate.telemetry.registry import load
from tests.scenario.run import Ran
from tests.scenario.world import FAILURES, INTENTS, REFUSED

pytestmark = [pytest.mark.slow, pytest.mark.stack]
VALUES = load().attributes
# What a Gate that is well and not being stopped does not do.
NOT_HERE = {"drained", "internal_error"}
REASONS = {"rate_limited", "provider_error", "timeout"}
READINESS = VALUES["gate.readiness.state"].values or ()

SEEN: dict[tuple[str, str], set[str]] = {
    ("gate_requests_total", "intent"): {*INTENTS, "explicit", "other", "none"},
    ("gate_requests_total", "outcome"): set(VALUES["gate.outcome"].values or ()) - NOT_HERE,
    ("gate_requests_total", "relation"): set(VALUES["gate.relation"].values or ()),
    ("gate_fallbacks_total", "reason"): {*REASONS, "none"},
    ("gate_attempts_total", "error_type"): {
        *FAILURES,
        *REFUSED,
        "connect_error",
        "connect_timeout",
        "client_gone",
        "none",
    },
    ("gate_tokens_total", "client_profile"): {profile.value for profile in ClientProfile},
    ("gate_tokens_total", "kind"): {"input", "output", "cache_read", "cache_write"},
    ("gate_priced_attempts_total", "confidence"): {"exact", "unknown"},
    ("gate_spend_usd_total", "source_type"): {"manual-review", "provider-docs", "aggregator-offer"},
    ("gate_errors_total", "code"): {"overloaded", "invalid_json", "wrong_key", "no_route", "unknown_model"},
    ("gate_overload_rejections_total", "reason"): {"overloaded"},
    ("gate_config_reloads_total", "result"): {"applied", "refused"},
    ("gate_premium_escalations_total", "intent"): {"coding-fast"},
    ("gate_stream_interruptions_total", "provider"): {"anthropic"},
    ("gate_telemetry_exported_total", "signal"): {"traces"},
    ("gate_rule_matches_total", "rule"): {"urgent", "summaries", "long-context"},
    ("gate_sticky_requests_total", "result"): {"new", "kept", "moved"},
    ("gate_cache_loss_usd_total", "provider"): {"openrouter"},
    ("gate_repeated_turns_total", "action"): {"counted", "refused"},
    ("gate_shadow_plans_total", "agreement"): set(VALUES["gate.shadow.agreement"].values or ()),
    ("gate_hedges_total", "result"): {"won", "lost"},
    ("gate_probes_total", "result"): {"ready", "model_unavailable", "transport_error"},
    ("gate_state_errors_total", "operation"): {"connect"},
    ("gate_store_decisions_total", "result"): {"written"},
    ("http_server_request_duration_seconds_count", "http_route"): {
        "/v1/messages",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/messages/count_tokens",
    },
}


@pytest.mark.parametrize("metric, label", SEEN)
def test_it_happened(scenario: Ran, metric: str, label: str) -> None:
    samples = scenario.stack.prometheus.query(f'sum by ({label}) ({metric}{{job="gate"}}) > 0')
    assert {sample.labels.get(label) for sample in samples} >= SEEN[metric, label]


@pytest.mark.parametrize("state", READINESS)
def test_a_route_was_in_every_state(scenario: Ran, state: str) -> None:
    seen = scenario.stack.prometheus.value(f'max(max_over_time(gate_route_readiness{{state="{state}"}}[1h]))')
    assert seen == 1


def test_a_breaker_opened_and_closed(scenario: Ran) -> None:
    # That it was closed in between shows in what it served: the gauge may have changed twice between two scrapes.
    prometheus = scenario.stack.prometheus
    assert prometheus.value('max(max_over_time(gate_breaker_state{route="odd/flaky"}[1h]))') == 2
    assert (prometheus.value('sum(gate_attempts_total{route="odd/flaky",error_type="none"})') or 0) >= 2


def test_accounts_were_pressed_in_every_way(scenario: Ran) -> None:
    prometheus = scenario.stack.prometheus
    for state in VALUES["gate.quota.state"].values or ():
        pressed = prometheus.value(f'max(max_over_time(gate_quota_pressure{{state="{state}"}}[1h]))')
        assert pressed == 1, state
    kinds = {one.labels["kind"] for one in prometheus.query("gate_quota_headroom_ratio")}
    assert kinds >= {"requests", "tokens"}


def test_the_shared_state_was_lost_and_came_back(scenario: Ran) -> None:
    prometheus = scenario.stack.prometheus
    assert prometheus.value("min(min_over_time(gate_state_up[1h]))") == 0
    assert prometheus.value("min(gate_state_up)") == 1


def test_the_numbers_are_those_of_gate(scenario: Ran) -> None:
    """Every model request that was sent is in one series each of the two counts of requests."""
    for metric in ("gate_requests_total", "gate_request_duration_seconds_count"):
        assert scenario.gate.metric(metric) == scenario.requests


def test_exemplars_lead_to_traces(scenario: Ran) -> None:
    exemplars = scenario.stack.prometheus.exemplars('gate_requests_total{relation="downgrade"}')
    # Five spans: a downgrade may be planned as one, because of an open breaker for example.
    trace = scenario.stack.jaeger.trace(exemplars[-1].labels["trace_id"], min_spans=5)
    (route,) = [span for span in trace.spans if span.name.startswith("route ")]
    assert route["gate.serving.relation"] == "downgrade"
    assert route["gate.downgrade.reason"] in set(DowngradeReason)


def test_sessions_are_linked(scenario: Ran) -> None:
    kinds = [link.attributes.get("gate.link.kind") for span in scenario.stack.exported.spans() for link in span.links]
    assert "session" in kinds


def test_gate_and_the_collectors_own_numbers_are_scraped(scenario: Ran) -> None:
    assert scenario.stack.prometheus.value('min_over_time(up{job="gate"}[30s])') == 1, "no scrape of Gate failed"
    accepted = scenario.stack.prometheus.value('sum({__name__=~"otelcol_receiver_accepted_spans(_total)?"})')
    assert (accepted or 0) > sum(scenario.statuses.values())
