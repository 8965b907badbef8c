"""Links lead somewhere, and keep the time range and the choices."""

import json
import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from dashboards.grafana.builder.board import UIDS
from dashboards.grafana.builder.explore import trace_in
from tests.dashboards.reading import NAMES, dashboard, panels, texts, variables

OF_GRAFANA = {"__value.raw", "__data.fields.traceIdHidden", "__url_time_range", "__from", "__to"}


def addresses(name: str) -> list[str]:
    """Every address in the panels, those in texts included."""
    found = [text for panel in panels(name) for text in texts(panel)]
    direct = [text for text in found if text.startswith(("/d/", "/explore"))]
    written = [link for text in found for link in re.findall(r"\]\(([^)]+)\)", text)]
    return direct + written


@pytest.mark.parametrize("name", NAMES)
def test_every_dashboard_is_one_click_away_with_time_and_variables(name: str) -> None:
    links = dashboard(name)["links"]
    own = dashboard(name)["uid"]
    assert [link["url"] for link in links] == [f"/d/{uid}" for uid in UIDS.values() if uid != own]
    assert all(link["keepTime"] and link["includeVars"] and link["type"] == "link" for link in links)


@pytest.mark.parametrize("name", NAMES)
def test_addresses_in_panels_resolve(name: str) -> None:
    for address in addresses(name):
        parts = urlsplit(address)
        if parts.path.startswith("/d/"):
            assert parts.path.removeprefix("/d/") in UIDS.values(), address
            assert "${__url_time_range}" in parts.query, address
            assert "${prometheus_datasource:queryparam}" in parts.query, address
        else:
            assert parts.path == "/explore", address


@pytest.mark.parametrize("name", NAMES)
def test_variables_in_addresses_exist_here_and_there(name: str) -> None:
    profile = name.partition("/")[0]
    files = {dashboard(one)["uid"]: one for one in NAMES if one.startswith(f"{profile}/")}
    for address in addresses(name):
        used = set(re.findall(r"\$\{([\w.]+)", address))
        assert used <= {*variables(name), *OF_GRAFANA}, address
        target = urlsplit(address).path.removeprefix("/d/")
        if target in files:
            given = {one.removeprefix("var-") for one in re.findall(r"var-\w+", address)}
            carried = set(re.findall(r"\$\{(\w+):queryparam\}", address))
            assert given | carried <= variables(files[target]).keys(), address
            assert not given & carried, address


@pytest.mark.parametrize("kind", ["tempo", "jaeger"])
def test_a_trace_opens_in_explore(kind: str) -> None:
    address = trace_in(kind)
    query = parse_qs(urlsplit(address).query)
    assert query["schemaVersion"] == ["1"]
    pane = json.loads(unquote(query["panes"][0]))["trace"]
    assert pane["datasource"] == f"${{{kind}_datasource}}"
    assert pane["queries"][0]["query"] == "${__data.fields.traceIdHidden}"
    assert pane["range"] == {"from": "${__from}", "to": "${__to}"}
