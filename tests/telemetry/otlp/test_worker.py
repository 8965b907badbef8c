"""Queueing, batching, retrying, counting, ending: with a sender that is a script."""

import os
import threading
import time
from collections.abc import Callable

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import TraceIdRatioBased

from gate.telemetry.otlp import thread as thread_module
from gate.telemetry.otlp.processor import ExportSpanProcessor
from gate.telemetry.otlp.pusher import MetricPusher
from gate.telemetry.otlp.sending import Result, Verdict
from gate.telemetry.otlp.settings import Batching
from gate.telemetry.otlp.shutdown import shutdown_all
from gate.telemetry.otlp.stats import Drop, ExportStats
from gate.telemetry.otlp.wire import Origin, message_field
from gate.telemetry.otlp.worker import BATCH_BYTES, BatchWorker
from tests.telemetry.otlp.samples import RESOURCE, eventually, received_spans

ORIGIN = Origin(RESOURCE, None)
SENT = Result(Verdict.SENT)
BUSY = Result(Verdict.RETRY, "http_503")


class Script:
    """A sender that answers as told; the last answer stays."""

    address = "a script"

    def __init__(self, *answers: Result | Callable[[], Result]) -> None:
        self.answers = list(answers) or [SENT]
        self.bodies: list[bytes] = []
        self.aborted = threading.Event()

    def send(self, body: bytes, timeout_s: float) -> Result:
        self.bodies.append(body)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer() if callable(answer) else answer

    def abort(self) -> None:
        self.aborted.set()

    def reset(self) -> None:
        self.bodies.clear()


def record(number: int = 0, size: int = 0) -> tuple[Origin, bytes]:
    name = f"{number:06}".encode() + b"x" * size
    return ORIGIN, message_field(b"\x12", message_field(b"*", name))


def balanced(stats: ExportStats) -> bool:
    return stats.queued == 0 and stats.received == stats.sent + sum(stats.dropped.values())


def test_records_arrive_once_in_order_and_in_batches() -> None:
    sender = Script()
    worker = BatchWorker("traces", sender, Batching(queue=1000, batch=100, delay_s=60))
    assert all(worker.put(record(number)) for number in range(250))
    assert worker.shutdown(5)
    names = [span.name for body in sender.bodies for span in received_spans(body)]
    assert names == [f"{number:06}" for number in range(250)]
    assert [len(received_spans(body)) for body in sender.bodies] == [100, 100, 50]
    assert worker.stats.received == worker.stats.sent == 250


def test_a_short_batch_goes_after_the_delay_and_a_flush_does_not_wait_for_it() -> None:
    sender = Script()
    worker = BatchWorker("traces", sender, Batching(delay_s=0.05))
    worker.put(record())
    assert eventually(lambda: worker.stats.sent == 1)
    slow = BatchWorker("traces", Script(), Batching(delay_s=60))
    slow.put(record())
    assert slow.flush(5) and slow.stats.sent == 1
    assert slow.flush(5)
    for each in (worker, slow):
        each.shutdown(5)


def test_the_newest_is_dropped_when_the_queue_is_full_by_count_or_by_bytes() -> None:
    gate = threading.Event()

    def wait() -> Result:
        gate.wait(10)
        return SENT

    sender = Script(wait)
    worker = BatchWorker("traces", sender, Batching(queue=10, batch=10, delay_s=60))
    for number in range(10):
        worker.put(record(number))
    assert eventually(lambda: len(sender.bodies) == 1)
    taken = [worker.put(record(number)) for number in range(10, 25)]
    assert taken == [True] * 10 + [False] * 5
    assert not worker.has_room()
    worker.refuse()
    assert worker.stats.dropped[Drop.QUEUE_FULL] == 6
    gate.set()
    assert worker.shutdown(5)
    assert worker.stats.sent == 20 and balanced(worker.stats)

    gate.clear()
    small = BatchWorker("traces", Script(wait), Batching(queue=1000, batch=1000, delay_s=60), queue_bytes=1000)
    kept = sum(small.put(record(number, 100)) for number in range(20))
    assert 5 <= kept <= 9 and small.stats.dropped[Drop.QUEUE_FULL] == 20 - kept
    gate.set()
    small.shutdown(5)


