"""The example configuration of an Alertmanager: every severity has somewhere to go, what is inhibited exists."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.alerts.rulebook import PROMETHEUS, alerts

EXAMPLE = PROMETHEUS / "alertmanager.example.yaml"
# Built by hand from Go modules, see dashboards/prometheus/README.md. These checks need it; nothing else does.
AMTOOL = shutil.which("amtool") or str(Path.home() / ".cache" / "gate-alertmanager" / "bin" / "amtool")


def configuration() -> dict[str, Any]:
    return yaml.safe_load(EXAMPLE.read_text())


def matched(matcher: str) -> tuple[str, set[str]]:
    label, values = re.fullmatch(r'(\w+) !?=~? "([^"]*)"', matcher).groups()  # type: ignore[union-attr]
    return label, set(values.split("|"))


def test_every_receiver_is_used_and_every_route_has_one() -> None:
    config = configuration()
    (gate,) = config["route"]["routes"]
    used = {config["route"]["receiver"], gate["receiver"], *(route["receiver"] for route in gate["routes"])}
    assert used == {receiver["name"] for receiver in config["receivers"]}


def test_there_is_mail_and_a_webhook_for_what_is_critical() -> None:
    receivers = {receiver["name"]: receiver for receiver in configuration()["receivers"]}
    (gate,) = configuration()["route"]["routes"]
    critical = next(route for route in gate["routes"] if 'severity = "critical"' in route["matchers"])
    assert {"webhook_configs", "email_configs"} <= set(receivers[critical["receiver"]])


def test_what_is_inhibited_are_alerts_that_exist_and_share_the_labels() -> None:
    for rule in configuration()["inhibit_rules"]:
        for side in ("source_matchers", "target_matchers"):
            for label, values in map(matched, rule[side]):
                assert label in ("alertname", "component")
                assert label != "alertname" or values <= set(alerts())
        for label in set(rule.get("equal", ())) - {"job"}:
            named = [
                name
                for side in ("source_matchers", "target_matchers")
                for one in rule[side]
                for name in matched(one)[1]
            ]
            for name in named:
                expressions = "".join(one["expr"] + str(one["labels"]) for one in alerts()[name])
                assert label in expressions or f"gate:{label}" in expressions, f"{name} has no label {label}"


@pytest.mark.skipif(not os.access(AMTOOL, os.X_OK), reason="amtool is not there; it is optional (see README.md)")
@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["component=gate", "severity=critical"], "gate-on-call"),
        (["component=gate", "severity=warning"], "gate-mail"),
        (["component=gate", "severity=info"], "gate-mail"),
        (["component=other", "severity=critical"], "everything-else"),
    ],
)
def test_amtool_takes_it_and_routes_by_severity(labels: list[str], receiver: str) -> None:
    checked = subprocess.run([AMTOOL, "check-config", EXAMPLE], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    command = [AMTOOL, "config", "routes", "test", f"--config.file={EXAMPLE}", *labels]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == receiver
