"""A collector that refuses, says nothing, is slow, is unavailable or answers nonsense, over HTTP and gRPC.

Answers stay as they are, memory stays bounded, every span is delivered or counted as dropped, and Gate ends in time.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.telemetry.load import CannedProvider, drive
from tests.harness.gate import GateProcess
from tests.harness.ports import refusing_port, silent_port
from tests.telemetry.otlp.samples import Answer, Collector, grpc_server, received_spans

WARM_UP = 1_500
"""Enough to fill the ring of decisions and the store's cache: what grows after that grows with the requests."""
SPANS = 5  # of one request: server, route, plan, attempt, wire
MOST_GROWTH = 20 * 1024 * 1024
DRAIN_S = 2
HTTP, GRPC = "http/protobuf", "grpc"
KINDS = ("refuses", "silent", "slow", "unavailable", "garbage")
Received = Callable[[], int | None]


@contextmanager
def nonsense() -> Generator[int]:
    """A port that answers every connection with bytes of no protocol."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def answer() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(2)
                    try:
                        connection.recv(1 << 16)
                        connection.sendall(bytes(range(256)))
                    except OSError:
                        pass

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@contextmanager
def collector(kind: str, protocol: str) -> Generator[tuple[int, Received]]:
    """Its port, and how many spans it has taken."""
    with ExitStack() as parts:
        if kind in ("refuses", "silent", "garbage"):
            make = {"refuses": refusing_port, "silent": silent_port, "garbage": nonsense}[kind]
            yield parts.enter_context(make()), lambda: 0
        elif protocol == GRPC:
            bodies: list[bytes] = []
            yield parts.enter_context(grpc_server(_grpc_handler(kind, bodies))), lambda: _spans(bodies)
        else:
            answer = Answer(wait_s=0.2) if kind == "slow" else Answer(503)
            http = parts.enter_context(Collector(answer))
            taken = kind == "slow"
            yield (
                http.port,
                lambda: _spans([one.body for one in http.received if one.path == "/v1/traces"]) if taken else 0,
            )


def _grpc_handler(kind: str, bodies: list[bytes]) -> Callable[[bytes, Any], bytes]:
    grpc: Any = pytest.importorskip("grpc")

    def handle(body: bytes, context: Any) -> bytes:
        if kind == "unavailable":
            context.abort(grpc.StatusCode.UNAVAILABLE, "not now")
        time.sleep(0.2)
        bodies.append(body)
        return b""

    return handle


def _spans(bodies: list[bytes]) -> int:
    return sum(len(received_spans(body)) for body in bodies)


def proportional(pids: list[int]) -> int:
    """Bytes of these processes, shared pages by their share."""
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def counts(gate: GateProcess) -> tuple[int, int, int]:
    """Spans delivered, dropped, waiting, as `/metrics` counts them."""
    names = ("gate_telemetry_exported_total", "gate_telemetry_dropped_total", "gate_telemetry_queued")
    samples = gate.metrics()
    exported, dropped, queued = (
        sum(one.value for one in samples if one.name == name and one.labels.get("signal") == "traces") for name in names
    )
    return int(exported), int(dropped), int(queued)


def configuration(address: str) -> dict[str, Any]:
    """One route to the canned provider, and a short drain."""
    return {
        "listen": {"drain_timeout_s": DRAIN_S},
        "providers": {"up": {"kind": "anthropic", "base_url": address, "key": "${KEY_OF_UP}", "catalog": False}},
        "lanes": {"home/mid": {"cluster": "balanced-workhorse"}},
        "routes": [{"provider": "up", "model": "model-one", "lane": "home/mid"}],
        "intents": {"working": {"start": ["home/mid"]}},
        "models": {"claude-test-*": "working"},
    }


def settled(gate: GateProcess, received: Received, expected: int, timeout: float = 20) -> tuple[int, int, int]:
    """The counts, once nothing is on its way between Gate and a collector that takes spans."""
    deadline = time.monotonic() + timeout
    while True:
        found = counts(gate)
        if (sum(found) == expected and (not received() or found[2] == 0)) or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def trouble(kind: str, protocol: str, requests: int) -> None:
    """Sends requests while the collector is in trouble, then ends Gate."""
    with collector(kind, protocol) as (port, received), CannedProvider() as provider:
        env = {
            "KEY_OF_UP": "sk-up",
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{port}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
            "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "OTEL_LOGS_EXPORTER": "otlp",
        }
        with GateProcess(configuration(provider.url), env) as gate:
            assert drive(gate.port, WARM_UP).statuses == {200: WARM_UP}
            workers = gate.pids()[1:]
            before, started = proportional(workers), time.monotonic()
            told = drive(gate.port, requests)
            seconds, after = time.monotonic() - started, proportional(workers)
            assert told.statuses == {200: requests}
            assert told.changed == 0
            expected = SPANS * (WARM_UP + requests)
            exported, dropped, queued = settled(gate, received, expected)
            taken = received()
            stopped = gate.stop()
            in_the_end = received()
        print(
            f"{kind} {protocol}: {requests / seconds:.0f} requests/s, grown {(after - before) / 2**20:.1f} MB, "
            f"exported {exported}, dropped {dropped}, queued {queued}, taken {taken} then {in_the_end}, "
            f"ended in {stopped.seconds} s"
        )
        assert exported + dropped + queued == expected
        assert exported == taken
        assert after - before < MOST_GROWTH
        assert stopped.code == 0
        assert stopped.seconds < DRAIN_S + 5
        if kind == "slow":
            assert exported > 0
        else:
            assert exported == 0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("protocol", [HTTP, GRPC])
def test_a_collector_in_trouble_changes_nothing(kind: str, protocol: str) -> None:
    if protocol == GRPC:
        pytest.importorskip("grpc")
    trouble(kind, protocol, 3_000)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "protocol"), [("silent", HTTP), ("silent", GRPC)])
def test_twenty_thousand_requests_do_not_grow_it(kind: str, protocol: str) -> None:
    if protocol == GRPC:
        pytest.importorskip("grpc")
    trouble(kind, protocol, 20_000)
