"""The spans of one request, as the engine's adapter drives them: SERVER, route, plan, one CLIENT span per attempt.

Promises: parents and order are those of the tree in docs (SERVER > route > plan, attempts); a failed attempt is an
error, its parents are not when another one served; every span is ended once, children before parents, whatever was
forgotten or done twice; nothing is attached to the current context, contexts are handed out instead; what is not
sampled costs next to nothing and still propagates.
"""

from collections import OrderedDict
from collections.abc import Callable
from time import time_ns
from typing import Any, Protocol

from opentelemetry.context import Context
from opentelemetry.trace import (
    Link,
    Span,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
)

from gate.core.decision import RouteDecision
from gate.core.execution import Execution
from gate.telemetry import names
from gate.telemetry.attempt_view import AttemptView
from gate.telemetry.metrics.record import http_error
from gate.telemetry.span_attributes import (
    ATTEMPT,
    ServerFacts,
    Table,
    attempt_end,
    attempt_name,
    attempt_start,
    plan_story,
    rejected_end,
    route_attributes,
    route_name,
    server_end,
    server_name,
    server_start,
)
from gate.telemetry.view import DecisionView, nobody_served

_NOTHING = Execution()
_ERROR = Status(StatusCode.ERROR)
_REMOTE_PARENT = {names.GATE_LINK_KIND: "remote_parent"}
_SESSION = {names.GATE_LINK_KIND: "session"}


class StartsSpans(Protocol):
    """What is needed of a tracer: the SDK's and `lean.LeanTracer` both do."""

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Any = None,
        links: Any = (),
        start_time: int | None = None,
    ) -> Span: ...


class SessionLinks:
    """The latest root span of each client session, for at most `limit` sessions. One per worker."""

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._latest: OrderedDict[tuple[str | None, str], SpanContext] = OrderedDict()

    def swap(self, client_key: str | None, session_id: str, context: SpanContext) -> SpanContext | None:
        """Remember this root as the session's latest; the one before it, if it is known. A session belongs to a client
        key, so that one client cannot link to another's."""
        key = client_key, session_id[:256]
        before = self._latest.pop(key, None)
        self._latest[key] = context
        if len(self._latest) > self._limit:
            self._latest.popitem(last=False)
        return before

    def __len__(self) -> int:
        return len(self._latest)


class AttemptSpan:
    """The span of one upstream call. context: to be current during the call, so that the wire request is its child."""

    __slots__ = ("_ended", "_span", "_table", "context")

    def __init__(self, span: Span, base: Context, table: Table = ATTEMPT) -> None:
        self._span = span
        self._table = table
        self._ended = False
        self.context = set_span_in_context(span, base)

    @property
    def span_context(self) -> SpanContext:
        return self._span.get_span_context()

    def end(self, flat: AttemptView | None, end_ns: int | None = None) -> None:
        """End it with what happened; None when nothing is known. Harmless the second time."""
        if self._ended:
            return
        self._ended = True
        span = self._span
        if flat is not None and span.is_recording():
            span.set_attributes(attempt_end(flat, self._table))
            if flat.error_type is not None:
                span.set_status(Status(StatusCode.ERROR, flat.error_detail))
        span.end(end_ns)


