"""Starts a Collector that feeds a Jaeger, and a Prometheus that scrapes what a test names; stops them again.

All ports are free ports on loopback, all files are in one directory, all processes are ended by their id. The
configurations are made from templates/.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from pathlib import Path
from string import Template
from typing import Self

import httpx

from tests.harness.missing import in_ci
from tests.harness.ports import free_ports
from tests.stack.backends import Backend, Running, StackUnavailable, choose
from tests.stack.jaeger import Jaeger
from tests.stack.otlp_json import Span, Trace, as_trace, parse_lines
from tests.stack.prometheus import Prometheus

TEMPLATES = Path(__file__).with_name("templates")
START_TRIES = 3  # a port that was free may be taken before the program has it


class StackFailed(Exception):
    """A program of the stack ended or did not become ready; the message has its output."""


class Exported:
    """What the Collector received, as its file exporters wrote it: OTLP JSON, one object per line."""

    def __init__(self, directory: Path) -> None:
        self.traces = directory / "traces.jsonl"
        self.metrics = directory / "metrics.jsonl"
        self.logs = directory / "logs.jsonl"

    def spans(self) -> Iterator[Span]:
        """All spans received so far."""
        if self.traces.exists():
            with self.traces.open() as lines:
                yield from parse_lines(lines)

    def trace(self, trace_id: str) -> Trace:
        """The spans of one trace received so far."""
        return as_trace(span for span in self.spans() if span.trace_id == trace_id)


class Stack:
    """A started stack; also a context manager. Raises StackFailed when it does not start.

    otlp_http / otlp_grpc: the Collector's addresses, as `OTEL_EXPORTER_OTLP_ENDPOINT` takes them. scrape_s: seconds
    between two scrapes of Prometheus, and the most that one may take.
    """

    def __init__(self, backend: Backend, scrape_s: int = 1) -> None:
        self.backend = backend
        self._scrape_s = scrape_s
        self.directory = Path(tempfile.mkdtemp(prefix="gate-stack-"))
        self.exported = Exported(self.directory)
        self._running: dict[str, Running] = {}
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the programs and removes the directory."""
        for connection in (getattr(self, "jaeger", None), getattr(self, "prometheus", None)):
            if connection is not None:
                connection.close()
        with ThreadPoolExecutor() as pool:  # each takes a second or two to say goodbye
            for ending in [pool.submit(running.stop) for running in self._running.values()]:
                ending.result()
        self._running.clear()
        shutil.rmtree(self.directory, ignore_errors=True)

    def output(self, program: str) -> str:
        """What `otelcol`, `jaeger` or `prometheus` has printed so far."""
        return self._running[program].output()

    def _start(self) -> None:
        self._launch("jaeger", self._jaeger)
        self._launch("otelcol", self._collector)
        self._launch("prometheus", self._prometheus)

    def _launch(self, program: str, start: Callable[[], str]) -> None:
        """Starts a program (`start` chooses ports and gives the address that answers 200 once it is ready)."""
        for left in reversed(range(START_TRIES)):
            ready = start()
            problem = self._await(program, ready)
            if problem is None:
                return
            output = self._running[program].output()
            self._running.pop(program).stop()
            if not left or "address already in use" not in output:
                raise StackFailed(f"{program} {problem}:\n{output[-3000:]}")

    def _await(self, program: str, url: str, timeout: float = 60) -> str | None:
        deadline = time.monotonic() + timeout
        with httpx.Client(timeout=2, trust_env=False) as http:
            while time.monotonic() < deadline:
                if not self._running[program].alive():
                    return "ended"
                try:
                    if http.get(url).status_code == HTTPStatus.OK:
                        return None
                except httpx.TransportError:
                    pass  # not listening yet
                time.sleep(0.1)
        return f"was not ready after {timeout} s"

    def _run(self, program: str, *arguments: str) -> None:
        self._running[program] = self.backend.start(program, arguments, self.directory)

    def _write(self, name: str, **values: object) -> str:
        text = Template((TEMPLATES / name).read_text()).substitute(values, directory=self.directory)
        path = self.directory / name
        path.write_text(text)
        return str(path)

    def _jaeger(self) -> str:
        health, query_http, query_grpc, otlp_grpc, self._jaeger_otlp = free_ports(5)
        config = self._write(
            "jaeger.yaml",
            health=health,
            query_http=query_http,
            query_grpc=query_grpc,
            otlp_grpc=otlp_grpc,
            otlp_http=self._jaeger_otlp,
        )
        self._run("jaeger", "--config", config)
        self.jaeger = Jaeger(f"http://127.0.0.1:{query_http}")
        self.jaeger_otlp = f"http://127.0.0.1:{self._jaeger_otlp}"
        return f"http://127.0.0.1:{health}/status"

    def _collector(self) -> str:
        health, otlp_grpc, otlp_http, self._collector_metrics, self._collector_own = free_ports(5)
        config = self._write(
            "otelcol.yaml",
            health=health,
            otlp_grpc=otlp_grpc,
            otlp_http=otlp_http,
            metrics=self._collector_metrics,
            own=self._collector_own,
            jaeger_otlp=self._jaeger_otlp,
        )
        self._run("otelcol", "--config", config)
        self.otlp_grpc = f"http://127.0.0.1:{otlp_grpc}"
        self.otlp_http = f"http://127.0.0.1:{otlp_http}"
        return f"http://127.0.0.1:{health}/"

    def _prometheus(self) -> str:
        (port,) = free_ports(1)
        config = self._write(
            "prometheus.yaml",
            scrape=f"{self._scrape_s}s",
            collector_metrics=self._collector_metrics,
            collector_own=self._collector_own,
        )
        self.prometheus = Prometheus(f"http://127.0.0.1:{port}", self.directory)
        self._run(
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={self.directory / 'prometheus'}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--web.enable-lifecycle",
            "--enable-feature=exemplar-storage",
            # Otherwise a new target waits five seconds more.
            "--scrape.discovery-reload-interval=100ms",
        )
        return f"http://127.0.0.1:{port}/-/ready"


def start_stack(scrape_s: int = 1) -> Stack:
    """A stack on the best backend there is. scrape_s: as of Stack.

    Raises StackUnavailable with the reason when there is none, and StackFailed when one was there and failed. An
    engine that cannot have the images counts as unavailable, except in CI.
    """
    backend = choose()
    try:
        return Stack(backend, scrape_s)
    except Exception as error:
        if backend.name == "containers" and not in_ci() and not isinstance(error, StackFailed):
            raise StackUnavailable(f"the container engine could not start the stack: {error}") from error
        raise
