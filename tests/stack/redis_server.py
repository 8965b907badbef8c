"""A real Redis (or Valkey) for tests: a process on a free port of loopback, or a container on the host's network.

with RedisServer() as redis:
    ...                      # redis.url
    redis.kill()             # SIGKILL, as a machine that is lost
    redis.start()            # again, on the same port, empty
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import redis

from tests.harness.missing import in_ci, missing_part
from tests.harness.ports import LOOPBACK, free_ports
from tests.stack import backends
from tests.stack.backends import StackUnavailable, stack_home

SCRIPT = Path(__file__).with_name("redis.sh")
PROGRAMS = ("redis-server", "valkey-server")
IMAGE = "redis:8.6.4"
"""Of deploy/k8s/components/redis."""
READY_S = 10.0


def program() -> Path | None:
    """An installed server, an unpacked one, or one unpacked now (in CI or with GATE_STACK_BUILD=1); None when only a
    container engine is there. Raises StackUnavailable with what would help."""
    for name in PROGRAMS:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    unpacked = stack_home() / "redis" / "usr" / "bin" / "redis-server"
    if os.access(unpacked, os.X_OK):
        return unpacked
    reason = f"neither {' nor '.join(PROGRAMS)} is installed ({SCRIPT.relative_to(SCRIPT.parents[2])} unpacks one)"
    if in_ci() or os.environ.get("GATE_STACK_BUILD") == "1":
        done = subprocess.run([SCRIPT], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return Path(done.stdout.strip().splitlines()[-1])
        reason = f"unpacking Redis failed: {done.stderr[-1000:]}"
    problem = backends._engine_problem()
    if problem is not None:
        raise StackUnavailable(f"no Redis: {reason}; {problem}")
    return None


class RedisServer:
    """A started server that keeps nothing on disk. arguments: more of redis-server's. Skips the test where there is
    none, which in CI fails it."""

    def __init__(self, *arguments: str) -> None:
        try:
            self._program = program()
        except StackUnavailable as error:
            missing_part(str(error))
        self._directory = Path(tempfile.mkdtemp(prefix="gate-redis-"))
        self._arguments = arguments
        (self.port,) = free_ports(1)
        self.url = f"redis://{LOOPBACK}:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        self._container: Any = None
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Starts it and waits until it answers. Raises AssertionError."""
        command = ["--port", str(self.port), "--bind", LOOPBACK, "--save", "", "--appendonly", "no", *self._arguments]
        if self._program is None:
            self._container = _container(command, self._directory)
        else:
            self._process = self._spawn(self._program, command)
        deadline = time.monotonic() + READY_S
        while not self._answers():
            ended = self._process is not None and self._process.poll() is not None
            assert not ended and time.monotonic() < deadline, f"Redis did not start:\n{self.output}"
            time.sleep(0.02)

    def kill(self) -> None:
        """Ends it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        elif self._container is not None:
            self._container.get_wrapped_container().kill()
            self._container.stop()
            self._container = None

    def freeze(self) -> None:
        """It keeps its connections and answers nothing any more, until `thaw`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)
        else:
            self._container.get_wrapped_container().pause()

    def thaw(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
        else:
            self._container.get_wrapped_container().unpause()

    def close(self) -> None:
        self.kill()
        shutil.rmtree(self._directory, ignore_errors=True)

    def client(self, **options: Any) -> Any:
        """A client to look into it with, or to change it."""
        return redis.Redis(host=LOOPBACK, port=self.port, socket_timeout=5, **options)

    def everything(self) -> str:
        """All names and values that are in it, as text."""
        with self.client() as client:
            found: list[str] = []
            for name in sorted(client.keys("*")):
                kind = client.type(name).decode()
                if kind == "hash":
                    value: Any = client.hgetall(name)
                elif kind == "list":
                    value = client.lrange(name, 0, -1)
                else:
                    value = client.get(name)
                found.append(f"{name!r} {value!r}")
            return "\n".join(found)

    @property
    def output(self) -> str:
        if self._container is not None:
            return b"".join(self._container.get_logs()).decode(errors="replace")
        log = self._directory / "redis.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.AuthenticationError:
            return True
        except (redis.ConnectionError, redis.TimeoutError):
            return False

    def _spawn(self, path: Path, command: Sequence[str]) -> subprocess.Popen[bytes]:
        libraries = ":".join(str(one) for one in (path.parents[1] / "lib").glob("*-linux-*"))
        unpacked = path.is_relative_to(stack_home())
        with (self._directory / "redis.log").open("ab") as sink:
            return subprocess.Popen(
                [path, *command],
                cwd=self._directory,
                env={"LD_LIBRARY_PATH": libraries} if unpacked else {},
                stdout=sink,
                stderr=subprocess.STDOUT,
            )


def _container(command: Sequence[str], directory: Path) -> Any:
    from testcontainers.core.container import DockerContainer

    options = {"network_mode": "host", "user": f"{os.getuid()}:{os.getgid()}", "working_dir": str(directory)}
    container = DockerContainer(IMAGE).with_kwargs(**options).with_command(["redis-server", *command])
    return container.with_volume_mapping(str(directory), str(directory), "rw").start()
