"""The shipped rules as tests read them: the files, their alerts, promtool."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tests.harness.missing import missing_part
from tests.stack.backends import StackUnavailable, promtool

ROOT = Path(__file__).resolve().parents[2]
PROMETHEUS = ROOT / "dashboards" / "prometheus"
RULE_FILES = (PROMETHEUS / "gate.rules.yaml", PROMETHEUS / "gate-objectives.example.rules.yaml")
RUNBOOKS = ROOT / "docs" / "how-to" / "runbooks"
UNIT_TESTS = Path(__file__).with_name("promtool")


@lru_cache
def rules() -> tuple[dict[str, Any], ...]:
    """Every rule of every file."""
    groups = [group for file in RULE_FILES for group in yaml.safe_load(file.read_text())["groups"]]
    return tuple(rule for group in groups for rule in group["rules"])


def alerts() -> dict[str, list[dict[str, Any]]]:
    """The alerting rules by name; an objective's alert has a rule for each pair of windows."""
    found: dict[str, list[dict[str, Any]]] = {}
    for rule in rules():
        if "alert" in rule:
            found.setdefault(rule["alert"], []).append(rule)
    return found


def page_name(alert: str) -> str:
    """`GateCostSpike` -> `gate-cost-spike`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", alert).lower()


def run_promtool(*arguments: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Runs promtool of the test stack; skips (in CI: fails) the test when there is none."""
    try:
        program = promtool()
    except StackUnavailable as error:
        missing_part(str(error))
    return subprocess.run([program, *arguments], input=stdin, capture_output=True, text=True, check=False)
