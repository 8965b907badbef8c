"""A command only pays for what it uses: what asks a running Gate is imported late."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.running import surroundings
from tests.harness.gate import ROOT

HEAVY = (
    "prometheus_client",
    "httpx",
    "urllib.request",
    "opentelemetry",
    "gate.telemetry.names",
    "gate.telemetry.scopes",
)
MINE = ("status", "top", "trace", "link", "scopes")
PROGRAM = """
import sys, importlib
importlib.import_module("gate.cli.command_{name}")
print(*(name for name in {heavy!r} if name in sys.modules))
"""


@pytest.mark.parametrize("name", MINE)
def test_a_command_is_light_until_it_runs(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(name=name, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
        env=surroundings(),
    )
    assert done.stdout.split() == []
