"""The spans of a request: tree, status, links, and that nothing leaks into the current context."""

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, ParentBased, Sampler
from opentelemetry.trace import SpanContext, SpanKind, StatusCode, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gate.core.decision import RouteDecision
from gate.core.execution import Execution, Outcome
from gate.core.failure import FailureKind
from gate.telemetry.attempt_view import attempt_view
from gate.telemetry.span_attributes import ServerFacts
from gate.telemetry.spans import RequestSpans, SessionLinks
from gate.telemetry.view import view
from tests.telemetry import samples

FACTS = ServerFacts("POST", "/v1/messages", "http", "/v1/messages")
REMOTE = SpanContext(
    0x0AF7651916CD43DD8448EB211C80319C,
    0xB7AD6B7169203331,
    is_remote=True,
    trace_flags=TraceFlags(1),
    trace_state=trace.TraceState([("vendor", "1")]),
)
REMOTE_CONTEXT = baggage.set_baggage(
    "tenant", "x", trace.set_span_in_context(trace.NonRecordingSpan(REMOTE), context.Context())
)


class Traced:
    """A provider and what it exported."""

    def __init__(self, sampler: Sampler | None = None) -> None:
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider(sampler=sampler, shutdown_on_exit=False)
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("gate")

    def carry_out(self, spans: RequestSpans, chosen: RouteDecision, execution: Execution) -> None:
        spans.record_plan(chosen, 1_000, 2_000)
        for record in execution.attempts:
            one = spans.start_attempt(operation="chat", provider="anthropic", model=record.model)
            one.end(attempt_view(chosen, record))
        spans.finish(view(chosen, execution))

    def request(self, chosen: RouteDecision, execution: Execution) -> list[ReadableSpan]:
        self.carry_out(RequestSpans(self.tracer, FACTS), chosen, execution)
        return self.spans

    @property
    def spans(self) -> list[ReadableSpan]:
        return list(self.exporter.get_finished_spans())

    def named(self, prefix: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name.startswith(prefix)]
        return found


@pytest.fixture
def traced() -> Traced:
    return Traced()


def status(span: ReadableSpan) -> StatusCode:
    return span.status.status_code


def test_the_tree(traced: Traced) -> None:
    spans = traced.request(*samples.downgraded())
    server, route, plan = traced.named("POST"), traced.named("route"), traced.named("plan")
    attempts = [span for span in spans if span.kind is SpanKind.CLIENT]
    assert (server.name, server.kind, server.parent) == ("POST /v1/messages", SpanKind.SERVER, None)
    assert (route.name, route.kind) == ("route auto", SpanKind.INTERNAL)
    assert route.parent == server.context
    assert plan.parent == route.context
    assert [span.parent for span in attempts] == [route.context] * 4
    assert [span.name for span in attempts][:2] == ["chat claude-sonnet-4-6", "chat anthropic/claude-sonnet-4.6"]
    # Children end before their parents.
    assert [span.name.split()[0] for span in spans] == ["plan", "chat", "chat", "chat", "chat", "route", "POST"]
    assert (plan.start_time, plan.end_time, route.start_time) == (1_000, 2_000, 1_000)
    assert len(plan.events) == 3


def test_a_handled_failure_marks_only_its_attempt(traced: Traced) -> None:
    spans = traced.request(*samples.downgraded())
    attempts = [span for span in spans if span.kind is SpanKind.CLIENT]
    assert [status(span) for span in attempts] == [StatusCode.ERROR] * 3 + [StatusCode.UNSET]
    kinds = [(span.attributes or {}).get("error.type") for span in attempts]
    assert kinds == ["rate_limited", "overloaded", "connection_reset", None]
    assert status(traced.named("route")) is StatusCode.UNSET
    assert status(traced.named("POST")) is StatusCode.UNSET


@pytest.mark.parametrize(
    ("outcome", "http", "kind", "route", "server"),
    [
        (Outcome.UPSTREAM_ERROR, 429, FailureKind.RATE_LIMITED, StatusCode.ERROR, StatusCode.UNSET),
        (Outcome.UPSTREAM_ERROR, 400, FailureKind.INVALID_REQUEST, StatusCode.UNSET, StatusCode.UNSET),
        (Outcome.UPSTREAM_ERROR, 502, FailureKind.DNS_ERROR, StatusCode.ERROR, StatusCode.ERROR),
        (Outcome.NO_ROUTE, 503, None, StatusCode.ERROR, StatusCode.ERROR),
        (Outcome.NO_ROUTE, 404, None, StatusCode.UNSET, StatusCode.UNSET),
        (Outcome.INTERRUPTED, 200, FailureKind.TRUNCATED_STREAM, StatusCode.ERROR, StatusCode.ERROR),
        (Outcome.CLIENT_GONE, None, FailureKind.CLIENT_GONE, StatusCode.UNSET, StatusCode.UNSET),
    ],
)
def test_status(
    traced: Traced, outcome: Outcome, http: int | None, kind: FailureKind | None, route: StatusCode, server: StatusCode
) -> None:
    chosen = samples.decision()
    records = () if kind is None else (samples.record(0, chosen.attempts[0], kind),)
    traced.request(chosen, Execution(records, outcome, http, None, duration_s=1.0, upstream_s=0.5))
    assert status(traced.named("route")) is route
    assert status(traced.named("POST")) is server
    assert (traced.named("POST").attributes or {})["gate.outcome"] == outcome.value


