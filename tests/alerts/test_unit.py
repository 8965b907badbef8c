"""Every alert with promtool: when it fires, when it is silent, at the boundary, and at low traffic.

The cases are in promtool/, one file an alert; by hand: `promtool test rules tests/alerts/promtool/*.yaml`.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests.alerts.rulebook import ROOT, UNIT_TESTS, alerts, page_name, run_promtool

FILES = sorted(UNIT_TESTS.glob("*.yaml"))
KINDS = ("fires", "silent", "boundary", "low traffic")
# These tell of a state of Gate, not of a share of its traffic: one request more or less changes nothing.
STATES = {
    "GateNotScraped",
    "GateNoReadyRoute",
    "GateLaneNotReady",
    "GateProviderQuotaExhausted",
    "GateProviderCredentialRefused",
    "GateProviderEndpointMismatch",
    "GateModelUnavailable",
    "GateSharedStateLost",
    "GateConfigReloadRefused",
}


def test_every_alert_has_its_file_and_every_file_its_alert() -> None:
    assert [path.stem for path in FILES] == sorted(page_name(alert) for alert in alerts())


@pytest.mark.parametrize("alert", sorted(alerts()))
def test_every_alert_is_tried_from_all_sides(alert: str) -> None:
    document = yaml.safe_load((UNIT_TESTS / f"{page_name(alert)}.yaml").read_text())
    seen = {kind for case in document["tests"] for kind in KINDS if case["name"].startswith(kind)}
    assert seen == set(KINDS) - ({"low traffic"} if alert in STATES else set())
    for case in document["tests"]:
        tried = case["alert_rule_test"]
        assert {one["alertname"] for one in tried} == {alert}
        if case["name"].startswith("fires"):
            assert tried[-1]["exp_alerts"], case["name"]
        if case["name"].startswith(("silent", "low traffic")):
            assert not any(one.get("exp_alerts") for one in tried), case["name"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_promtool_agrees(path: Path) -> None:
    done = run_promtool("test", "rules", path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("alert", "was", "becomes"),
    [
        ("GateProviderErrorStorm", "ratio5m > 0.5", "ratio5m > 0.4"),
        ("GateProviderErrorStorm", "ratio5m > 0.5", "ratio5m > 0.55"),
        ("GateProviderErrorStorm", "increase5m >= 20", "increase5m >= 10"),
        ("GateOverloaded", "ratio5m > 0.01", "ratio5m > 0.05"),
        ("GateProviderQuotaExhausted", "for: 5m", "for: 4m"),
        ("GateProviderHeadroomLow", "< 0.1", "< 0.12"),
        ("GateProbeFailing", ">= 3", ">= 2"),
        ("GateModelUnavailable", "for: 10m", "for: 5m"),
        ("GateSessionsMove", "ratio30m > 0.2", "ratio30m > 0.18"),
        ("GateClientLoops", ">= 10", ">= 11"),
        ("GateDecisionsLost", "ratio10m > 0.01", "ratio10m > 0.02"),
        ("GateSharedStateLost", "for: 2m", "for: 1m"),
        ("GateShadowDisagrees", "increase1h >= 200", "increase1h >= 100"),
        ("GateLaneNotReady", "for: 5m", "for: 4m"),
    ],
)
def test_a_changed_threshold_is_noticed(alert: str, was: str, becomes: str, tmp_path: Path) -> None:
    rules = (ROOT / "dashboards" / "prometheus" / "gate.rules.yaml").read_text()
    start = rules.index(f"- alert: {alert}\n")
    own = rules[start : start + rules[start:].index("annotations:")]
    assert was in own
    (tmp_path / "gate.rules.yaml").write_text(rules.replace(own, own.replace(was, becomes)))
    cases = (UNIT_TESTS / f"{page_name(alert)}.yaml").read_text()
    (tmp_path / "cases.yaml").write_text(re.sub(r"\S*/gate\.rules\.yaml", "gate.rules.yaml", cases))
    done = run_promtool("test", "rules", tmp_path / "cases.yaml")
    assert done.returncode != 0
    assert "FAILED" in done.stdout + done.stderr
