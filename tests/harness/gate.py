"""Runs Gate as its users do: `gate serve` as a process of its own, in an environment with only what a test puts there.

    with GateProcess(env={"ANTHROPIC_API_KEY": "sk-up", "GATE_ANTHROPIC_BASE_URL": upstream.url}) as gate:
        httpx.post(f"{gate.url}/v1/messages", ...)
        assert gate.metric("gate_requests_total", lane="...") == 1
        assert gate.stop().code == 0

Every process it started, workers too, is gone when it has stopped: they are in a process group of their own.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Self, cast

import httpx
import yaml
from prometheus_client.openmetrics import parser
from prometheus_client.samples import Sample

from tests.harness.ports import LOOPBACK, free_ports

ROOT = Path(__file__).resolve().parents[2]
SERVE = (sys.executable, "-m", "gate", "serve")
START_TRIES = 3  # a free port may be taken by somebody else before Gate has it


class GateNotReady(AssertionError):
    """Gate ended instead of starting (`code` is its exit status) or was not ready in time (`code` is None)."""

    def __init__(self, message: str, code: int | None, output: str) -> None:
        super().__init__(f"{message}:\n{output[-4000:]}")
        self.code = code
        self.output = output


@dataclass(frozen=True, slots=True)
class Stopped:
    """How Gate ended: its exit status (negative: the signal that killed it) and the seconds that it took."""

    code: int
    seconds: float


class GateProcess:
    """A Gate that is ready; also a context manager. Raises GateNotReady.

    config: what becomes its YAML file; None for no file. env: all its variables but PATH, HOME, TMPDIR and LANG.
    args: more arguments of `gate serve`; ports given there are used, others are free ones. admin: a listener of its own
    for metrics and the API, at `admin_url`; without, `admin_url` is `url`. wait: whether to wait until it is ready.
    """

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        args: Sequence[str] = (),
        workers: int = 1,
        admin: bool = False,
        wait: bool = True,
        ready_timeout: float = 30,
        command: Sequence[str] = SERVE,
    ) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="gate-process-"))
        self.config_file = self.directory / "gate.yaml"
        self._output = self.directory / "output.log"
        self._env = dict(env or {})
        self._stopped: Stopped | None = None
        if config is not None:
            self.write_config(config)
        for left in reversed(range(START_TRIES)):
            self._launch([*command, *self._arguments(args, workers, admin)])
            try:
                if wait:
                    self.wait_ready(ready_timeout)
                return
            except GateNotReady as error:
                self.close()
                if not left or "address already in use" not in error.output.lower():
                    raise
                self.directory.mkdir(exist_ok=True)
                if config is not None:
                    self.write_config(config)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Its life.

    def write_config(self, config: Mapping[str, Any]) -> None:
        """Replaces the configuration file in one step, as an editor or a mounted ConfigMap does."""
        fresh = self.config_file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump(dict(config), sort_keys=False))
        fresh.replace(self.config_file)

    def wait_ready(self, timeout: float = 30) -> None:
        """Waits until `/readyz` answers 200. Raises GateNotReady."""
        deadline = time.monotonic() + timeout
        with httpx.Client(timeout=2, trust_env=False) as http:
            while time.monotonic() < deadline:
                code = self.process.poll()
                if code is not None:
                    raise GateNotReady(f"Gate ended with status {code}", code, self.output)
                with contextlib.suppress(httpx.TransportError):  # not listening yet
                    if http.get(f"{self.url}/readyz").status_code == HTTPStatus.OK:
                        return
                time.sleep(0.03)
        raise GateNotReady(f"Gate was not ready after {timeout} s", None, self.output)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the main process, as a supervisor or `kill` does."""
        self.process.send_signal(number)

    def wait_ended(self, timeout: float = 30) -> int:
        """Waits for the end and gives the exit status. Raises AssertionError when it has not come in time."""
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"Gate had not ended after {timeout} s:\n{self.output[-4000:]}") from error

    def stop(self, timeout: float = 60) -> Stopped:
        """SIGTERM, then the exit status and how long it took. Raises AssertionError when it has not ended in time."""
        if self._stopped is None:
            started = time.monotonic()
            if self.process.poll() is None:
                self.signal(signal.SIGTERM)
            self._stopped = Stopped(self.wait_ended(timeout), round(time.monotonic() - started, 3))
        return self._stopped

    def close(self) -> None:
        """Ends every process of it at once and removes its files."""
        # Also after its own end: a worker that outlived the main process would otherwise stay.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    # What it says.

    @property
    def output(self) -> str:
        """All it has printed, both streams."""
        return self._output.read_text(errors="replace") if self._output.exists() else ""

    @property
    def log(self) -> list[dict[str, Any]]:
        """The lines of its log that are JSON objects."""
        return list(_json_objects(self.output))

    def metrics(self) -> list[Sample]:
        """The samples of `/metrics`, parsed as OpenMetrics. Raises httpx.HTTPStatusError or ValueError."""
        headers = {"accept": "application/openmetrics-text; version=1.0.0"}
        answer = httpx.get(f"{self.admin_url}/metrics", headers=headers, timeout=10, trust_env=False)
        text = answer.raise_for_status().text
        untyped: Any = parser
        return [sample for family in untyped.text_string_to_metric_families(text) for sample in family.samples]

    def metric(self, name: str, **labels: str) -> float:
        """The sum of the samples of that name that have all these labels; 0 when there is none, as for a counter."""
        wanted = labels.items()
        return sum(one.value for one in self.metrics() if one.name == name and wanted <= one.labels.items())

    def pids(self) -> list[int]:
        """The ids of its processes, the main one first."""
        return list(_family(self.process.pid))

    def memory(self) -> int:
        """Resident bytes of all its processes together (Linux)."""
        return sum(_resident(pid) for pid in self.pids())

    def _arguments(self, args: Sequence[str], workers: int, admin: bool) -> list[str]:
        given = dict(itertools.pairwise(args))
        port, admin_port = free_ports(2)
        arguments = list(args)
        if "--port" not in given:
            arguments += ["--port", str(port)]
        if admin and "--admin" not in given:
            arguments += ["--admin", f"{LOOPBACK}:{admin_port}"]
        if workers != 1:
            arguments += ["--workers", str(workers)]
        if self.config_file.exists():
            arguments += ["--config", str(self.config_file)]
        self.port = int(given.get("--port", port))
        self.url = f"http://{LOOPBACK}:{self.port}"
        admin_address = given.get("--admin") or (f"{LOOPBACK}:{admin_port}" if admin else None)
        self.admin_url = f"http://{admin_address}" if admin_address else self.url
        return arguments

    def _launch(self, command: list[str]) -> None:
        home = self.directory / "home"
        home.mkdir(exist_ok=True)
        surroundings = {
            "PATH": os.defpath,
            "HOME": str(home),
            "TMPDIR": str(self.directory),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),  # this checkout, whatever version of it may be installed
            "PYTHONUNBUFFERED": "1",
        }
        with self._output.open("wb") as sink:
            self.process = subprocess.Popen(
                command,
                cwd=self.directory,
                env=surroundings | self._env,
                stdin=subprocess.DEVNULL,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _json_objects(text: str) -> Iterator[dict[str, Any]]:
    for line in text.splitlines():
        if line.startswith("{"):
            with contextlib.suppress(ValueError):
                yield cast("dict[str, Any]", json.loads(line))


def _family(pid: int) -> Iterator[int]:
    """The process and its descendants, by /proc."""
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


def _resident(pid: int) -> int:
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")
