"""The long ones: `make soak`."""

import os
import threading
import time

import pytest

from tests.e2e.serving import MESSAGES, Start, environment
from tests.e2e.test_stopping import stream
from tests.harness.upstream import Upstream


@pytest.mark.skipif(not os.environ.get("GATE_SOAK"), reason="takes ten minutes: make soak")
def test_a_stream_of_ten_minutes_is_whole(start_gate: Start, upstream: Upstream) -> None:
    upstream.shape(text_chunks=600, interval=1)
    gate = start_gate({}, environment(upstream))
    began = time.monotonic()
    body = stream(gate, threading.Semaphore(0))
    assert time.monotonic() - began > 590
    assert MESSAGES.done in body
