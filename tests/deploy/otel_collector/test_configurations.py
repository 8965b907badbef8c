"""Every configuration is valid, alone or with what it is given besides, and the manifest has exactly what they use."""

import re
from pathlib import Path

import pytest
import yaml

from gate.telemetry.registry import load
from tests.deploy.otel_collector.collector import CONFIGS, validate
from tests.stack.stack import TEMPLATES

ENV = {"OTLP_BACKEND": "http://127.0.0.1:4318", "COLLECTORS": "localhost"}
GIVEN = [
    ["agent.yaml"],
    ["balance.yaml"],
    ["gateway.yaml"],
    *[["gateway.yaml", f"to-{name}.yaml"] for name in ("jaeger-and-tempo", "prometheus", "otlp")],
    ["gateway.yaml", "to-jaeger-and-tempo.yaml", "to-prometheus.yaml", "to-otlp.yaml"],
    ["../../tests/deploy/otel_collector/somebody-elses.yaml", "existing-collector.yaml"],
]
KINDS = ("receivers", "processors", "connectors", "exporters", "extensions")
# Old names of components run in old and new releases; the manifest lists modules.
MODULES = {"otlp_http": "otlphttp", "span_metrics": "spanmetrics", "service_graph": "servicegraph", "otlp_grpc": "otlp"}


@pytest.mark.parametrize("configs", GIVEN, ids=" ".join)
def test_it_is_valid(configs: list[str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    assert validate(configs, {**ENV, "FOLDER": str(tmp_path)}) == ""


def test_a_mistake_is_noticed() -> None:
    assert "no receiver" in validate(["to-prometheus.yaml"], ENV), "it is none of its own"


def used(path: Path) -> set[tuple[str, str]]:
    config = yaml.safe_load(re.sub(r"\$[a-z]\w*", "1", path.read_text()))
    names = {(kind, name.split("/")[0]) for kind in KINDS for name in config.get(kind) or {}}
    return {(kind[:-1], MODULES.get(name, name).replace("_", "")) for kind, name in names}


def test_the_manifest_has_what_is_used_and_nothing_else() -> None:
    shipped = [path for path in CONFIGS.glob("*.yaml") if path.name != "builder.yaml"]
    root = CONFIGS.parents[1]
    others = [*TEMPLATES.glob("otelcol*.yaml"), *root.glob("deploy/*/collector.yaml")]
    others += [*root.glob("deploy/k8s/components/*/collector.yaml"), *Path(__file__).parent.glob("*.yaml")]
    wanted = set[tuple[str, str]]().union(*(used(path) for path in (*shipped, *others)))
    manifest = yaml.safe_load((CONFIGS / "builder.yaml").read_text())
    listed = set[tuple[str, str]]()
    for kind in KINDS:
        for entry in manifest[kind]:
            module = entry["gomod"].split()[0].rpartition("/")[2]
            listed.add((kind[:-1], module.removesuffix(kind[:-1])))
    assert wanted == listed


def test_redaction_leaves_gates_own_attributes_alone() -> None:
    config = yaml.safe_load((CONFIGS / "gateway.yaml").read_text())
    patterns = config["processors"]["redaction"]["blocked_key_patterns"]
    keys = {*load().attributes, *(label for metric in load().metrics.values() for label in metric.labels)}
    assert len(keys) > 100
    assert [key for key in sorted(keys) if any(re.search(pattern, key) for pattern in patterns)] == []


def test_each_says_with_which_releases_it_was_run() -> None:
    for path in CONFIGS.glob("*.yaml"):
        assert re.search(r"0\.152\.0", path.read_text()), path.name
