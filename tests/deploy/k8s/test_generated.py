"""What Kubernetes needs of dashboards and rules is what they say now."""

from __future__ import annotations

import json
import subprocess
import sys

import yaml

from tests.deploy.k8s.programs import BASE, KUSTOMIZE, ROOT, composed, named

GENERATE = KUSTOMIZE / "generate.py"


def test_nothing_generated_is_stale() -> None:
    done = subprocess.run([sys.executable, GENERATE, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_dashboard_is_a_map_for_grafanas_sidecar() -> None:
    directory = ROOT / "dashboards" / "grafana" / "1.41"
    found = composed(BASE, ["dashboards"])
    maps = {one["metadata"]["name"]: one for one in found if "grafana_dashboard" in one["metadata"].get("labels", {})}
    files = sorted(directory.glob("*.json"))
    assert set(maps) == {f"gate-dashboard-{file.stem}" for file in files}
    for file in files:
        (text,) = maps[f"gate-dashboard-{file.stem}"]["data"].values()
        assert json.loads(text) == json.loads(file.read_text())


def test_the_rule_object_holds_the_rules() -> None:
    rules = yaml.safe_load((ROOT / "dashboards" / "prometheus" / "gate.rules.yaml").read_text())
    assert named(composed(BASE, ["rules"]), "PrometheusRule")["spec"] == rules
