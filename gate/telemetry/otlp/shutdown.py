"""The end of all exporters together, within one time."""

from collections.abc import Iterable
from time import monotonic

from gate.telemetry.otlp.thread import ExportThread


def shutdown_all(workers: Iterable[ExportThread], timeout_s: float = 5.0) -> bool:
    """Flush all in parallel and end them; whether nothing was lost by ending. Blocks, at most `timeout_s` in all (and
    what closing a connection takes); what could not be sent is counted as dropped (`shutdown`)."""
    held = list(workers)
    deadline = monotonic() + timeout_s
    for worker in held:
        worker.begin_shutdown(deadline)
    ended = [worker.end_shutdown() for worker in held]
    return all(ended)
