"""A collector with a small receive limit: what it finds too large goes in parts, and what came of each is counted."""

from gate.telemetry.otlp.pusher import MetricPusher
from gate.telemetry.otlp.sending import Result, Verdict
from gate.telemetry.otlp.settings import Batching
from gate.telemetry.otlp.stats import Drop
from gate.telemetry.otlp.thread import WHOLE_BYTES
from gate.telemetry.otlp.worker import BatchWorker
from tests.telemetry.otlp.samples import eventually, received_spans
from tests.telemetry.otlp.test_worker import balanced, record

REFUSED = Result(Verdict.REFUSED, "http_413", too_large=True)


class Narrow:
    """A sender to a collector that takes bodies up to a limit. taken, refused: the bodies of each kind."""

    address = "a narrow one"

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.taken: list[bytes] = []
        self.refused: list[bytes] = []

    def send(self, body: bytes, timeout_s: float) -> Result:
        fits = len(body) <= self._limit
        (self.taken if fits else self.refused).append(body)
        return Result(Verdict.SENT) if fits else REFUSED

    def abort(self) -> None:
        pass

    def reset(self) -> None:
        pass


def test_a_batch_arrives_in_parts_in_order_and_the_next_ones_are_made_smaller() -> None:
    sender = Narrow(2 * WHOLE_BYTES)
    worker = BatchWorker("traces", sender, Batching(queue=1000, batch=1000, delay_s=60))
    for number in range(500):
        worker.put(record(number, 1000))
    assert worker.flush(5)
    seen = len(sender.refused)
    assert 1 <= seen <= 8
    for number in range(500, 1000):
        worker.put(record(number, 1000))
    assert worker.shutdown(5)
    assert len(sender.refused) == seen, "what was learned is forgotten"
    names = [span.name[:6] for body in sender.taken for span in received_spans(body)]
    assert names == [f"{number:06}" for number in range(1000)]
    assert worker.stats.sent == 1000 and balanced(worker.stats)


def test_a_batch_is_full_at_the_size_that_is_taken() -> None:
    worker = BatchWorker("traces", Narrow(2 * WHOLE_BYTES), Batching(queue=5000, batch=2000, delay_s=60))
    for number in range(500):
        worker.put(record(number, 1000))
    assert worker.flush(5)
    for number in range(500, 1000):
        worker.put(record(number, 1000))
    assert eventually(lambda: worker.stats.sent > 800), "it waits for its delay"
    assert worker.shutdown(5) and worker.stats.sent == 1000


def test_one_record_that_is_too_large_is_lost_alone() -> None:
    sender = Narrow(2 * WHOLE_BYTES)
    worker = BatchWorker("traces", sender, Batching(delay_s=60))
    for number in range(9):
        worker.put(record(number, 3 * WHOLE_BYTES if number == 4 else 1000))
    worker.shutdown(5)
    assert worker.stats.sent == 8 and worker.stats.dropped[Drop.REJECTED] == 1 and balanced(worker.stats)


def test_what_is_refused_for_itself_is_not_asked_about_for_ever() -> None:
    sender = Narrow(0)
    worker = BatchWorker("traces", sender, Batching(delay_s=60))
    for number in range(300):
        worker.put(record(number, 1000))
    worker.shutdown(5)
    assert len(sender.refused) < 16
    assert worker.stats.dropped[Drop.REJECTED] == 300 and balanced(worker.stats)


def test_metrics_are_sent_in_parts_too() -> None:
    sender = Narrow(2 * WHOLE_BYTES)
    families = [b"%03d" % number + b"x" * 1000 for number in range(400)]
    pusher = MetricPusher(sender, lambda: families, lambda some: (b"".join(some), 2 * len(list(some))), interval_s=60)
    pusher.start()
    assert pusher.flush(5) and pusher.shutdown(5)
    pushed = b"".join(sender.taken)
    assert pushed == b"".join(families) * 2, "the flush's and the last one"
    assert pusher.stats.sent == 1600 and balanced(pusher.stats)


def test_one_family_that_is_too_large_alone_is_taken_apart() -> None:
    sender = Narrow(2 * WHOLE_BYTES)
    family = b"".join(b"%05d" % number for number in range(60_000))

    def halves(one: bytes) -> tuple[bytes, ...]:
        middle = len(one) // 10 * 5
        return (one[:middle], one[middle:])

    pusher = MetricPusher(
        sender, lambda: [family], lambda some: (b"".join(some), len(b"".join(some)) // 5), pieces=halves, interval_s=60
    )
    pusher.start()
    assert pusher.flush(5) and pusher.shutdown(5)
    assert b"".join(sender.taken) == family * 2
    assert pusher.stats.sent == 120_000 and balanced(pusher.stats)
