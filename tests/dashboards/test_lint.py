"""What Grafana's dashboard-linter asks for, asked here as well, so that nobody has to build it to know.

Its rules: https://github.com/grafana/dashboard-linter/tree/main/docs/rules. Those about queries and panels are in
test_queries.py and test_panels.py.
"""

import pytest
import yaml

from tests.dashboards.reading import HOME, NAMES, PROFILES, asking, dashboard, promql, traceql, variables

DATA_SOURCES = {
    "prometheus_datasource": ("prometheus", "Prometheus data source"),
    "tempo_datasource": ("tempo", "Tempo data source"),
    "jaeger_datasource": ("jaeger", "Jaeger data source"),
}


@pytest.mark.parametrize("name", NAMES)
def test_data_sources_are_variables(name: str) -> None:
    """The first is Prometheus: it is the one the linter takes for the dashboard's."""
    found = [one for one in variables(name).values() if one["type"] == "datasource"]
    assert found[0]["name"] == "prometheus_datasource"
    for one in found:
        assert (one["query"], one["label"]) == DATA_SOURCES[one["name"]]
    known = {f"${{{one['name']}}}" for one in found}
    for panel in asking(name):
        assert panel["datasource"]["uid"] in known, panel["title"]
        assert panel["targets"], panel["title"]
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {panel["datasource"]["uid"]}


@pytest.mark.parametrize("name", NAMES)
def test_variables(name: str) -> None:
    known = variables(name)
    assert {"job", "instance", "provider", "lane", "client"} <= known.keys()
    for one in known.values():
        if one["type"] == "query":
            assert one["datasource"]["uid"] == "${prometheus_datasource}", one["name"]
            assert one["refresh"] == 2, one["name"]
            assert one["multi"], one["name"]
            assert one["includeAll"], one["name"]
            assert one["allValue"] == ".+", one["name"]
            assert one["current"]["value"] == "$__all", one["name"]
            assert one["label"] == one["name"].title(), one["name"]
            assert one["query"].startswith("label_values(gate_"), one["name"]


@pytest.mark.parametrize("name", NAMES)
def test_nobody_edits_by_hand(name: str) -> None:
    assert dashboard(name)["editable"] is False


@pytest.mark.parametrize("profile", PROFILES)
def test_every_exception_is_needed_and_has_a_reason(profile: str) -> None:
    exclusions = yaml.safe_load((HOME / profile / ".lint").read_text("utf-8"))["exclusions"]
    names = [name for name in NAMES if name.startswith(f"{profile}/")]
    titles = {name: dashboard(name)["title"] for name in names}
    tempo = {(titles[name], panel["title"]) for name in names for panel, _ in traceql(name)}
    alerts = {(titles[name], panel["title"]) for name in names for panel, query in promql(name) if "ALERTS" in query}
    listed = {rule: {(one["dashboard"], one["panel"]) for one in body["entries"]} for rule, body in exclusions.items()}
    assert listed == {
        "target-counter-agg-rule": tempo,
        "target-promql-rule": tempo,
        "target-instance-rule": alerts,
        "target-job-rule": alerts,
    }
    assert all(len(body["reason"]) > 20 for body in exclusions.values())
