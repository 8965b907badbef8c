"""What a request adds to the numbers."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from gate.core.allowance import AllowanceKind
from gate.core.execution import Execution, Outcome
from gate.core.failure import FailureKind
from gate.core.intent import Resolution, ResolvedBy
from gate.core.money import UNKNOWN_COST
from gate.core.usage import Usage
from gate.telemetry.attempt_view import attempt_view
from gate.telemetry.metrics.expose import collect
from gate.telemetry.metrics.instruments import Instruments
from gate.telemetry.metrics.record import HttpFacts, Recorder, http_error
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load
from gate.telemetry.view import view
from tests.telemetry import samples

HTTP = HttpFacts("POST", "/v1/messages", "http")


class Counted:
    """A recorder and a look at what it counted."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.recorder = Recorder(Instruments(load(), MetricsStore(directory, 0, 0)))
        self.recorder.configured("v1", samples.NAMES)

    def request(self, chosen: samples.RouteDecision, execution: Execution) -> None:
        attempts = [attempt_view(chosen, record) for record in execution.attempts]
        self.recorder.record(view(chosen, execution), attempts, "a" * 32, "b" * 16, HTTP)

    def series(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        return [
            (sample.labels, sample.value)
            for family in collect(self.directory)
            for sample in family.samples
            if sample.name == name and sample.value
        ]

    def one(self, name: str) -> tuple[Mapping[str, str], float]:
        (found,) = self.series(name)
        return found


@pytest.fixture
def counted(tmp_path: Path) -> Counted:
    return Counted(tmp_path)


def test_a_served_request(counted: Counted) -> None:
    counted.request(*samples.one_attempt())
    assert counted.one("gate_requests_total") == (
        {
            "intent": "auto",
            "lane": samples.LANES[0],
            "route": samples.ROUTES[0],
            "relation": "primary",
            "outcome": "served",
        },
        1.0,
    )
    called = {"provider": "anthropic", "route": samples.ROUTES[0]}
    assert counted.one("gate_attempt_first_chunk_seconds_count") == (called, 1.0)
    assert counted.one("gate_client_request_duration_seconds_count") == (
        {"client_profile": "claude", "outcome": "served"},
        1.0,
    )
    labels, _ = counted.one("http_server_request_duration_seconds_count")
    assert labels == {
        "http_request_method": "POST",
        "http_route": "/v1/messages",
        "url_scheme": "http",
        "http_response_status_code": "200",
    }
    labels, _ = counted.one("gen_ai_client_operation_duration_seconds_count")
    assert labels["gen_ai_request_model"] == "claude-sonnet-4-6"
    assert "error_type" not in labels
    usage = {labels["gen_ai_token_type"]: value for labels, value in counted.series("gen_ai_client_token_usage_sum")}
    assert usage == {"input": 1200.0, "output": 80.0}
    tokens = {labels["kind"]: value for labels, value in counted.series("gate_tokens_total")}
    assert tokens == {"input": 1200.0, "output": 80.0, "cache_read": 1000.0}
    labels, usd = counted.one("gate_spend_usd_total")
    assert (labels["confidence"], labels["source_type"], usd) == ("exact", "provider-docs", 0.0025)
    assert counted.series("gate_fallbacks_total") == []


def test_fallbacks_name_the_lanes_and_the_reason(counted: Counted) -> None:
    counted.request(*samples.downgraded())
    steps = [
        (labels["from_lane"], labels["to_lane"], labels["relation"], labels["reason"])
        for labels, _ in counted.series("gate_fallbacks_total")
    ]
    first, sibling, lower = samples.LANES
    assert sorted(steps) == sorted(
        [
            (first, first, "same_lane_fallback", "rate_limited"),
            (first, sibling, "substitution", "provider_error"),
            (sibling, lower, "downgrade", "provider_error"),
        ]
    )
    failures = {labels["error_type"] for labels, _ in counted.series("gate_attempts_total")}
    assert failures == {"rate_limited", "overloaded", "connection_reset", "none"}


def test_what_was_not_reported_is_not_counted(counted: Counted) -> None:
    chosen = samples.decision()
    silent = samples.record(0, chosen.attempts[0], usage=Usage(), cost=UNKNOWN_COST)
    counted.request(chosen, samples.served(silent))
    assert counted.series("gate_tokens_total") == []
    assert counted.series("gate_spend_usd_total") == []
    assert counted.series("gen_ai_client_token_usage_count") == []
    assert counted.one("gate_priced_attempts_total")[0]["confidence"] == "unknown"


def test_unknown_names_become_other(counted: Counted) -> None:
    chosen, execution = samples.one_attempt()
    stranger = replace(execution.attempts[0], route="x/y", provider="x", lane="x", model="secret-model")
    chosen = replace(chosen, resolution=Resolution("nope", ResolvedBy.NOT_FOUND, "nope"))
    counted.request(chosen, replace(execution, attempts=(stranger,)))
    labels, _ = counted.one("gate_requests_total")
    assert (labels["intent"], labels["lane"], labels["route"]) == ("other", "other", "other")
    assert counted.one("gen_ai_client_operation_duration_seconds_count")[0]["gen_ai_request_model"] == "other"


@pytest.mark.parametrize(
    ("intent", "by", "label"),
    [
        ("auto", ResolvedBy.PATTERN_MAPPING, "auto"),
        ("lane:x", ResolvedBy.LANE, "explicit"),
        ("groq/llama", ResolvedBy.PROVIDER_PREFIX, "explicit"),
        ("anything", ResolvedBy.NOT_FOUND, "other"),
    ],
)
def test_intent_labels(counted: Counted, intent: str, by: ResolvedBy, label: str) -> None:
    chosen = samples.decision(resolution=Resolution("m", by, intent))
    assert counted.recorder.intent_label(view(chosen, Execution())) == label


def test_a_client_that_left_is_no_failure_of_the_provider(counted: Counted) -> None:
    chosen = samples.decision()
    left = samples.record(0, chosen.attempts[0], FailureKind.CLIENT_GONE)
    counted.request(chosen, Execution((left,), Outcome.CLIENT_GONE, duration_s=1.0, upstream_s=0.5))
    assert counted.one("gate_attempts_total")[0]["error_type"] == "client_gone"
    assert "error_type" not in counted.one("gen_ai_client_operation_duration_seconds_count")[0]
    assert "http_response_status_code" not in counted.one("http_server_request_duration_seconds_count")[0]


def test_an_interrupted_stream(counted: Counted) -> None:
    chosen = samples.decision()
    cut = samples.record(0, chosen.attempts[0], FailureKind.TRUNCATED_STREAM, time_to_first_chunk_s=0.2)
    counted.request(chosen, Execution((cut,), Outcome.INTERRUPTED, 200, "upstream_interrupted", 0.2, 0.2, 1.0, 0.5))
    assert counted.one("gate_stream_interruptions_total")[0] == {
        "provider": "anthropic",
        "error_type": "truncated_stream",
    }
    assert counted.one("gate_errors_total")[0] == {"code": "upstream_interrupted"}


def test_counting_tokens_costs_nothing(counted: Counted) -> None:
    chosen = samples.decision(samples.request(operation=samples.Operation.COUNT_TOKENS, stream=False))
    counted.request(chosen, samples.served(samples.record(0, chosen.attempts[0], time_to_first_chunk_s=None)))
    assert counted.series("gate_tokens_total") == []
    assert counted.one("gen_ai_client_operation_duration_seconds_count")[0]["gen_ai_operation_name"] == "count_tokens"


def test_a_request_without_a_decision_is_counted_too(counted: Counted) -> None:
    counted.recorder.rejected(HTTP, "invalid_json", "rejected", 400, 0.001)
    labels, value = counted.one("gate_requests_total")
    assert (labels["intent"], labels["lane"], labels["outcome"], value) == ("none", "none", "rejected", 1.0)
    assert counted.one("gate_errors_total")[0] == {"code": "invalid_json"}
    whose = {"client_profile": "none", "outcome": "rejected"}
    assert counted.one("gate_client_request_duration_seconds_count") == (whose, 1.0)


def test_an_unknown_method_is_bounded(counted: Counted) -> None:
    counted.recorder.http(HttpFacts("BREW", "/healthz", "http"), 405, 0.001)
    assert counted.one("http_server_request_duration_seconds_count")[0]["http_request_method"] == "_OTHER"
    assert counted.series("gate_requests_total") == []


def test_a_new_configuration_replaces_the_old_one(counted: Counted) -> None:
    counted.recorder.readiness("anthropic", samples.LANES[0], samples.ROUTES[0], "ready")
    counted.recorder.breaker("anthropic", samples.ROUTES[0], "open")
    counted.recorder.configured("v2", samples.NAMES)
    assert counted.one("gate_config_info") == ({"version": "v2"}, 1.0)
    assert counted.series("gate_route_readiness") == []
    counted.recorder.reloaded("refused")
    assert counted.one("gate_config_reloads_total") == ({"result": "refused"}, 1.0)


def test_a_route_is_in_one_state(counted: Counted) -> None:
    for state in ("ready", "breaker_open"):
        counted.recorder.readiness("anthropic", samples.LANES[0], samples.ROUTES[0], state)
    assert counted.one("gate_route_readiness")[0]["state"] == "breaker_open"


def test_the_worker_itself(counted: Counted) -> None:
    recorder = counted.recorder
    recorder.in_flight(1)
    recorder.in_flight(1)
    recorder.in_flight(-1)
    recorder.overload("overloaded")
    recorder.planned(0.0002)
    recorder.build("0.1.0", "3.11.7")
    recorder.headroom("anthropic", "anthropic", AllowanceKind.TOKENS, 0.25)
    recorder.exported("traces", 10)
    recorder.dropped("logs", "queue_full", 3)
    recorder.dropped("logs", "made up", 1)
    recorder.queued("traces", 7)
    assert counted.one("gate_in_flight_requests")[1] == 1
    assert counted.one("gate_overload_rejections_total") == ({"reason": "overloaded"}, 1.0)
    assert counted.one("gate_plan_duration_seconds_count")[1] == 1
    assert counted.one("gate_build_info")[0] == {"version": "0.1.0", "python": "3.11.7"}
    assert counted.one("gate_quota_headroom_ratio")[1] == 0.25
    assert counted.one("gate_telemetry_exported_total") == ({"signal": "traces"}, 10.0)
    dropped = {labels["reason"]: value for labels, value in counted.series("gate_telemetry_dropped_total")}
    assert dropped == {"queue_full": 3.0, "other": 1.0}
    assert counted.one("gate_telemetry_queued") == ({"signal": "traces"}, 7.0)


@pytest.mark.parametrize(
    ("status", "outcome", "error"),
    [
        (200, "served", None),
        (404, "rejected", None),
        (429, "upstream_error", None),
        (503, "no_route", "503"),
        (200, "interrupted", "interrupted"),
        (None, "client_gone", None),
        (None, "internal_error", "internal_error"),
    ],
)
def test_server_errors(status: int | None, outcome: str, error: str | None) -> None:
    assert http_error(status, outcome) == error
