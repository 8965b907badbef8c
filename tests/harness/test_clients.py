"""The runners of real clients: first with stand-ins for programs and npm, then each real client once, straight against
the scripted upstream, which shows that a later failure behind Gate is Gate's."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.client_packages import ClientUnavailable, Package, program
from tests.harness.client_run import ClientRun, new_task, run_task
from tests.harness.upstream import Upstream

PACKAGE = Package("tool", "@x/tool", "1.2.3", "@x/tool-*/bin")

# Plays npm: puts a package of the version asked for and two builds of its program where npm would.
NPM = r"""#!{python}
import json, pathlib, sys
modules = pathlib.Path(sys.argv[sys.argv.index("--prefix") + 1]) / "node_modules"
name, _, version = sys.argv[4].rpartition("@")
assert "--ignore-scripts" in sys.argv
(modules / name).mkdir(parents=True)
(modules / name / "package.json").write_text(json.dumps({{"version": version}}))
for build in ("@x/tool-linux-x64-musl", "@x/tool-linux-x64"):
    (modules / build).mkdir(parents=True)
    (modules / build / "bin").write_text("")
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GATE_CLIENTS", str(tmp_path / "clients"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    return tmp_path


def test_installs_the_pinned_version_once(home: Path) -> None:
    npm = home / "bin" / "npm"
    npm.write_text(NPM.format(python=sys.executable))
    npm.chmod(0o755)
    expected = home / "clients/tool/node_modules/@x/tool-linux-x64/bin"
    assert program(PACKAGE) == expected
    npm.unlink()
    assert program(PACKAGE) == expected
    with pytest.raises(ClientUnavailable, match="npm is not there"):
        program(Package("tool", "@x/tool", "1.2.4", "@x/tool-*/bin"))


def test_says_that_npm_failed(home: Path) -> None:
    npm = home / "bin" / "npm"
    npm.write_text("#!/bin/sh\necho no such package >&2\nexit 1\n")
    npm.chmod(0o755)
    with pytest.raises(ClientUnavailable, match="no such package"):
        program(PACKAGE)


def run_script(directory: Path, script: str, timeout: float = 20) -> ClientRun:
    task = new_task(str(directory))
    replaced = script.replace("CONTENT", task.content).replace("FINAL", task.final)
    return run_task(task, ["/bin/sh", "-c", replaced], {"EXTRA": "1"}, timeout, lambda printed: printed)


def test_a_run_passes_only_with_status_file_and_words(tmp_path: Path) -> None:
    scripts = {
        "printf CONTENT > hello.txt; echo said FINAL": "",
        "printf CONTENT > hello.txt; echo FINAL; exit 4": "ended with status 4",
        "printf other > hello.txt; echo FINAL": "hello.txt has 'other'",
        "echo FINAL": "hello.txt has None",
        "printf CONTENT > hello.txt; echo FINAL >&2": "said ''",
        "sleep 30": "did not end within 0.3 s",
    }
    for number, (script, reason) in enumerate(scripts.items()):
        (tmp_path / str(number)).mkdir()
        run = run_script(tmp_path / str(number), script, 0.3 if "sleep" in script else 20)
        assert run.ok == (reason == "") and reason in run.reason, (script, run)
        assert run.seconds < 10


def test_nothing_of_this_environment_reaches_the_client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "the-developers-own")
    run = run_script(tmp_path, f"{sys.executable} -c 'import os, json; print(json.dumps(dict(os.environ)))'")
    seen = json.loads(run.output)
    assert seen["EXTRA"] == "1" and "ANTHROPIC_API_KEY" not in seen
    assert seen["HOME"] == str(tmp_path / "home") and seen["PATH"] == os.defpath
    assert seen["HTTPS_PROXY"] == "http://127.0.0.1:9" and seen["NO_PROXY"] == "127.0.0.1,localhost"


def steps(upstream: Upstream) -> list[str | None]:
    """The steps of the task, without requests on the side such as for a title."""
    assert all(request.key == "sk-client" and not request.unknown_tool_ids for request in upstream.calls)
    return [request.step for request in upstream.calls if request.step != "side"]


def test_claude_code_works_with_the_scripted_upstream(
    claude_code: Callable[..., ClientRun], upstream: Upstream
) -> None:
    run = claude_code(upstream.url, key="sk-client", model="claude-sonnet-4-5")
    assert run.ok, run
    assert steps(upstream) == ["tool", "final"]
    assert {request.model for request in upstream.calls} == {"claude-sonnet-4-5"}


@pytest.mark.parametrize("model", [None, "gpt-6.1-sol"])  # the second makes Codex send its tools in another way
def test_codex_works_with_the_scripted_upstream(
    codex: Callable[..., ClientRun], upstream: Upstream, model: str | None
) -> None:
    run = codex(upstream.url, key="sk-client", model=model)
    assert run.ok, run
    assert steps(upstream) == ["tool", "final"]


@pytest.mark.parametrize("dialect", ["anthropic", "chat", "responses"])
def test_opencode_works_with_the_scripted_upstream(
    opencode: Callable[..., ClientRun], upstream: Upstream, dialect: str
) -> None:
    run = opencode(upstream.url, key="sk-client", dialect=dialect)
    assert run.ok, run
    assert steps(upstream) == ["tool", "final"]


@pytest.mark.parametrize("dialect", ["anthropic", "chat", "responses"])
def test_openclaw_works_with_the_scripted_upstream(
    openclaw: Callable[..., ClientRun], upstream: Upstream, dialect: str
) -> None:
    run = openclaw(upstream.url, key="sk-client", dialect=dialect)
    assert run.ok, run
    assert [request.step for request in upstream.calls if request.step != "side"] == ["tool", "final"]
