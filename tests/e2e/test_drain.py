"""A stop, and the death of a worker, lose nothing that was counted or told: every dialect, one worker and four."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.e2e.serving import DIALECTS, MESSAGES, Spoken, Start, client, environment
from tests.e2e.sink import Sink, eventually
from tests.harness.gate import GateProcess
from tests.harness.raw import RawClient, request_bytes
from tests.harness.upstream import Upstream

STREAMS = 51
DRAIN_S = 2


def stream(gate: GateProcess, spoken: Spoken, opened: threading.Semaphore) -> bytes:
    """All bytes of one answer. Raises httpx.RemoteProtocolError when it is cut within its framing."""
    with client(gate) as ask, ask.stream("POST", spoken.path, json=spoken.body(stream=True)) as answer:
        opened.release()
        return answer.read()


@pytest.mark.parametrize("workers", [1, 4])
def test_no_stream_is_cut_and_every_span_arrives(start_gate: Start, upstream: Upstream, workers: int) -> None:
    """Beside the streams, a client whose answer fills its buffers and who never reads."""
    upstream.shape(text_chunks=200, interval=0.05, text_bytes=100_000)
    with Sink() as sink:
        settings = {"listen": {"drain_timeout_s": DRAIN_S}}
        gate = start_gate(settings, environment(upstream, **sink.environment()), workers=workers)
        opened = threading.Semaphore(0)
        with ThreadPoolExecutor(STREAMS) as pool, RawClient(gate.url) as stuck:
            stuck.send(request_bytes("POST", MESSAGES.path, [], MESSAGES.body(stream=True)))
            running = [pool.submit(stream, gate, DIALECTS[at % 3], opened) for at in range(STREAMS)]
            for _ in running:
                assert opened.acquire(timeout=30)
            asked = time.monotonic()
            gate.signal(signal.SIGTERM)
            ends = [one.result(timeout=30) for one in running]
            code = gate.wait_ended(20)
            took = time.monotonic() - asked
        assert code == 0
        assert took < DRAIN_S + 5
        for at, end in enumerate(ends):
            spoken = DIALECTS[at % 3]
            last = end.rstrip().rpartition(b"\n\n")[2]
            assert last.startswith((spoken.failed, spoken.done)), last[:200]
            assert not (spoken.failed in end and spoken.done in end)
        assert len(sink.servers()) >= STREAMS + 1
        assert "Traceback" not in gate.output


def test_what_a_stopping_gate_answers(start_gate: Start, upstream: Upstream) -> None:
    """Not ready, no new requests, and the stream that runs ends well."""
    upstream.shape(text_chunks=40, interval=0.05)
    gate = start_gate({"listen": {"drain_timeout_s": 20}}, environment(upstream))
    opened = threading.Semaphore(0)
    with ThreadPoolExecutor(1) as pool, client(gate) as kept:
        assert kept.get("/readyz").status_code == 200
        running = pool.submit(stream, gate, MESSAGES, opened)
        assert opened.acquire(timeout=20)
        gate.signal(signal.SIGTERM)
        time.sleep(0.3)
        try:
            assert kept.get("/readyz").status_code == 503
            refused = kept.post(MESSAGES.path, json=MESSAGES.body())
            assert refused.status_code in (503, 529)
        except httpx.TransportError:
            pass  # A connection that was idle may be closed as well.
        assert MESSAGES.done in running.result(timeout=20)
    assert gate.wait_ended(10) == 0


def test_a_killed_worker_takes_no_number_with_it(start_gate: Start, upstream: Upstream) -> None:
    gate = start_gate({}, environment(upstream), workers=4)

    def ask_some(_: int) -> list[str]:
        ids: list[str] = []
        for _ in range(5):  # a connection each, so that they spread over the workers
            with client(gate) as ask:
                ids.append(ask.post(MESSAGES.path, json=MESSAGES.body()).headers["x-gate-decision-id"])
        return ids

    with ThreadPoolExecutor(8) as pool:
        ids = [one for some in pool.map(ask_some, range(16)) for one in some]
    assert gate.metric("gate_requests_total") == len(ids)
    before = gate.pids()
    victim = before[1]
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: victim not in gate.pids() and len(gate.pids()) == len(before), 15), "a new one came"
    gate.wait_ready()
    for _ in range(8):
        assert gate.metric("gate_requests_total") == len(ids)
    with ThreadPoolExecutor(8) as pool:
        more = [one for some in pool.map(ask_some, range(8)) for one in some]
    for _ in range(8):
        assert gate.metric("gate_requests_total") == len(ids) + len(more)
    assert gate.metric("gate_in_flight_requests") == 0
    for one in more[::4]:
        for _ in range(4):
            told = httpx.get(f"{gate.url}/gate/v1/decisions/{one}", trust_env=False)
            assert told.status_code == 200, json.dumps(told.json())
    assert gate.stop().code == 0
