"""Writes what Kubernetes needs of the dashboards and rules, from them: nothing is written twice by hand.

    python deploy/k8s/generate.py [--check]

- `dashboards/grafana/<profile>/kustomization.yaml`: a ConfigMap for each dashboard there. It stands beside the JSON
  because kustomize reads no file outside a kustomization's own directory; a directory elsewhere may be its resource.
- `deploy/k8s/components/rules/prometheus-rules.yaml`: a PrometheusRule for each rule file of `dashboards/prometheus/`.

`--check` writes nothing and ends with status 1 when a file is not what would be written.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

import yaml

ROOT = Path(__file__).resolve().parents[2]
RULES = ROOT / "dashboards" / "prometheus"
DASHBOARDS = ROOT / "dashboards" / "grafana"
WRITTEN_BY = "# Written by `python deploy/k8s/generate.py`; do not edit.\n"
LABELS = {"app.kubernetes.io/name": "gate", "app.kubernetes.io/part-of": "gate"}


def prometheus_rules() -> str:
    """A PrometheusRule for each rule file but the examples, in the file's own words."""
    files = [path for path in sorted(RULES.glob("*.rules.yaml")) if "example" not in path.name]
    return WRITTEN_BY + "---\n".join(_prometheus_rule(path) for path in files)


def _prometheus_rule(path: Path) -> str:
    head = {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": path.name.removesuffix(".rules.yaml"), "labels": LABELS},
    }
    return yaml.safe_dump(head, sort_keys=False) + "spec:\n" + indent(path.read_text(), "  ")


def profiles() -> list[Path]:
    """The directories of `dashboards/grafana` that hold dashboards."""
    return sorted({path.parent for path in DASHBOARDS.glob("*/*.json")})


def dashboard_maps(directory: Path) -> str:
    """A kustomization that makes a ConfigMap of each dashboard in a directory."""
    dashboards = sorted(path.name for path in directory.glob("*.json"))
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "generatorOptions": {
            "disableNameSuffixHash": True,  # Grafana's sidecar follows a ConfigMap by its name
            "labels": LABELS | {"grafana_dashboard": "1"},
            "annotations": {"grafana_folder": "Gate"},
        },
        "configMapGenerator": [
            {"name": f"gate-dashboard-{name.removesuffix('.json')}", "files": [name]} for name in dashboards
        ],
    }
    return WRITTEN_BY + yaml.safe_dump(kustomization, sort_keys=False)


def generated() -> Iterator[tuple[Path, str]]:
    """Every file with what belongs in it."""
    yield ROOT / "deploy" / "k8s" / "components" / "rules" / "prometheus-rules.yaml", prometheus_rules()
    for directory in profiles():
        yield directory / "kustomization.yaml", dashboard_maps(directory)


def main(arguments: list[str]) -> int:
    stale = [(path, text) for path, text in generated() if not path.exists() or path.read_text() != text]
    check = "--check" in arguments
    for path, text in stale:
        print(f"{path.relative_to(ROOT)}: {'stale, run `python deploy/k8s/generate.py`' if check else 'written'}")
        if not check:
            path.write_text(text)
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
