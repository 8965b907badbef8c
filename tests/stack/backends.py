"""Two ways to run the same programs with the same arguments: as processes, or as containers on the host's network.

Containers share the host's network and see the stack's directory under the same path, so that a configuration written
for one way works for the other, and Prometheus reaches a Gate that listens on loopback only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.harness.missing import in_ci

BUILD_SCRIPT = Path(__file__).with_name("build.sh")
PROGRAMS = ("otelcol", "jaeger", "prometheus")

# The official images of the versions that build.sh builds. cmd/jaeger of Go module v1.76.0 is Jaeger 2.13.0:
# https://github.com/jaegertracing/jaeger/releases/tag/v1.76.0
IMAGES = {
    "otelcol": "otel/opentelemetry-collector-contrib:0.152.0",
    "jaeger": "jaegertracing/jaeger:2.13.0",
    "prometheus": "prom/prometheus:v3.15.0",
}


class StackUnavailable(Exception):
    """There is no way to run the stack here. The message says what would help."""


class Running(Protocol):
    """A started program."""

    def alive(self) -> bool: ...

    def output(self) -> str:
        """What it has written so far, both streams together."""
        ...

    def stop(self) -> None: ...


class Backend(Protocol):
    """A way to start programs."""

    @property
    def name(self) -> str: ...

    def start(self, program: str, arguments: Sequence[str], directory: Path) -> Running: ...


@dataclass(slots=True)
class _Process:
    process: subprocess.Popen[bytes]
    log: Path

    def alive(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True, slots=True)
class Processes:
    """Programs out of `${GATE_STACK}/bin`."""

    bin: Path
    name: str = "processes"

    def start(self, program: str, arguments: Sequence[str], directory: Path) -> Running:
        log = directory / f"{program}.log"
        with log.open("wb") as sink:
            process = subprocess.Popen(
                [self.bin / program, *arguments], cwd=directory, env={}, stdout=sink, stderr=subprocess.STDOUT
            )
        return _Process(process, log)


@dataclass(slots=True)
class _Container:
    container: Any

    def alive(self) -> bool:
        wrapped = self.container.get_wrapped_container()
        wrapped.reload()
        return wrapped.status in ("created", "running")

    def output(self) -> str:
        return b"".join(self.container.get_logs()).decode(errors="replace")

    def stop(self) -> None:
        self.container.stop()


@dataclass(frozen=True, slots=True)
class Containers:
    """The official images, by testcontainers."""

    name: str = "containers"

    def start(self, program: str, arguments: Sequence[str], directory: Path) -> Running:
        from testcontainers.core.container import DockerContainer

        # As our own user, so that the files which the Collector writes can be read and removed.
        options = {"network_mode": "host", "user": f"{os.getuid()}:{os.getgid()}", "working_dir": str(directory)}
        container = DockerContainer(IMAGES[program]).with_kwargs(**options).with_command(list(arguments))
        container.with_volume_mapping(str(directory), str(directory), "rw")
        return _Container(container.start())


def stack_home() -> Path:
    """Where the built programs are kept: `GATE_STACK`, by default `~/.cache/gate-stack`."""
    return Path(os.environ.get("GATE_STACK") or Path.home() / ".cache" / "gate-stack").expanduser()


def built() -> bool:
    """Whether every program has been built."""
    return all(os.access(stack_home() / "bin" / program, os.X_OK) for program in (*PROGRAMS, "promtool"))


def choose() -> Backend:
    """Built programs, else programs built now (in CI or with `GATE_STACK_BUILD=1`), else containers.

    `GATE_STACK_BACKEND=processes|containers` decides instead. Raises StackUnavailable with the reason.
    """
    wanted = os.environ.get("GATE_STACK_BACKEND", "")
    if wanted not in ("", "processes", "containers"):
        raise StackUnavailable(f"GATE_STACK_BACKEND is {wanted!r}, not 'processes' or 'containers'")
    may_build = in_ci() or os.environ.get("GATE_STACK_BUILD") == "1" or wanted == "processes"
    reasons: list[str] = []
    if wanted != "containers":
        if built():
            return Processes(stack_home() / "bin")
        if not shutil.which("go"):
            reasons.append("Go is not installed, so the programs cannot be built")
        elif not may_build:
            reasons.append(f"{stack_home() / 'bin'} lacks programs (tests/stack/build.sh builds them)")
        else:
            try:
                return _build()
            except StackUnavailable as error:
                reasons.append(str(error))
    if wanted != "processes":
        problem = _engine_problem()
        if problem is None:
            return Containers()
        reasons.append(problem)
    raise StackUnavailable("no telemetry stack: " + "; ".join(reasons))


def promtool() -> Path:
    """Prometheus' rule checker among the built programs. Raises StackUnavailable when it has not been built."""
    return _tool("promtool")


def otelcol() -> Path:
    """The built Collector, for its `validate` command. Raises StackUnavailable when it has not been built."""
    return _tool("otelcol")


def _tool(name: str) -> Path:
    choose()  # builds where building is allowed
    path = stack_home() / "bin" / name
    if not os.access(path, os.X_OK):
        raise StackUnavailable(f"{path} has not been built (tests/stack/build.sh)")
    return path


def _build() -> Backend:
    log = stack_home() / "build.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as sink:
        done = subprocess.run([BUILD_SCRIPT], stdout=sink, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0 or not built():
        raise StackUnavailable(f"building the stack failed (whole log in {log}):\n{log.read_text()[-2000:]}")
    return Processes(stack_home() / "bin")


def _engine_problem() -> str | None:
    """Why no container engine can be used, None when one answers."""
    try:
        import docker
        import docker.errors
    except ImportError:
        return "the Python package docker is not installed"
    try:
        client: Any = docker.from_env(timeout=5)
        try:
            client.ping()
        finally:
            client.close()
    except (docker.errors.DockerException, OSError):
        return "no Docker engine answers"
    return None
