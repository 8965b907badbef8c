"""How the way to run the stack is chosen, and what is said when there is none. Nothing is built or pulled here."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.stack import backends
from tests.stack.backends import BUILD_SCRIPT, Containers, Processes, StackUnavailable, choose


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without Go, programs and container engine."""
    for name in ("CI", "GATE_STACK_BUILD", "GATE_STACK_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GATE_STACK", str(tmp_path / "stack"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    (tmp_path / "path").mkdir()
    (tmp_path / "stack" / "bin").mkdir(parents=True)
    return tmp_path


def put(file: Path, text: str = "#!/bin/sh\n") -> None:
    file.write_text(text)
    file.chmod(0o755)


def put_programs(machine: Path) -> None:
    for program in (*backends.PROGRAMS, "promtool"):
        put(machine / "stack" / "bin" / program)


def test_built_programs_are_used(machine: Path) -> None:
    put_programs(machine)
    assert choose() == Processes(machine / "stack" / "bin")
    assert backends.promtool() == machine / "stack" / "bin" / "promtool"


def test_with_nothing_it_says_what_would_help(machine: Path) -> None:
    with pytest.raises(StackUnavailable, match=r"Go is not installed.*no Docker engine answers"):
        choose()
    put(machine / "path" / "go")
    with pytest.raises(StackUnavailable, match=r"lacks programs \(tests/stack/build.sh builds them\)"):
        choose()


def test_programs_are_built_only_where_that_was_asked_for(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = machine / "build.sh"
    put(script, f"#!/bin/sh\nfor p in otelcol jaeger prometheus promtool; do /bin/cp $0 {machine}/stack/bin/$p; done\n")
    monkeypatch.setattr(backends, "BUILD_SCRIPT", script)
    put(machine / "path" / "go")
    with pytest.raises(StackUnavailable):
        choose()
    monkeypatch.setenv("CI", "true")
    assert choose() == Processes(machine / "stack" / "bin")


def test_a_failed_build_shows_its_log(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(machine / "build.sh", "#!/bin/sh\necho cannot build >&2\nexit 1\n")
    monkeypatch.setattr(backends, "BUILD_SCRIPT", machine / "build.sh")
    monkeypatch.setenv("GATE_STACK_BUILD", "1")
    put(machine / "path" / "go")
    with pytest.raises(StackUnavailable, match="cannot build"):
        choose()
    monkeypatch.setattr(backends, "_engine_problem", lambda: None)
    assert choose() == Containers()


def test_an_engine_is_used_where_there_are_no_programs(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "_engine_problem", lambda: None)
    assert choose() == Containers()
    put_programs(machine)
    assert choose() == Processes(machine / "stack" / "bin")
    monkeypatch.setenv("GATE_STACK_BACKEND", "containers")
    assert choose() == Containers()
    monkeypatch.setenv("GATE_STACK_BACKEND", "clouds")
    with pytest.raises(StackUnavailable, match="clouds"):
        choose()


def test_images_have_pinned_versions() -> None:
    assert set(backends.IMAGES) == set(backends.PROGRAMS)
    assert all(image.rpartition(":")[2][-1].isdigit() for image in backends.IMAGES.values())


def build(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for tool in ("bash", "dirname", "mkdir", "sort", "head"):
        (machine / "path" / tool).symlink_to(f"/usr/bin/{tool}")
    return subprocess.run([BUILD_SCRIPT, *arguments], capture_output=True, text=True, check=False)


def test_the_build_script_keeps_what_is_there(machine: Path) -> None:
    put_programs(machine)
    done = build(machine)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [f"{machine}/stack/bin/{program}" for program in ("otelcol", "jaeger", "prometheus")]


def test_the_build_script_says_that_go_is_missing_or_old(machine: Path) -> None:
    done = build(machine, "jaeger")
    assert done.returncode == 1 and "Go is not installed" in done.stderr
    put(machine / "path" / "go", "#!/bin/sh\necho go1.22.1\n")
    done = subprocess.run([BUILD_SCRIPT], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Go 1.26 or newer is needed, this is go1.22.1" in done.stderr


def test_the_build_script_refuses_an_unknown_program(machine: Path) -> None:
    done = build(machine, "grafana")
    assert done.returncode == 1 and "no program called 'grafana'" in done.stderr
