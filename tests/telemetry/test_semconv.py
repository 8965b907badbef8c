"""The published registry: well-formed by the format's rules, complete, and what is committed is up to date."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.telemetry.registry import load
from gate.telemetry.semconv import FILES, SCHEMA_URL

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "reference"
REGISTRY = load()
CONTENT: dict[str, Any] = {name: yaml.safe_load(text()) for name, text in FILES.items()}
GROUPS: list[dict[str, Any]] = [group for content in CONTENT.values() for group in content.get("groups", ())]
# Members that the format knows and Gate uses, by type of group; all of `ALWAYS` and of these must be there.
ALWAYS = {"id", "type", "brief", "stability", "attributes"}
MEMBERS = {
    "attribute_group": {"display_name"},
    "span": {"span_kind", "note"},
    "event": {"name", "note"},
    "metric": {"metric_name", "instrument", "unit", "note"},
}


def of(kind: str) -> dict[str, dict[str, Any]]:
    return {group["id"]: group for group in GROUPS if group["type"] == kind}


DEFINED = {attribute["id"]: attribute for group in GROUPS for attribute in group["attributes"] if "id" in attribute}


@pytest.mark.parametrize("name", list(FILES))
def test_the_committed_file_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text("utf-8") == FILES[name](), "run `make docs`"


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["id"])
def test_a_group_has_the_formats_members(group: dict[str, Any]) -> None:
    assert set(group) == ALWAYS | MEMBERS[group["type"]]
    assert all(isinstance(value, str) and value for name, value in group.items() if name != "attributes")
    assert group["stability"] in ("stable", "development")
    assert group.get("span_kind", "client") in ("client", "server", "internal")
    assert group.get("instrument", "gauge") in ("counter", "gauge", "histogram")


def test_ids_are_unique() -> None:
    ids = [group["id"] for group in GROUPS]
    assert len(set(ids)) == len(ids)


def test_every_attribute_of_gate_is_defined_once_with_its_type() -> None:
    assert list(DEFINED) == [name for name in REGISTRY.attributes if name.startswith("gate.")]
    for name, attribute in DEFINED.items():
        text = REGISTRY.attributes[name].type.startswith("string") and REGISTRY.attributes[name].values is None
        assert set(attribute) == {"id", "type", "stability", "brief"} | ({"examples"} if text else set())
        values = REGISTRY.attributes[name].values
        if values is None:
            assert attribute["type"] == REGISTRY.attributes[name].type
        else:
            assert [member["value"] for member in attribute["type"]["members"]] == list(values)
            assert all(set(member) == {"id", "value", "stability"} for member in attribute["type"]["members"])


def test_references_lead_to_gate_or_to_the_conventions() -> None:
    for group in GROUPS:
        for attribute in group["attributes"]:
            if "ref" in attribute:
                assert set(attribute) == {"ref", "requirement_level"}
                assert attribute["ref"] in DEFINED or REGISTRY.attributes[attribute["ref"]].page is not None


def test_signals_are_all_there() -> None:
    assert set(of("span")) == {f"span.gate.{name}" for name in REGISTRY.spans}
    assert set(of("event")) == {f"event.{name}" for name in REGISTRY.events}
    assert set(of("metric")) == {f"metric.{name}" for name in REGISTRY.metrics if name.startswith("gate.")}
    imported = CONTENT["semconv/metrics.yaml"]["imports"]["metrics"]
    assert "gen_ai.client.token.usage" in imported and not [name for name in imported if "inference" in name]


def test_required_attributes_say_so() -> None:
    for name, span in REGISTRY.spans.items():
        shown = of("span")[f"span.gate.{name}"]["attributes"]
        required = {attribute["ref"] for attribute in shown if attribute["requirement_level"] == "required"}
        assert required == set(span.required)


def test_the_manifest_names_the_conventions_it_builds_on() -> None:
    manifest = CONTENT["semconv/manifest.yaml"]
    profile = REGISTRY.profiles[REGISTRY.default_profile]
    assert manifest["schema_url"] == SCHEMA_URL
    (dependency,) = manifest["dependencies"]
    assert dependency["schema_url"] == profile.schema_url
    assert f"@v{profile.version}[model]" in dependency["registry_path"]
