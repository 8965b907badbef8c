"""`gate diff --from jaeger`: decisions of real traffic, read back from a real Jaeger."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.sink import eventually
from tests.e2e.telemetry.world import HEADERS, MODELS, Start, ask, configuration, environment, message
from tests.harness.gate import ROOT
from tests.harness.upstream import Upstream
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack


def diff(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), "COLUMNS": "200", **environment()}
    command = [sys.executable, "-m", "gate", "diff", *map(str, arguments)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_against_a_real_jaeger(start_gate: Start, upstream: Upstream, stack: Stack, tmp_path: Path) -> None:
    """The first route is told to wait, the second takes over; then a configuration in which the second costs less."""
    service = "gate-diff"
    current = configuration(upstream, store={"path": str(tmp_path / "decisions.sqlite")})
    gate = start_gate(current, environment(stack, OTEL_SERVICE_NAME=service))
    upstream.fault("status", status=429, headers={"retry-after": "30"}, model=MODELS[0], skip=2, times=1)
    asked = [
        ask(
            gate,
            message(stream=number % 2 == 0, messages=[{"role": "user", "content": f"{number}"}]),
            {**HEADERS, "x-claude-code-session-id": f"s-{number}"},
        )
        for number in range(6)
    ]
    assert [one.status for one in asked] == [200] * 6

    cheaper = json.loads(json.dumps(current))
    cheaper["routes"][1]["price"] = {"input": 0.1, "output": 0.1}
    new, same = tmp_path / "new.yaml", tmp_path / "same.yaml"
    new.write_text(yaml.safe_dump(cheaper))
    same.write_text(yaml.safe_dump(current))
    jaeger = ("--from", "jaeger", stack.jaeger.url, "--service", service, "--json")

    def told(config: Path, *source: str) -> Any:
        answer = diff("--config", config, *source)
        return json.loads(answer.stdout) if answer.returncode == 0 else {"decisions": 0, "said": answer.stderr}

    assert eventually(lambda: told(same, *jaeger)["decisions"] == 6, 30), told(same, *jaeger)
    unchanged = told(same, *jaeger)
    assert (unchanged["changed"], unchanged["undecided"], unchanged["approximate"]) == (0, 0, True)
    assert unchanged["cost_usd"]["before"] == pytest.approx(unchanged["cost_usd"]["after"])

    changed = told(new, *jaeger)
    assert gate.stop().code == 0
    exact = told(new, "--from", "store", str(tmp_path / "decisions.sqlite"), "--json")
    assert (exact["decisions"], exact["approximate"]) == (6, False)
    for name in ("changed", "kinds", "routes", "lanes"):
        assert changed[name] == exact[name], name
    assert changed["changed"] == 6
    assert changed["cost_usd"]["after"] == pytest.approx(exact["cost_usd"]["after"])
    ids = {one["id"] for one in changed["changes"]}
    assert ids == {one.decision_id for one in asked}

    words = diff("--config", new, *jaeger[:-1])
    assert "approximate: rebuilt from spans" in words.stdout
    nobody = diff("--config", new, "--from", "jaeger", stack.jaeger.url, "--service", "nobody")
    assert nobody.returncode == 1
    assert "has no decision of service nobody within 24 h" in nobody.stderr