def test_a_client_that_left_is_no_error_of_the_attempt(traced: Traced) -> None:
    chosen = samples.decision()
    left = samples.record(0, chosen.attempts[0], FailureKind.CLIENT_GONE)
    traced.request(chosen, Execution((left,), Outcome.CLIENT_GONE, duration_s=1.0, upstream_s=0.5))
    attempt = traced.named("chat")
    assert status(attempt) is StatusCode.UNSET
    assert (attempt.attributes or {})["gate.attempt.cancelled_by"] == "client_gone"
    assert "error.type" not in (attempt.attributes or {})


def test_a_rejected_request_is_one_span(traced: Traced) -> None:
    spans = RequestSpans(traced.tracer, FACTS)
    spans.rejected(400, "invalid_json", "rejected")
    spans.rejected(500, "internal_error", "internal_error")
    (server,) = traced.spans
    assert status(server) is StatusCode.UNSET
    attributes = server.attributes or {}
    assert (attributes["http.response.status_code"], attributes["gate.error.code"]) == (400, "invalid_json")


def test_everything_ends_once_whatever_was_forgotten(traced: Traced) -> None:
    chosen, execution = samples.one_attempt()
    spans = RequestSpans(traced.tracer, FACTS)
    spans.record_plan(chosen, 1, 2)
    forgotten = spans.start_attempt(operation="chat", provider="p", model="m")
    flat = view(chosen, execution)
    spans.finish(flat)
    forgotten.end(attempt_view(chosen, execution.attempts[0]))
    spans.finish(flat)
    spans.rejected(500, None, "internal_error")
    assert sorted(span.name for span in traced.spans) == ["POST /v1/messages", "chat m", "plan", "route auto"]


def test_end_times_are_taken_as_given(traced: Traced) -> None:
    chosen, execution = samples.one_attempt()
    spans = RequestSpans(traced.tracer, FACTS, start_ns=500)
    spans.start_route(chosen, 600)
    spans.start_attempt(operation="chat", provider="p", model="m", start_ns=700).end(None, 800)
    spans.finish(view(chosen, execution), 900)
    times = {span.name: (span.start_time, span.end_time) for span in traced.spans}
    assert times == {"POST /v1/messages": (500, 900), "route auto": (600, 900), "chat m": (700, 800)}


def test_a_trusted_context_is_continued_with_its_baggage(traced: Traced) -> None:
    spans = RequestSpans(traced.tracer, FACTS, remote=REMOTE_CONTEXT)
    attempt = spans.start_attempt(operation="chat", provider="p", model="m")
    assert spans.server_context.trace_id == REMOTE.trace_id
    assert baggage.get_baggage("tenant", attempt.context) == "x"
    assert attempt.span_context.trace_state.get("vendor") == "1"
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, attempt.context)
    assert f"{attempt.span_context.span_id:016x}" in carrier["traceparent"]


def test_an_untrusted_context_is_linked_and_nothing_of_it_goes_on(traced: Traced) -> None:
    spans = RequestSpans(traced.tracer, FACTS, remote=REMOTE_CONTEXT, trusted=False)
    attempt = spans.start_attempt(operation="chat", provider="p", model="m")
    assert spans.server_context.trace_id != REMOTE.trace_id
    assert baggage.get_all(attempt.context) == {}
    assert len(attempt.span_context.trace_state) == 0
    spans.rejected(400, None, "rejected")
    (link,) = traced.named("POST").links
    assert link.context == REMOTE
    assert dict(link.attributes or {}) == {"gate.link.kind": "remote_parent"}


def test_nothing_is_attached_and_nothing_current_is_taken(traced: Traced) -> None:
    current = traced.tracer.start_span("someone else's")
    with trace.use_span(current):
        traced.request(*samples.one_attempt())
        assert trace.get_current_span() is current
    assert traced.named("POST").parent is None


def test_what_is_not_sampled_is_not_recorded_but_propagates() -> None:
    traced = Traced(ParentBased(ALWAYS_OFF))
    chosen, execution = samples.one_attempt()
    spans = RequestSpans(traced.tracer, FACTS)
    spans.record_plan(chosen, 1, 2)
    attempt = spans.start_attempt(operation="chat", provider="p", model="m")
    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier, attempt.context)
    version, trace_id, _, flags = carrier["traceparent"].split("-")
    assert (version, int(trace_id, 16), int(flags, 16) & 1) == ("00", spans.server_context.trace_id, 0)
    attempt.end(attempt_view(chosen, execution.attempts[0]))
    spans.finish(view(chosen, execution))
    assert traced.spans == []


def test_requests_of_a_session_are_linked(traced: Traced) -> None:
    sessions = SessionLinks()
    for _ in range(2):
        traced.carry_out(RequestSpans(traced.tracer, FACTS, sessions=sessions), *samples.one_attempt())
    first, second = [span for span in traced.spans if span.kind is SpanKind.SERVER]
    assert first.links == ()
    (link,) = second.links
    assert link.context == first.context
    assert dict(link.attributes or {}) == {"gate.link.kind": "session"}


def test_sessions_are_bounded_and_belong_to_a_key() -> None:
    sessions = SessionLinks(limit=2)
    assert sessions.swap(None, "a", REMOTE) is None
    assert sessions.swap("team", "a", REMOTE) is None
    assert sessions.swap(None, "a", REMOTE) is REMOTE
    sessions.swap(None, "b", REMOTE)
    assert len(sessions) == 2
    assert sessions.swap("team", "a", REMOTE) is None


def test_an_explicit_target_names_the_route_span(traced: Traced) -> None:
    _, execution = samples.one_attempt()
    resolution = samples.Resolution("lane:x", samples.ResolvedBy.LANE, "lane:x")
    traced.request(samples.decision(resolution=resolution), execution)
    assert traced.named("route").name == "route lane:x"
