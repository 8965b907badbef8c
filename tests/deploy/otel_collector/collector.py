"""Runs the shipped configurations in the Collector that is built from the shipped manifest."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.harness.ports import free_ports
from tests.stack.backends import stack_home

CONFIGS = Path(__file__).parents[3] / "deploy" / "otel-collector"
# Two of them on one machine would both want the same port for their own metrics.
QUIET = "yaml:service::telemetry::metrics::level: none"


def program() -> Path:
    """The Collector of the test stack."""
    return stack_home() / "bin" / "otelcol"


def arguments(configs: Sequence[str], also: Sequence[str] = ()) -> list[str]:
    """configs: names in deploy/otel-collector, or paths."""
    found = [*(str(CONFIGS / name) for name in configs), *also]
    return [word for config in found for word in ("--config", config)]


def validate(configs: Sequence[str], env: Mapping[str, str]) -> str:
    """What `otelcol validate` has against them; empty when nothing."""
    done = subprocess.run(
        [str(program()), "validate", *arguments(configs)], env=dict(env), capture_output=True, text=True, timeout=60
    )
    return "" if done.returncode == 0 else done.stderr + done.stdout


class Running:
    """A started Collector. otlp: the address of its OTLP/HTTP receiver; grpc: host:port of the other one."""

    def __init__(
        self, configs: Sequence[str], env: Mapping[str, str], also: Sequence[str] = (), ports: Sequence[int] = ()
    ) -> None:
        self.ports = list(ports) or free_ports(4)
        grpc, http, health, metrics = self.ports
        self.otlp, self.grpc = f"http://127.0.0.1:{http}", f"127.0.0.1:{grpc}"
        self.metrics = f"http://127.0.0.1:{metrics}/metrics"
        self._health = f"http://127.0.0.1:{health}"
        listens = {
            "OTLP_GRPC": self.grpc,
            "OTLP_HTTP": f"127.0.0.1:{http}",
            "HEALTH": f"127.0.0.1:{health}",
            "METRICS": f"127.0.0.1:{metrics}",
        }
        self._log = tempfile.NamedTemporaryFile(suffix=".log")  # noqa: SIM115 - closed in stop
        self._process = subprocess.Popen(
            [str(program()), *arguments(configs, [*also, QUIET])],
            env={"PATH": os.environ.get("PATH", ""), **listens, **env},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self._until_ready()

    def _until_ready(self) -> None:
        for _ in range(200):
            if self._process.poll() is not None:
                break
            try:
                if httpx.get(self._health, timeout=1, trust_env=False).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        output = self.output()
        self.stop()
        raise AssertionError(f"the Collector did not start:\n{output[-4000:]}")

    def output(self) -> str:
        return Path(self._log.name).read_text(errors="replace")

    def stop(self) -> None:
        """In good order: what waits is sent first."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


@contextmanager
def running(
    configs: Sequence[str], env: Mapping[str, str], also: Sequence[str] = (), ports: Sequence[int] = ()
) -> Iterator[Running]:
    collector = Running(configs, env, also, ports)
    try:
        yield collector
    finally:
        collector.stop()