def test_a_batch_is_cut_before_a_collector_finds_it_too_large() -> None:
    sender = Script()
    worker = BatchWorker("traces", sender, Batching(delay_s=60), queue_bytes=100 * BATCH_BYTES)
    for number in range(6):
        worker.put(record(number, BATCH_BYTES // 2 - 1000))
    assert worker.shutdown(5)
    assert all(len(body) < 1.1 * BATCH_BYTES for body in sender.bodies)
    assert [len(received_spans(body)) for body in sender.bodies] == [2, 2, 2]


def test_what_may_be_tried_again_is_and_what_may_not_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_module, "BACKOFF_S", (0.01,))
    sender = Script(BUSY, BUSY, Result(Verdict.SENT, rejected=1))
    worker = BatchWorker("traces", sender, Batching(batch=3, delay_s=60))
    for number in range(3):
        worker.put(record(number))
    assert eventually(lambda: worker.stats.queued == 0)
    assert len(sender.bodies) == 3 and len(set(sender.bodies)) == 1
    assert worker.stats.sent == 2 and worker.stats.dropped[Drop.REJECTED] == 1
    refusing = Script(Result(Verdict.REFUSED, "http_400"))
    other = BatchWorker("traces", refusing, Batching(batch=1, delay_s=60))
    other.put(record())
    assert eventually(lambda: other.stats.queued == 0)
    assert len(refusing.bodies) == 1 and other.stats.dropped[Drop.REJECTED] == 1
    for each in (worker, other):
        each.shutdown(5)


def test_a_sender_that_raises_costs_its_batch_and_no_more() -> None:
    def broken() -> Result:
        raise RuntimeError("a defect")

    worker = BatchWorker("traces", Script(broken, SENT), Batching(batch=1, delay_s=60))
    worker.put(record())
    assert eventually(lambda: worker.stats.dropped[Drop.EXPORT_FAILED] == 1)
    worker.put(record())
    assert eventually(lambda: worker.stats.sent == 1) and worker.shutdown(5)


def test_a_batch_is_given_up_after_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_module, "BACKOFF_S", (0.02,))
    sender = Script(BUSY)
    worker = BatchWorker("traces", sender, Batching(batch=1, delay_s=60, budget_s=0.2))
    worker.put(record())
    assert eventually(lambda: worker.stats.dropped[Drop.EXPORT_FAILED] == 1)
    assert 2 <= len(sender.bodies) <= 13
    worker.shutdown(5)


def test_the_collectors_wish_is_respected_within_the_budget() -> None:
    sender = Script(Result(Verdict.RETRY, "http_429", retry_after_s=0.7), SENT)
    worker = BatchWorker("traces", sender, Batching(batch=1, delay_s=60))
    begun = time.monotonic()
    worker.put(record())
    assert eventually(lambda: worker.stats.sent == 1)
    assert time.monotonic() - begun >= 0.7
    worker.shutdown(5)
    patient = Script(Result(Verdict.RETRY, "http_429", retry_after_s=3600))
    worker = BatchWorker("traces", patient, Batching(batch=1, delay_s=60))
    worker.put(record())
    assert eventually(lambda: worker.stats.dropped[Drop.EXPORT_FAILED] == 1)
    worker.shutdown(5)


def test_a_shutdown_ends_in_time_and_counts_what_is_left() -> None:
    stuck = threading.Event()

    def hang() -> Result:
        stuck.wait(20)
        return BUSY

    sender = Script(hang)
    worker = BatchWorker("traces", sender, Batching(queue=100, batch=10, delay_s=60))
    for number in range(40):
        worker.put(record(number))
    assert eventually(lambda: bool(sender.bodies))
    begun = time.monotonic()
    assert not worker.shutdown(0.3)
    assert time.monotonic() - begun < 1
    assert sender.aborted.is_set()
    assert not worker.put(record())
    stats = worker.stats
    assert stats.dropped[Drop.SHUTDOWN] == 41 and balanced(stats)
    stuck.set()
    time.sleep(0.1)
    assert worker.stats == stats
    assert not worker.shutdown(0.1)


