from __future__ import annotations

from collections.abc import Iterator

import pytest

from gate.cli.trace_model import Span, Trace, from_jaeger, from_otlp, trace_of
from tests.cli import traces


def read(spans: Iterator[Span]) -> Trace:
    trace = trace_of(traces.TRACE, spans)
    assert trace is not None
    return trace


def test_otlp_json_is_read() -> None:
    trace = read(from_otlp(traces.whole()))
    assert [span.name for span in trace.spans] == [
        "task",
        "POST /v1/messages",
        "route working",
        "chat model-one",
        "chat model-two",
    ]
    failed = trace.spans[3]
    assert (failed.kind, failed.status, failed.status_message) == ("client", "error", "the upstream answered 429")
    assert failed.parent_id == traces.ROUTE
    assert failed.seconds == pytest.approx(0.03)
    assert failed.attributes["http.response.status_code"] == 429
    assert trace.spans[2].attributes["gate.executed.order"] == ["first/model-one", "second/model-two"]
    assert [span.service for span in trace.spans] == ["agent", "gate", "gate", "gate", "gate"]


def test_what_protobuf_writes_is_the_same_trace() -> None:
    wanted = read(from_otlp(traces.whole()))
    protobuf = traces.as_protobuf_json(traces.whole())
    assert protobuf["resourceSpans"][0]["scopeSpans"][0]["spans"][0]["spanId"] != traces.SERVER
    assert read(from_otlp(protobuf)) == wanted
    assert read(from_otlp({"batches": protobuf["resourceSpans"]})) == wanted


def test_jaegers_own_form_is_the_same_trace() -> None:
    wanted = read(from_otlp(traces.otlp(gate=traces.gate_spans())))
    found = read(from_jaeger(traces.jaeger_own()))
    assert [(one.span_id, one.parent_id, one.kind, one.status) for one in found.spans] == [
        (one.span_id, one.parent_id, one.kind, one.status) for one in wanted.spans
    ]
    assert [(one.start_ns, one.end_ns) for one in found.spans] == [(one.start_ns, one.end_ns) for one in wanted.spans]
    assert found.spans[2].status_message == "the upstream answered 429"


def test_nothing_is_no_trace() -> None:
    assert trace_of(traces.TRACE, from_otlp({})) is None
    assert trace_of(traces.TRACE, from_otlp({"resourceSpans": [{"scopeSpans": None}]})) is None


def test_a_span_that_came_twice_is_there_once() -> None:
    twice = traces.otlp(gate=[*traces.gate_spans(), *traces.gate_spans()])
    assert len(read(from_otlp(twice)).spans) == 4


def test_the_tree_can_be_walked() -> None:
    trace = read(from_otlp(traces.whole()))
    (root,) = trace.roots()
    assert (root.span_id, root.parent_id) == (traces.CLIENT, "f" * 16)
    assert [span.span_id for span in trace.under(root)] == [span.span_id for span in trace.spans]
    assert [span.span_id for span in trace.above(trace.spans[3])] == [traces.ROUTE, traces.SERVER, traces.CLIENT]
