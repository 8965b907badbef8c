"""Queries name only what the registry has, and say everything a dashboard's query has to say."""

import re

import pytest

from dashboards.grafana.builder import promql as language
from dashboards.grafana.builder import traceql as trace_language
from dashboards.grafana.builder.board import VARIABLES
from gate.telemetry.registry import load
from tests.dashboards.reading import HOME, NAMES, asking, promql, selectors, traceql, variables

RULES = HOME.parent / "prometheus" / "gate.rules.yaml"
BUILT_IN = {"__rate_interval", "__range", "__interval"}


def names(profile: str, variables: tuple[str, ...] = VARIABLES) -> language.Names:
    return language.Names.of(load(), profile, variables)


@pytest.mark.parametrize("name", NAMES)
def test_metrics_and_labels_are_in_the_registry(name: str) -> None:
    """Read with the registry alone: the sample names of this profile, and the labels between the braces."""
    registry, profile = load(), name.partition("/")[0]
    known = {}
    for metric in registry.metrics.values():
        if registry.has(profile, metric):
            endings = ("_bucket", "_count", "_sum") if metric.type == "histogram" else ("",)
            known |= {metric.prometheus + ending: {*metric.labels, "job", "instance", "le"} for ending in endings}
    known["ALERTS"] = {"alertname", "alertstate"}
    for panel, query in promql(name):
        found = selectors(re.sub(r'"[^"]*"', '""', query))
        assert found, panel["title"]
        for metric, matchers in found:
            assert metric in known, f"{panel['title']}: {metric}"
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
                assert label in known[metric], f"{panel['title']}: {metric} has no label {label}"


def test_every_figure_of_gates_own_is_on_a_dashboard_or_behind_an_alert() -> None:
    asked = " ".join(query for name in NAMES for _, query in promql(name)) + RULES.read_text("utf-8")
    known = [metric.prometheus for metric in load().metrics.values() if metric.prometheus.startswith("gate_")]
    assert [metric for metric in known if not re.search(rf"\b{metric}(?:_bucket|_count|_sum)?\b", asked)] == []


@pytest.mark.parametrize("name", NAMES)
def test_queries_are_as_the_builder_completes_them(name: str) -> None:
    """No matcher of a variable is missing, and none is there that the metric has no label for."""
    own = tuple(variable for variable in variables(name) if variable in language.FILTERS.values())
    for panel, query in promql(name):
        assert language.complete(language.bare(query), names(name.partition("/")[0], own)) == query, panel["title"]


@pytest.mark.parametrize("name", NAMES)
def test_every_selector_has_job_and_instance(name: str) -> None:
    for panel, query in promql(name):
        for metric, matchers in selectors(query):
            if metric != "ALERTS":
                assert 'job=~"$job"' in matchers, f"{panel['title']}: {metric}"
                assert 'instance=~"$instance"' in matchers, f"{panel['title']}: {metric}"


@pytest.mark.parametrize("name", NAMES)
def test_dots_are_asked_for_where_the_registry_has_exemplars(name: str) -> None:
    """On buckets of histograms, and on the counters that say so."""
    known = {metric.prometheus: metric for metric in load().metrics.values()}
    for panel in asking(name):
        for target in panel["targets"]:
            if target.get("exemplar"):
                for metric, _ in selectors(target["expr"]):
                    histogram = metric.endswith("_bucket") and known[metric.removesuffix("_bucket")].type == "histogram"
                    assert histogram or known[metric].exemplars, f"{panel['title']}: {metric}"


@pytest.mark.parametrize("name", NAMES)
def test_variables_of_queries_exist(name: str) -> None:
    known = {*variables(name), *BUILT_IN}
    for panel, query in (*promql(name), *traceql(name)):
        used = set(re.findall(r"\$\{?(\w+)", query))
        assert used <= known, f"{panel['title']}: {used - known}"


@pytest.mark.parametrize("name", NAMES)
def test_rates_go_by_the_scrape_interval(name: str) -> None:
    for panel, query in promql(name):
        for function, window in re.findall(r"\b(i?rate)\([^\[]*\[([^\]]*)\]", query):
            assert window == "$__rate_interval", f"{panel['title']}: {function} over {window}"


@pytest.mark.parametrize("name", NAMES)
def test_counters_are_never_shown_as_they_are(name: str) -> None:
    """A counter is under rate or increase, or on the side that counts series that are new."""
    for panel, query in promql(name):
        for place in re.finditer(r"\bg\w+_total(?:\{[^}]*\})?", query):
            before, after = query[: place.start()], query[place.end() :]
            under = re.search(r"(rate|increase)\($", before) and after.startswith("[")
            new = re.match(r" unless | offset ", after)
            assert under or new, f"{panel['title']}: {place.group()}"


@pytest.mark.parametrize("name", NAMES)
def test_trace_queries_name_attributes_of_spans(name: str) -> None:
    for _, query in traceql(name):
        assert trace_language.checked(query, load(), name.partition("/")[0]) == query


@pytest.mark.parametrize(
    "query",
    [
        "gate_request_total",
        "sum by (laen) (rate(gate_requests_total[5m]))",
        'gate_requests_total{outcom="served"}',
        "gate_requests_total{outcome=served}",
        "max by (worker) (gate_in_flight_requests)",
        "sum by (le) (gate_requests_total)",
        "gate_requests_total * on (rout) group_left () gate_route_info",
        "gate_requests_total * on (route) group_left (famly) gate_route_info",
        'label_replace(gate_requests_total, "id", "x", "nowhere", "(.+)")',
        'label_join(gate_requests_total, "id", " ", "intent", "nowhere")',
        "sum by (lane (gate_requests_total)",
        '{__name__="gate_requests_total"}',
        "gen_ai_client_inference_duration_seconds_count",
    ],
)
def test_a_wrong_name_stops_the_build(query: str) -> None:
    with pytest.raises(language.QueryError):
        language.complete(query, names("1.41"))


def test_the_same_name_may_be_right_in_another_profile() -> None:
    query = "sum by (gen_ai_request_model) (gen_ai_client_inference_duration_seconds_count)"
    assert "$job" in language.complete(query, names("genai-next"))


def test_a_query_gets_the_variables_its_metric_has_labels_for() -> None:
    completed = language.complete('rate(gate_attempts_total{error_type="none"}[5m])', names("1.41"))
    added = 'job=~"$job", instance=~"$instance", provider=~"$provider"'
    assert completed == f'rate(gate_attempts_total{{{added}, error_type="none"}}[5m])'
    assert language.bare(completed) == 'rate(gate_attempts_total{error_type="none"}[5m])'


def test_a_variable_the_dashboard_does_not_have_is_not_added() -> None:
    assert "$route" not in language.complete("gate_route_info", names("1.41"))
    assert "$route" in language.complete("gate_route_info", names("1.41", (*VARIABLES, "route")))


def test_labels_made_by_a_function_may_be_grouped_by() -> None:
    query = 'sum by (id) (label_join(gate_requests_total, "id", " ", "intent", "lane"))'
    assert language.bare(language.complete(query, names("1.41"))) == query


@pytest.mark.parametrize(
    "query",
    [
        "{ span.gate.nowhere = 1 }",
        "{ span.gate.lane = `x` }",
        "{ resource.gate.intent.name = `x` }",
        "{ span.gen_ai.usage.cache_write.input_tokens > 0 }",
    ],
)
def test_a_wrong_attribute_stops_the_build(query: str) -> None:
    with pytest.raises(trace_language.TraceQueryError):
        trace_language.checked(query, load(), "1.41")
