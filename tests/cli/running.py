"""Runs `gate` as its users do: as a process, in an environment with only what a test puts there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from tests.harness.gate import ROOT

GATE = (sys.executable, "-m", "gate")


def surroundings(**more: str) -> dict[str, str]:
    """Variables of a shell that knows nothing of Gate."""
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT), "COLUMNS": "80", **more}


def cli(*arguments: str, env: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """One run, to its end."""
    return subprocess.run(
        [*GATE, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=surroundings(**(env or {})),
    )


def start(*arguments: str, env: Mapping[str, str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """A run that goes on, its output to be read line by line."""
    return subprocess.Popen(
        [*GATE, *arguments],
        stdout=options.pop("stdout", subprocess.PIPE),
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
        env=surroundings(PYTHONUNBUFFERED="1", **(env or {})),
        **options,
    )


def too_wide(text: str, width: int = 80) -> list[str]:
    """Lines that do not fit."""
    return [line for line in text.splitlines() if len(line) > width]
