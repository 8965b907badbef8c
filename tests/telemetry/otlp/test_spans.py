"""Every span as the published messages say it, and the whole request."""

from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, Status, StatusCode

from gate.telemetry.otlp.spans import SpanEncoder, encode_spans
from gate.telemetry.otlp.wire import envelope
from tests.telemetry.otlp.samples import RESOURCE, SCOPES, pairs, received_spans, span_message, spans

ENCODER = SpanEncoder()


@given(spans)
def test_a_span_is_the_message_it_should_be(span: ReadableSpan) -> None:
    assert received_spans(envelope([ENCODER.encode(span)])) == [span_message(span)]


@given(st.lists(spans, max_size=6))
def test_a_request_groups_by_scope_and_loses_nothing(given_spans: list[ReadableSpan]) -> None:
    request = ExportTraceServiceRequest.FromString(encode_spans(given_spans))
    assert len(request.resource_spans) == (1 if given_spans else 0)
    seen: list[tuple[str, bytes]] = []
    for part in request.resource_spans:
        assert list(part.resource.attributes) == pairs(RESOURCE.attributes)
        assert part.schema_url == RESOURCE.schema_url
        for scope in part.scope_spans:
            seen += [(scope.scope.name, span.span_id) for span in scope.spans]
    wanted: list[tuple[str, bytes]] = []
    for scope in dict.fromkeys(span.instrumentation_scope for span in given_spans):
        for span in given_spans:
            if span.instrumentation_scope is scope:
                wanted.append(("" if scope is None else scope.name, span_message(span).span_id))
    assert sorted(seen) == sorted(wanted)


def test_spans_of_the_sdk_itself() -> None:
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE, shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracer = provider.get_tracer("gate", "0.1.0", "https://schema/s")
    with tracer.start_as_current_span("POST /v1/messages", kind=SpanKind.SERVER) as server:
        server.set_attribute("http.response.status_code", 200)
        with tracer.start_as_current_span("chat claude", kind=SpanKind.CLIENT, attributes={"n": [1, 2]}) as attempt:
            attempt.add_event("gate.candidate", {"gate.candidate.route": "r"})
            attempt.set_status(Status(StatusCode.ERROR, "rate limited"))
    finished = memory.get_finished_spans()
    assert len(finished) == 2
    assert received_spans(encode_spans(finished)) == [span_message(span) for span in finished]


def test_scopes_are_told_apart() -> None:
    assert len({id(scope) for scope in SCOPES}) == 3
