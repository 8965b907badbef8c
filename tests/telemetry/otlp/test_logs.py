"""Log records over OTLP, read back with the published messages."""

import logging
from collections.abc import Callable

from opentelemetry.context import Context
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from gate.telemetry.logs import FIELDS
from gate.telemetry.otlp.logs import LogItem, OtlpLogHandler, encode_logs, log_item
from gate.telemetry.otlp.sending import Result, Verdict
from gate.telemetry.otlp.settings import Batching
from gate.telemetry.otlp.worker import BatchWorker
from tests.telemetry.otlp.samples import RESOURCE, pairs

TRACE, SPAN = 0x0123456789ABCDEF0123456789ABCDEF, 0xFEDCBA9876543210


class Keep:
    address = "a list"

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def send(self, body: bytes, timeout_s: float) -> Result:
        self.bodies.append(body)
        return Result(Verdict.SENT)

    def abort(self) -> None:
        pass

    def reset(self) -> None:
        pass


def read(body: bytes) -> list[tuple[str, LogRecord]]:
    request = ExportLogsServiceRequest.FromString(body)
    return [
        (scope.scope.name, record)
        for part in request.resource_logs
        for scope in part.scope_logs
        for record in scope.log_records
    ]


def logged(write: Callable[[logging.Logger], None], rename: Callable[[str], str] | None = None) -> list[LogRecord]:
    """What leaves when this is written, and the counts are even."""
    sender = Keep()
    worker = BatchWorker("logs", sender, Batching(delay_s=60))
    handler = OtlpLogHandler(worker, RESOURCE, rename)
    logger = logging.Logger("gate.test")
    logger.addHandler(handler)
    write(logger)
    assert worker.shutdown(5)
    assert worker.stats.received == worker.stats.sent
    found = [record for body in sender.bodies for record in read(body)]
    assert all(name == "gate.test" for name, _ in found)
    return [record for _, record in found]


def test_a_record_has_its_message_severity_fields_and_trace() -> None:
    def write(logger: logging.Logger) -> None:
        ids = {"trace_id": f"{TRACE:032x}", "span_id": f"{SPAN:016x}"}
        logger.warning("%s happened", "it", extra={FIELDS: {"status": 200, "lane": None, "order": ["a"]}, **ids})

    (record,) = logged(write, lambda name: f"gate.{name}")
    assert record.body.string_value == "it happened"
    assert (record.severity_number, record.severity_text) == (13, "WARN")
    assert list(record.attributes) == pairs({"gate.status": 200, "gate.order": ("a",)})
    assert (record.trace_id.hex(), record.span_id.hex()) == (f"{TRACE:032x}", f"{SPAN:016x}")
    assert record.time_unix_nano == record.observed_time_unix_nano > 10**18


def test_the_current_trace_is_taken_when_the_record_names_none() -> None:
    def write(logger: logging.Logger) -> None:
        with use_span(NonRecordingSpan(SpanContext(TRACE, SPAN, False, TraceFlags(1)))):
            logger.info("inside")
        logger.info("outside")

    inside, outside = logged(write)
    assert (inside.trace_id.hex(), inside.flags) == (f"{TRACE:032x}", 1)
    assert outside.trace_id == b"" and outside.span_id == b""
    assert Context() == {}


def test_an_exception_is_its_type_and_frames_never_its_text() -> None:
    def write(logger: logging.Logger) -> None:
        try:
            raise ValueError("secret")
        except ValueError:
            logger.exception("failed")

    (record,) = logged(write)
    found = {attribute.key: attribute.value.string_value for attribute in record.attributes}
    assert found["exception.type"] == "ValueError" and "test_logs.py" in found["exception.stacktrace"]
    assert b"secret" not in record.SerializeToString()


def test_the_exporter_does_not_export_what_it_says_of_itself() -> None:
    worker = BatchWorker("logs", Keep())
    record = logging.LogRecord("gate.telemetry.otlp", logging.WARNING, "", 0, "fails", None, None)
    OtlpLogHandler(worker, RESOURCE).emit(record)
    assert worker.stats.received == 0 and worker.shutdown(1)


def test_wrong_arguments_and_a_full_queue_are_counted_not_raised() -> None:
    worker = BatchWorker("logs", Keep(), Batching(queue=2, batch=2, delay_s=60))
    handler = OtlpLogHandler(worker, RESOURCE)
    handler.emit(logging.LogRecord("a", 20, "", 0, "%d", ("x",), None))
    worker.begin_shutdown(0)
    handler.emit(logging.LogRecord("a", 20, "", 0, "late", None, None))
    worker.end_shutdown()
    assert worker.stats.received == sum(worker.stats.dropped.values()) == 2


def test_severities() -> None:
    def number(level: int) -> int:
        return log_item(logging.LogRecord("a", level, "", 0, "m", None, None)).severity

    assert [number(level) for level in (10, 20, 30, 40, 50)] == [5, 9, 13, 17, 21]
    assert number(5) == 3 and number(1) == 1 and number(25) == 11 and number(1000) == 24


def test_loggers_are_scopes_of_one_resource() -> None:
    items = [LogItem(1, name, 9, "INFO", "m", trace_id=TRACE) for name in ("a", "b", "a")]
    request = ExportLogsServiceRequest.FromString(encode_logs(items, RESOURCE))
    (part,) = request.resource_logs
    assert list(part.resource.attributes) == pairs(RESOURCE.attributes)
    assert [(scope.scope.name, len(scope.log_records)) for scope in part.scope_logs] == [("a", 2), ("b", 1)]
