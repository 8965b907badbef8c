"""A stop cuts nothing silently, whatever clients do, with one worker and with four."""

import json
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from tests.e2e.serving import MESSAGES, Start, client, environment
from tests.harness.gate import GateProcess
from tests.harness.upstream import Upstream


def stream(gate: GateProcess, opened: threading.Semaphore) -> bytes:
    with client(gate) as ask, ask.stream("POST", MESSAGES.path, json=MESSAGES.body(stream=True)) as answer:
        opened.release()
        return answer.read()


def not_reading(gate: GateProcess) -> socket.socket:
    address = urlsplit(gate.url)
    body = json.dumps(MESSAGES.body(stream=True)).encode()
    held = socket.create_connection((address.hostname or "", address.port or 0))
    head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    held.sendall(head.encode() + body)
    return held


@pytest.mark.parametrize("workers", [1, 4])
def test_fifty_streams_and_a_client_that_does_not_read(start_gate: Start, upstream: Upstream, workers: int) -> None:
    upstream.shape(text_chunks=120, interval=0.05, text_bytes=200)
    gate = start_gate({"listen": {"drain_timeout_s": 2}}, environment(upstream), workers=workers)
    opened = threading.Semaphore(0)
    with ThreadPoolExecutor(50) as pool, not_reading(gate):
        streams = [pool.submit(stream, gate, opened) for _ in range(50)]
        for _ in streams:
            assert opened.acquire(timeout=20)
        asked = time.monotonic()
        gate.signal(signal.SIGTERM)
        ends = [one.result(timeout=20) for one in streams]
        code = gate.wait_ended(15)
        took = time.monotonic() - asked
    cut = [end for end in ends if MESSAGES.done not in end and MESSAGES.failed not in end]
    assert not cut
    assert code == 0
    assert took < 2 + 5


def test_streams_that_finish_in_time_finish(start_gate: Start, upstream: Upstream) -> None:
    upstream.shape(text_chunks=20, interval=0.05)
    gate = start_gate({"listen": {"drain_timeout_s": 10}}, environment(upstream))
    opened = threading.Semaphore(0)
    with ThreadPoolExecutor(10) as pool:
        streams = [pool.submit(stream, gate, opened) for _ in range(10)]
        for _ in streams:
            assert opened.acquire(timeout=20)
        gate.signal(signal.SIGTERM)
        assert all(MESSAGES.done in one.result(timeout=20) for one in streams)
        assert gate.wait_ended(10) == 0


@pytest.mark.slow
def test_a_stream_of_75_seconds_is_whole(start_gate: Start, upstream: Upstream) -> None:
    """Past every default of the platform: Quart's 60 s, Hypercorn's 3 s and 5 s, proxies' 60 s."""
    upstream.shape(text_chunks=100, interval=0.75)
    gate = start_gate({}, environment(upstream))
    began = time.monotonic()
    body = stream(gate, threading.Semaphore(0))
    assert time.monotonic() - began > 70
    assert MESSAGES.done in body
    assert body.count(b"text_delta") == 100


def test_four_workers_are_one_gate(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream), workers=4)

    def ask_some(_: int) -> list[str]:
        with client(gate) as ask:
            return [ask.post(MESSAGES.path, json=MESSAGES.body()).headers["x-gate-decision-id"] for _ in range(10)]

    with ThreadPoolExecutor(8) as pool:
        ids = [one for some in pool.map(ask_some, range(16)) for one in some]
    assert len({one.split("-")[1] for one in ids}) > 1, "more than one worker served"
    for _ in range(4):
        assert gate.metric("gate_requests_total", outcome="served") == len(ids)
    for one in ids[::8]:
        with client(gate) as ask:
            assert ask.get(f"/gate/v1/decisions/{one}").json()["view"]["decision_id"] == one
