"""The registry is well formed, complete, and what is generated from it is up to date."""

import re
from enum import StrEnum

import pytest

from gate.core.decision import Relation
from gate.core.errors import ErrorCode
from gate.core.execution import Outcome
from gate.core.failure import DowngradeReason
from gate.core.lane import Cluster
from gate.core.money import Confidence, SourceType
from gate.core.request import ClientProfile
from gate.core.route import Billing, RouteType
from gate.health.sli import Readiness
from gate.telemetry import registry
from gate.telemetry.registry import (
    ProfileError,
    chosen_profile,
    load,
    otlp_label,
    otlp_metric,
    otlp_name,
    otlp_unit,
    otlp_value,
)

REGISTRY = load()
UNITS = {"s": "_seconds", "By": "_bytes", "1": "_ratio"}


def test_no_attribute_is_the_namespace_of_another() -> None:
    names = set(REGISTRY.attributes)
    assert [(name, other) for name in names for other in names if other.startswith(name + ".")] == []


def test_no_metric_is_the_namespace_of_another() -> None:
    names = set(REGISTRY.metrics)
    assert [(name, other) for name in names for other in names if other.startswith(name + ".")] == []


def test_names_have_the_conventions_form() -> None:
    for name in (*REGISTRY.attributes, *REGISTRY.metrics, *REGISTRY.events):
        assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", name), name


def test_what_is_not_a_convention_is_in_gates_namespace_and_explained() -> None:
    for name, attribute in REGISTRY.attributes.items():
        assert (attribute.page is not None) != name.startswith("gate."), name
        assert attribute.page is None or attribute.page in REGISTRY.pages
        assert attribute.help or attribute.page, name
        assert set(attribute.spans) <= set(REGISTRY.spans)
    for name, metric in REGISTRY.metrics.items():
        assert (metric.page is not None) != name.startswith("gate."), name
        assert metric.help


@pytest.mark.parametrize("name", list(REGISTRY.metrics))
def test_the_prometheus_name_follows_the_rule(name: str) -> None:
    metric = REGISTRY.metrics[name]
    expected = name.replace(".", "_")
    unit = UNITS.get(metric.unit, "")
    if unit and (metric.unit != "1" or metric.type == "gauge"):
        expected += unit
    expected += {"counter": "_total", "info": "_info"}.get(metric.type, "")
    assert metric.prometheus == expected


@pytest.mark.parametrize("name", list(REGISTRY.metrics))
def test_labels_are_attributes_with_a_bound(name: str) -> None:
    metric = REGISTRY.metrics[name]
    for label, attribute in metric.labels.items():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", label)
        bound = REGISTRY.bound(attribute)
        assert bound.closed or bound.config or bound.seen
        if metric.page is not None:
            assert label == attribute.replace(".", "_")
    for never in ("session", "conversation", "decision", "request_id", "key"):
        assert not any(never in attribute for attribute in metric.labels.values())
    if metric.type == "histogram":
        bounds = REGISTRY.bounds_of(metric)
        assert list(bounds) == sorted(set(bounds))


def test_the_conventions_buckets_are_exact() -> None:
    seconds = tuple(0.01 * 2**power for power in range(14))
    for name in (
        "gen_ai.client.operation.duration",
        "gen_ai.client.operation.time_to_first_chunk",
        "gen_ai.client.inference.duration",
        "gen_ai.client.inference.time_to_first_chunk",
    ):
        assert REGISTRY.bounds_of(REGISTRY.metrics[name]) == pytest.approx(seconds)
    tokens = tuple(4**power for power in range(14))
    for name in (
        "client.token.usage",
        "client.inference.operation.input_tokens",
        "client.inference.operation.output_tokens",
    ):
        assert REGISTRY.bounds_of(REGISTRY.metrics[f"gen_ai.{name}"]) == tokens
    http = REGISTRY.bounds_of(REGISTRY.metrics["http.server.request.duration"])
    assert http == (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)


def test_gates_own_histograms_reach_past_the_conventions() -> None:
    for name in ("gate.request.duration", "gate.attempt.duration", "gate.time_to_first_chunk"):
        assert REGISTRY.bounds_of(REGISTRY.metrics[name])[-1] >= 600


@pytest.mark.parametrize(
    ("attribute", "values"),
    [
        ("gate.outcome", Outcome),
        ("gate.relation", Relation),
        ("gate.downgrade.reason", DowngradeReason),
        ("gate.cost.confidence", Confidence),
        ("gate.cost.source_type", SourceType),
        ("gate.client.profile", ClientProfile),
        ("gate.readiness.state", Readiness),
        ("gate.billing", Billing),
        ("gate.route_type", RouteType),
    ],
)
def test_closed_lists_are_those_of_the_vocabulary(attribute: str, values: type[StrEnum]) -> None:
    assert set(REGISTRY.bound(attribute).closed or ()) == {value.value for value in values}


