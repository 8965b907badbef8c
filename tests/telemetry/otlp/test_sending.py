"""Answers of a collector, read by hand, against the published messages."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsPartialSuccess as LogsPart
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse as LogsAnswer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsPartialSuccess as MetricsPart
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse as MetricsAnswer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTracePartialSuccess as TracePart
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse as TraceAnswer

from gate.telemetry.otlp.sending import rejected_records, retry_delay
from gate.telemetry.otlp.wire import message_field, varint


@given(st.integers(0, 2**40), st.text(st.characters(exclude_categories=["Cs"])))
def test_partial_success_of_all_signals(count: int, message: str) -> None:
    answers = (
        TraceAnswer(partial_success=TracePart(rejected_spans=count, error_message=message)),
        MetricsAnswer(partial_success=MetricsPart(rejected_data_points=count, error_message=message)),
        LogsAnswer(partial_success=LogsPart(rejected_log_records=count, error_message=message)),
    )
    assert [rejected_records(answer.SerializeToString()) for answer in answers] == [count] * 3


def test_answers_without_it() -> None:
    assert rejected_records(b"") == 0
    assert rejected_records(TraceAnswer(partial_success=TracePart()).SerializeToString()) == 0
    assert rejected_records(TraceAnswer(partial_success=TracePart(rejected_spans=-1)).SerializeToString()) == 0


@given(st.binary(max_size=60))
def test_what_is_no_message_is_no_error(answer: bytes) -> None:
    assert rejected_records(answer) >= 0
    retry_delay(answer)


def test_the_pause_a_grpc_collector_asks_for() -> None:
    duration = b"\x08" + varint(3) + b"\x10" + varint(500_000_000)
    info = message_field(b"\x0a", b"type.googleapis.com/google.rpc.RetryInfo")
    info += message_field(b"\x12", message_field(b"\x0a", duration))
    other = message_field(b"\x1a", message_field(b"\x0a", b"type.googleapis.com/google.rpc.Help"))
    status = b"\x08\x08" + message_field(b"\x12", b"busy") + other + message_field(b"\x1a", info)
    assert retry_delay(status) == 3.5
    assert retry_delay(b"\x08\x08" + other) is None
