"""The Compose file: valid by the specification's schema, reachable from this machine only, made of the repository's own
files and of the programs that the tests run."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.deploy.k8s.programs import ROOT, schemas
from tests.harness.missing import missing_part
from tests.stack.backends import IMAGES, StackUnavailable, otelcol, promtool
from tests.stack.redis_server import IMAGE as REDIS

HERE = ROOT / "deploy" / "compose"
FILE = HERE / "compose.yaml"
SERVICES = {"gate", "redis", "collector", "jaeger", "tempo", "prometheus", "grafana"}


def composition() -> dict[str, Any]:
    return yaml.safe_load(FILE.read_text())


def mounts(service: str) -> dict[str, Path]:
    """Where files of the repository are seen by a service."""
    pairs = [volume.split(":") for volume in composition()["services"][service].get("volumes", [])]
    return {target: (HERE / source).resolve() for source, target, *_ in pairs if source.startswith(".")}


def test_it_is_valid() -> None:
    schema = json.loads((schemas() / "compose-spec.json").read_text())
    jsonschema.validate(composition(), schema)
    wrong = composition()
    wrong["services"]["gate"]["imagee"] = "x"
    with pytest.raises(jsonschema.ValidationError, match="imagee"):
        jsonschema.validate(wrong, schema)


def test_only_this_machine_reaches_it() -> None:
    services = composition()["services"]
    assert services.keys() == SERVICES
    ports = [port for service in services.values() for port in service.get("ports", [])]
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in ports)
    assert not [name for name, service in services.items() if service.get("privileged") or "network_mode" in service]


def test_the_programs_are_those_that_the_tests_run() -> None:
    services = composition()["services"]
    for service, program in {"collector": "otelcol", "jaeger": "jaeger", "prometheus": "prometheus"}.items():
        assert services[service]["image"] == IMAGES[program]
    assert services["redis"]["image"] == REDIS
    assert not [
        one["image"] for one in services.values() if one["image"].endswith(":latest") or ":" not in one["image"]
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_what_is_mounted_is_there_and_read_only(service: str) -> None:
    for volume in composition()["services"][service].get("volumes", []):
        assert not volume.startswith(".") or volume.endswith(":ro")
    assert [str(path) for path in mounts(service).values() if not path.exists()] == []


def test_gate_stops_in_time() -> None:
    gate = composition()["services"]["gate"]
    assert gate["stop_grace_period"] == "40s"  # Gate's default drain_timeout_s, 30, and 10
    assert gate["read_only"] is True
    assert gate["cap_drop"] == ["ALL"]


def test_prometheus_finds_the_rules_and_keeps_exemplars() -> None:
    config = yaml.safe_load((HERE / "prometheus.yaml").read_text())
    (rules,) = config["rule_files"]
    directory, _, name = rules.rpartition("/")
    assert (mounts("prometheus")[directory] / name).exists()
    assert "--enable-feature=exemplar-storage" in composition()["services"]["prometheus"]["command"]
    targets = {target for job in config["scrape_configs"] for one in job["static_configs"] for target in one["targets"]}
    assert {target.partition(":")[0] for target in targets} <= SERVICES


def check(tool: Callable[[], Path], *arguments: str | Path) -> None:
    """Runs a built program's own check of a configuration."""
    try:
        program = tool()
    except StackUnavailable as error:
        missing_part(str(error))
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_collector_takes_its_configuration() -> None:
    check(otelcol, "validate", "--config", HERE / "collector.yaml")


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    config = yaml.safe_load((HERE / "prometheus.yaml").read_text())
    config["rule_files"] = [str(ROOT / "dashboards" / "prometheus" / Path(one).name) for one in config["rule_files"]]
    file = tmp_path / "prometheus.yaml"
    file.write_text(yaml.safe_dump(config))
    check(promtool, "check", "config", file)


def test_grafana_finds_sources_and_dashboards() -> None:
    provisioning = mounts("grafana")["/etc/grafana/provisioning"]
    sources = yaml.safe_load((provisioning / "datasources" / "gate.yaml").read_text())["datasources"]
    assert {source["url"].removeprefix("http://").partition(":")[0] for source in sources} <= SERVICES
    (provider,) = yaml.safe_load((provisioning / "dashboards" / "gate.yaml").read_text())["providers"]
    path = provider["options"]["path"]
    seen, place = next(
        (target, source) for target, source in mounts("grafana").items() if path.startswith(target + "/")
    )
    assert list((place / path.removeprefix(seen + "/")).glob("*.json"))
