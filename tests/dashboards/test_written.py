"""The committed files are what the program writes, and both profiles are one set of dashboards."""

import json
from pathlib import Path

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from dashboards.grafana.builder import __main__ as builder
from dashboards.grafana.builder.board import UIDS
from tests.dashboards.reading import NAMES, PROFILES, asking, dashboard, texts


def test_the_files_are_what_the_program_writes() -> None:
    behind = builder.stale(builder.documents())
    assert not behind, "run `python -m dashboards.grafana.builder`"


def test_a_changed_a_missing_and_a_foreign_file_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder, "HOME", tmp_path)
    monkeypatch.setattr(builder, "PROFILES", ("1.41",))
    folder = tmp_path / "1.41"
    builder.write(folder / "same.json", "{}")
    builder.write(folder / "changed.json", "{}")
    builder.write(folder / "foreign.json", "{}")
    wanted = {folder / "same.json": "{}", folder / "changed.json": "[]", folder / "missing.json": "{}"}
    assert builder.stale(wanted) == [folder / "changed.json", folder / "foreign.json", folder / "missing.json"]
    builder.write(folder / "foreign.json", None)
    assert builder.stale(wanted) == [folder / "changed.json", folder / "missing.json"]


def test_every_profile_has_every_dashboard() -> None:
    for profile in PROFILES:
        uids = {dashboard(name)["uid"] for name in NAMES if name.startswith(f"{profile}/")}
        assert uids == set(UIDS.values())


@pytest.mark.parametrize("file", sorted({name.partition("/")[2] for name in NAMES}))
def test_profiles_ask_the_same_but_for_the_conventions_names(file: str) -> None:
    """What differs is a query with a gen_ai name; titles, order and places do not."""
    old, new = asking(f"1.41/{file}"), asking(f"genai-next/{file}")
    assert [panel["title"] for panel in old] == [panel["title"] for panel in new]
    assert [panel["gridPos"] for panel in old] == [panel["gridPos"] for panel in new]
    for before, after in zip(old, new, strict=True):
        if json.dumps(before["targets"]) != json.dumps(after["targets"]):
            assert "gen_ai_" in json.dumps(before["targets"])
            assert "gen_ai_" in json.dumps(after["targets"])


@pytest.mark.parametrize("name", NAMES)
def test_schema_and_names(name: str) -> None:
    """Classic JSON: Grafana 11 and newer read it, and every tool for dashboards."""
    document = dashboard(name)
    assert document["schemaVersion"] >= 39
    assert document["uid"] in UIDS.values()
    assert document["title"].startswith("Gate · ")
    assert name.partition("/")[0] in document["description"]
    assert {"gate", "llm", "opentelemetry"} <= set(document["tags"])
    assert not [text for text in texts(document) if "localhost" in text or "127.0.0.1" in text]


@pytest.mark.parametrize("name", NAMES)
def test_grafanas_types_read_it_back_unchanged(name: str) -> None:
    """The SDK's types are generated from Grafana's schemas of the dashboard, the panels and the queries: a member they
    do not know, or of another type, would be lost or refused."""
    register_default_plugins()
    again = json.dumps(Dashboard.from_json(dashboard(name)), cls=JSONEncoder)
    assert json.loads(again) == dashboard(name)
