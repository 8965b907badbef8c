"""docs/tutorials/see-a-downgrade.md: its files are good, and what it shows happens."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.e2e.serving import Start
from tests.harness.missing import missing_part
from tests.harness.upstream import Upstream
from tests.scenario.clients import MESSAGES
from tests.scenario.world import ROOT
from tests.stack.backends import StackUnavailable, promtool

PAGE = ROOT / "docs" / "tutorials" / "see-a-downgrade.md"
FILES = PAGE.with_suffix("")


def test_the_client_is_served_by_the_lesser_lane_and_told_so(start_gate: Start, upstream: Upstream) -> None:
    document: dict[str, Any] = yaml.safe_load((FILES / "gate.yaml").read_text())
    del document["listen"]
    with Upstream() as second:
        for name, provider in zip(("first", "second"), (upstream, second), strict=True):
            document["providers"][name]["base_url"] = provider.url
        gate = start_gate(document)
        upstream.fault("status", status=529, model="good-model")
        second.fault("status", status=429, model="good-model")
        answer = httpx.post(gate.url + MESSAGES.path, json=MESSAGES.body("auto"), trust_env=False)
    assert answer.status_code == 200
    shown = dict(re.findall(r"^(x-gate-\w+): (.+)$", PAGE.read_text(), re.MULTILINE))
    assert shown.keys() == {"x-gate-lane", "x-gate-route", "x-gate-attempts", "x-gate-downgrade"}
    assert {name: answer.headers[name] for name in shown} == shown


def test_prometheus_takes_its_file_with_the_shipped_rules() -> None:
    try:
        program = promtool()
    except StackUnavailable as error:
        missing_part(str(error))
    done = subprocess.run(
        [program, "check", "config", FILES / "prometheus.yaml"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "gate.rules.yaml" in done.stdout


@pytest.mark.parametrize("link", re.findall(r"\]\(([^)]+)\)", PAGE.read_text()))
def test_its_links_lead_somewhere(link: str) -> None:
    assert (PAGE.parent / Path(link)).exists()
