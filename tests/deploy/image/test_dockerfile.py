"""What the Dockerfile says, read as text, and what it relies on in Gate. Nothing is built here: see test_image.py."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from pathlib import Path

import httpx
import pytest

from gate.cli import command_serve
from tests.harness.gate import GateProcess

ROOT = Path(__file__).resolve().parents[3]
AUDIT = """
import sys
def heard(event, arguments):
    if event == "open" and isinstance(arguments[0], str):
        path, mode, flags = arguments
        if set(str(mode)) & set("wax+") or flags & 0o103:  # O_WRONLY, O_RDWR, O_CREAT
            print("WROTE", path, flush=True)
    elif event in ("os.mkdir", "os.rename", "os.link", "os.symlink"):
        print("WROTE", arguments[0], flush=True)
sys.addaudithook(heard)
sys.argv = ["gate", *sys.argv[1:]]
from gate.__main__ import main
sys.exit(main())
"""


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and their arguments, continued lines joined, comments left out."""
    lines = [line for line in (ROOT / "Dockerfile").read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(word, rest.strip()) for line in joined.splitlines() if line for word, _, rest in [line.partition(" ")]]


def last(word: str) -> str:
    return [rest for name, rest in instructions() if name == word][-1]


def test_two_stages_on_one_pinned_base() -> None:
    froms = [rest for name, rest in instructions() if name == "FROM"]
    assert froms == ["${PYTHON_IMAGE} AS build", "${PYTHON_IMAGE}"]
    base = instructions()[0][1].removeprefix("PYTHON_IMAGE=")
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+(@sha256:[0-9a-f]{64})?", base)


def test_it_runs_as_a_numbered_user_and_stops_on_sigterm() -> None:
    assert last("USER") == "65532:65532"
    assert last("STOPSIGNAL") == "SIGTERM"
    assert json.loads(last("ENTRYPOINT")) == ["gate"]  # no shell that would keep the signal to itself
    assert not [name for name, _ in instructions() if name in ("HEALTHCHECK", "VOLUME")]


def test_gate_takes_the_command() -> None:
    word, *options = json.loads(last("CMD"))
    assert word == command_serve.NAME
    parser = argparse.ArgumentParser()
    command_serve.add(parser)
    taken = parser.parse_args(options)
    assert (taken.host, taken.port, taken.admin) == ("0.0.0.0", None, "0.0.0.0:4001")
    assert last("EXPOSE") == "4000 4001"


def test_the_context_is_what_is_copied() -> None:
    copied = [rest.split()[:-1] for name, rest in instructions() if name == "COPY" and "--from" not in rest]
    sources = {source for group in copied for source in group}
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == sources
    assert all((ROOT / source).exists() for source in sources)


@pytest.mark.parametrize("workers", [1, 2])
def test_gate_writes_nothing_outside_its_directories(workers: int, tmp_path: Path) -> None:
    """With this the root file system can be read-only. TMPDIR is /tmp in the image, XDG_STATE_HOME /var/lib."""
    program = tmp_path / "audited.py"
    program.write_text(AUDIT)
    command = (sys.executable, "-B", str(program), "serve")
    state = tmp_path / "state"
    environment = {"ANTHROPIC_API_KEY": "sk-none", "PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(state)}
    with GateProcess(config={}, env=environment, workers=workers, admin=True, command=command) as gate:
        assert httpx.get(gate.admin_url + "/metrics", trust_env=False).status_code == 200
        gate.stop()
        wrote = set(re.findall(r"^WROTE (.+)$", gate.output, re.MULTILINE))
        directories = str(gate.directory), str(state / "gate")  # the first has its TMPDIR
    assert {f"metrics-{worker}-0" for worker in range(workers)} <= {Path(path).stem for path in wrote}
    assert {path for path in wrote if not path.startswith(directories)} <= {os.devnull, str(state)}
    assert [found.name for found in (state / "gate").iterdir()] == ["decisions.sqlite"]