class RequestSpans:
    """The spans of one request. Times in nanoseconds since 1970; None means now."""

    def __init__(
        self,
        tracer: StartsSpans,
        facts: ServerFacts,
        *,
        remote: Context | None = None,
        trusted: bool = True,
        sessions: SessionLinks | None = None,
        attempts: Table = ATTEMPT,
        start_ns: int | None = None,
    ) -> None:
        """Starts the SERVER span. remote: what was extracted from the request's headers; continued when trusted, else
        a new trace begins that links to it. attempts: what attempts' spans say (`attempt_table`)."""
        self._tracer = tracer
        self._sessions = sessions
        self._table = attempts
        links: list[Link] = []
        base = Context() if remote is None else remote
        if remote is not None and not trusted:
            sender = get_current_span(remote).get_span_context()
            if sender.is_valid:
                links.append(Link(sender, _REMOTE_PARENT))
            base = Context()
        self._server = tracer.start_span(
            server_name(facts), base, SpanKind.SERVER, server_start(facts), links, start_ns
        )
        self._base = base
        self._server_context = set_span_in_context(self._server, base)
        self._route: Span | None = None
        self._route_context: Context | None = None
        self._attempts: list[AttemptSpan] = []
        self._ended = False

    @property
    def server_context(self) -> SpanContext:
        """For `traceresponse` and exemplars."""
        return self._server.get_span_context()

    @property
    def context(self) -> Context:
        """With the SERVER span as current span, for log records."""
        return self._server_context

    def start_route(self, decision: RouteDecision, start_ns: int | None = None) -> None:
        """The decision is made: open the route span, link the client's session. All that it says is set at its end, at
        once: one flattening less for every request."""
        if self._route is not None:
            return
        self._route = self._tracer.start_span(
            route_name(decision.resolution.intent), self._server_context, SpanKind.INTERNAL, start_time=start_ns
        )
        self._route_context = set_span_in_context(self._route, self._base)
        session = decision.request.session.id
        if session is not None and self._sessions is not None:
            before = self._sessions.swap(decision.request.client_key, session, self.server_context)
            if before is not None:
                self._server.add_link(before, _SESSION)

    def record_plan(self, decision: RouteDecision, start_ns: int, end_ns: int) -> None:
        """The plan span, after the fact, with one event per candidate. Opens the route span when that is not open."""
        self.start_route(decision, start_ns)
        if self._route is None or not self._route.is_recording():
            return
        attributes, candidates = plan_story(decision)
        span = self._tracer.start_span("plan", self._route_context, SpanKind.INTERNAL, attributes, start_time=start_ns)
        for candidate in candidates:
            span.add_event(names.EVENT_GATE_CANDIDATE, candidate, end_ns)
        span.end(end_ns)

    def start_attempt(
        self,
        *,
        operation: str,
        provider: str,
        model: str,
        server_address: str | None = None,
        server_port: int | None = None,
        start_ns: int | None = None,
    ) -> AttemptSpan:
        """provider: value of `gen_ai.provider.name`. model: the name sent upstream."""
        parent = self._server_context if self._route_context is None else self._route_context
        span = self._tracer.start_span(
            attempt_name(operation, model),
            parent,
            SpanKind.CLIENT,
            attempt_start(operation, provider, model, server_address, server_port),
            start_time=start_ns,
        )
        attempt = AttemptSpan(span, self._base, self._table)
        self._attempts.append(attempt)
        return attempt

    def finish(self, flat: DecisionView, end_ns: int | None = None) -> None:
        """The end of a request with a decision. Harmless the second time."""
        if self._ended:
            return
        end = self._close_attempts(end_ns)
        route = self._route
        if route is not None:
            if route.is_recording():
                attributes = route_attributes(flat)
                unserved = nobody_served(flat)
                if unserved is not None:
                    attributes[names.ERROR_TYPE] = unserved
                    route.set_status(_ERROR)
                route.set_attributes(attributes)
            route.end(end)
        self._end_server(lambda error: server_end(flat, error), flat.status, flat.outcome, end)

    def rejected(self, status: int | None, code: str | None, outcome: str, end_ns: int | None = None) -> None:
        """The end of a request without a decision. Harmless the second time."""
        if self._ended:
            return
        end = self._close_attempts(end_ns)
        if self._route is not None:
            self._route.end(end)
        self._end_server(lambda error: rejected_end(status, code, outcome, error), status, outcome, end)

    def _close_attempts(self, end_ns: int | None) -> int:
        self._ended = True
        end = time_ns() if end_ns is None else end_ns
        for attempt in self._attempts:
            attempt.end(None, end)
        return end

    def _end_server(
        self, attributes: Callable[[str | None], dict[str, object]], status: int | None, outcome: str | None, end: int
    ) -> None:
        server = self._server
        if server.is_recording():
            error = http_error(status, outcome)
            server.set_attributes(attributes(error))  # pyright: ignore[reportArgumentType]
            if error is not None:
                server.set_status(_ERROR)
        server.end(end)
