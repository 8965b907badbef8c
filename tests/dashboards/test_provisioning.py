"""Provisioning files fit the dashboards, the deployments and each other."""

from typing import Any

import yaml

from dashboards.grafana.builder.board import UIDS
from tests.dashboards.reading import HOME, PROFILES

PROVISIONING = HOME / "provisioning"
MOUNT = "/var/lib/grafana/dashboards/"
"""Where deploy/compose/compose.yaml mounts dashboards/grafana."""


def read(part: str) -> dict[str, Any]:
    return yaml.safe_load((PROVISIONING / part / "gate.yaml").read_text("utf-8"))


def test_exemplars_lead_to_a_data_source_that_is_there() -> None:
    sources = {source["uid"]: source for source in read("datasources")["datasources"]}
    assert {source["type"] for source in sources.values()} == {"prometheus", "tempo", "jaeger"}
    destinations = sources["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert {one["datasourceUid"] for one in destinations} == {"tempo", "jaeger"}
    assert {one["name"] for one in destinations} == {"trace_id"}, "the label of Gate's exemplars"
    assert sources["tempo"]["jsonData"]["serviceMap"]["datasourceUid"] == "prometheus"
    assert [uid for uid, source in sources.items() if source.get("isDefault")] == ["prometheus"]


def test_the_provider_reads_one_profile() -> None:
    """Both at once would be two dashboards of one uid."""
    paths = [provider["options"]["path"] for provider in read("dashboards")["providers"]]
    assert len(paths) == 1
    assert paths[0].removeprefix(MOUNT) in PROFILES
    assert len(list((HOME / paths[0].removeprefix(MOUNT)).glob("*.json"))) == len(UIDS)


def test_nothing_is_edited_in_the_page() -> None:
    assert all(provider["allowUiUpdates"] is False for provider in read("dashboards")["providers"])
