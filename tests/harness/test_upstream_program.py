"""The scripted upstream as a program of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import httpx

from tests.harness.gate import ROOT


def test_runs_until_it_is_told_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "requests.jsonl"
    command = [sys.executable, "-m", "tests.harness.upstream", "--port", "0", "--log", str(log)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert httpx.post(f"{url}/v1/chat/completions", json={"model": "m"}, trust_env=False).status_code == 200
        finally:
            process.terminate()
        assert process.wait(10) == 0
    assert [json.loads(line)["event"] for line in log.read_text().splitlines()] == ["request", "end"]