def test_all_are_shut_down_at_the_same_time() -> None:
    never = threading.Event()

    def hang() -> Result:
        never.wait(20)
        return SENT

    workers = [BatchWorker(name, Script(hang)) for name in ("traces", "logs")]
    pusher = MetricPusher(Script(), lambda: ["m"], lambda families: (b"x", len(list(families))))
    pusher.start()
    for worker in workers:
        worker.put(record())
    begun = time.monotonic()
    assert not shutdown_all([*workers, pusher], 0.5)
    assert time.monotonic() - begun < 1
    assert [worker.stats.dropped[Drop.SHUTDOWN] for worker in workers] == [1, 1]
    assert pusher.stats.sent == 1
    never.set()


def test_a_retry_pause_does_not_hold_up_the_end() -> None:
    sender = Script(Result(Verdict.RETRY, "http_503", retry_after_s=20), SENT)
    worker = BatchWorker("traces", sender, Batching(batch=1, delay_s=60))
    worker.put(record())
    assert eventually(lambda: len(sender.bodies) == 1)
    begun = time.monotonic()
    assert worker.shutdown(5)
    assert time.monotonic() - begun < 1 and worker.stats.sent == 1


def test_an_absent_collector_is_not_waited_for_at_the_end() -> None:
    worker = BatchWorker("traces", Script(Result(Verdict.RETRY, "refused", unreachable=True)), Batching(batch=10))
    for number in range(35):
        worker.put(record(number))
    begun = time.monotonic()
    assert not worker.shutdown(5)
    assert time.monotonic() - begun < 1
    assert worker.stats.dropped[Drop.SHUTDOWN] == 35 and balanced(worker.stats)


def test_many_threads_are_counted_exactly() -> None:
    worker = BatchWorker("traces", Script(), Batching(queue=64, batch=16, delay_s=0.001))

    def work() -> None:
        for number in range(2000):
            worker.put(record(number))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    worker.shutdown(5)
    assert worker.stats.received == 8000 and balanced(worker.stats)


def test_the_processor_exports_what_is_sampled_and_counts_what_it_refuses() -> None:
    sender = Script()
    worker = BatchWorker("traces", sender, Batching(queue=4, batch=4, delay_s=60))
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    processor = ExportSpanProcessor(worker)
    provider.add_span_processor(processor)
    for _ in range(2):
        provider.get_tracer("gate").start_span("a").end()
    unsampled = TracerProvider(sampler=TraceIdRatioBased(0.0), shutdown_on_exit=False)
    unsampled.add_span_processor(processor)
    unsampled.get_tracer("gate").start_span("b").end()
    assert provider.force_flush(5000)
    assert [span.name for body in sender.bodies for span in received_spans(body)] == ["a", "a"]
    provider.shutdown()
    provider.get_tracer("gate").start_span("late").end()
    assert worker.stats.received == worker.stats.sent + worker.stats.dropped[Drop.SHUTDOWN]


def test_a_pusher_pushes_by_the_clock_when_asked_and_at_the_end() -> None:
    readings: list[int] = []

    def collect() -> list[int]:
        readings.append(len(readings))
        if len(readings) == 2:
            raise RuntimeError("one bad reading")
        return [1, 2, 3]

    sender = Script()
    pusher = MetricPusher(sender, collect, lambda families: (b"x", len(list(families))), interval_s=0.05)
    pusher.start()
    assert eventually(lambda: len(sender.bodies) >= 2)
    count = len(sender.bodies)
    assert pusher.flush(5) and len(sender.bodies) > count
    assert pusher.shutdown(5)
    assert balanced(pusher.stats) and pusher.stats.sent == 3 * len(sender.bodies)
    quiet = MetricPusher(Script(), list[int], lambda families: (b"", 0))
    assert quiet.shutdown(1)


def test_a_child_process_starts_empty_with_a_thread_of_its_own() -> None:
    worker = BatchWorker("traces", Script(), Batching(delay_s=60))
    worker.put(record())
    child = os.fork()
    if child == 0:
        code = 1
        try:
            fresh = worker.stats.received == 0
            worker.put(record())
            code = 0 if fresh and worker.shutdown(5) and worker.stats.sent == 1 else 1
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert worker.shutdown(5) and worker.stats.sent == 1