def test_every_cluster_may_be_a_label() -> None:
    assert set(REGISTRY.bound("gate.cluster").closed or ()) == {*(cluster.value for cluster in Cluster), "unknown"}


def test_there_is_room_for_every_error_code() -> None:
    assert (REGISTRY.bound("gate.error.code").seen or 0) > len(ErrorCode)


def test_views_show_attributes_and_headers_that_exist() -> None:
    for row in (*REGISTRY.view.values(), *REGISTRY.attempt_view.values()):
        assert row.attribute is None or row.attribute in REGISTRY.attributes
        assert row.header is None or row.header in REGISTRY.headers
        assert row.metric is None or row.metric in REGISTRY.metrics
        assert row.label is None or row.label in REGISTRY.metrics["gate.requests"].labels
    shown = {row.label for row in REGISTRY.view.values()} - {None}
    assert shown == set(REGISTRY.metrics["gate.requests"].labels)


def test_each_view_attribute_may_be_on_its_span() -> None:
    places = {"serving": "attempt"}
    for row in REGISTRY.view.values():
        if row.attribute is not None:
            assert places.get(row.span, row.span) in REGISTRY.attributes[row.attribute].spans, row.attribute
    for row in REGISTRY.attempt_view.values():
        if row.attribute is not None:
            assert "attempt" in REGISTRY.attributes[row.attribute].spans, row.attribute


def test_prometheus_names_lead_back() -> None:
    for name, metric in REGISTRY.metrics.items():
        family = metric.prometheus.removesuffix("_total").removesuffix("_info")
        for shown in (metric.prometheus, family):
            assert otlp_name(shown) == name
        assert otlp_metric(f"{metric.prometheus}_bucket") == ((name, metric) if metric.type == "histogram" else None)
    assert otlp_label("gate_requests", "lane") == "gate.lane"
    assert otlp_label("gate_worker_started_seconds", "worker") == "gate.worker.index"
    with pytest.raises(KeyError):
        otlp_name("process_cpu_seconds_total")
    with pytest.raises(KeyError):
        otlp_label("gate_unknown", "lane")


def test_the_profile_is_chosen_by_variables() -> None:
    assert chosen_profile({}) == "1.41"
    for name in ("1.41", "genai-next", "dup"):
        assert chosen_profile({registry.PROFILE_VARIABLE: name}) == name
    opted = {registry.OPT_IN_VARIABLE: "http, gen_ai_latest_experimental"}
    assert chosen_profile(opted) == "genai-next"
    assert chosen_profile({**opted, registry.PROFILE_VARIABLE: "1.41"}) == "1.41"
    with pytest.raises(ProfileError, match=r"no profile '9\.99'; Gate has: 1\.41, dup, genai-next"):
        chosen_profile({registry.PROFILE_VARIABLE: "9.99"})


def test_profiles_are_made_of_profiles_that_exist() -> None:
    for profile in REGISTRY.profiles.values():
        assert set(profile.includes) <= set(REGISTRY.profiles)
    for entry in (*REGISTRY.attributes.values(), *REGISTRY.metrics.values()):
        assert set(entry.profiles or ()) <= set(REGISTRY.profiles)


def test_only_names_of_the_genai_conventions_differ_between_profiles() -> None:
    for name, entry in (*REGISTRY.attributes.items(), *REGISTRY.metrics.items()):
        assert entry.profiles is None or name.startswith("gen_ai."), name


@pytest.mark.parametrize("profile", list(REGISTRY.profiles))
def test_every_view_attribute_has_a_name_in_every_profile(profile: str) -> None:
    for row in (*REGISTRY.view.values(), *REGISTRY.attempt_view.values()):
        if row.attribute is not None:
            expected = 2 if profile == "dup" and REGISTRY.attributes[row.attribute].renamed else 1
            assert len(REGISTRY.names_in(profile, row.attribute)) == expected
    for metric in REGISTRY.metrics.values():
        if REGISTRY.has(profile, metric):
            assert all(REGISTRY.has(profile, REGISTRY.attributes[name]) for name in metric.labels.values())


def test_names_differ_on_attempt_spans_only() -> None:
    for row in REGISTRY.view.values():
        if row.attribute is not None and row.span != "serving":
            assert REGISTRY.attributes[row.attribute].profiles is None


def test_required_attributes_may_be_on_their_span() -> None:
    for name, span in REGISTRY.spans.items():
        for attribute in span.required:
            assert name in REGISTRY.attributes[attribute].spans
            assert REGISTRY.attributes[attribute].profiles is None


def test_units_and_types_for_otlp() -> None:
    assert otlp_unit("gen_ai_client_token_usage") == "{token}"
    assert otlp_unit("gate_requests_total") == "{request}"
    assert otlp_value("http.response.status_code", "200") == 200
    assert otlp_value("http.response.status_code", "other") == "other"
    assert otlp_value("gate.lane", "200") == "200"
    with pytest.raises(KeyError):
        otlp_unit("process_cpu_seconds_total")
