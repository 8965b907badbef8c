"""One request's telemetry, as the engine drives it: spans while it runs, and at its end the numbers and the line."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.trace import SpanContext, format_span_id, format_trace_id

from gate.core.decision import PlannedAttempt, Relation, RouteDecision
from gate.core.execution import AttemptRecord, Execution, Outcome
from gate.engine.ports import AttemptScope, Header, Inbound
from gate.engine.snapshot import Target
from gate.telemetry.attempt_view import AttemptView, attempt_view
from gate.telemetry.headers import early_headers, response_headers, trace_headers
from gate.telemetry.logs import FIELDS, REQUEST_LOGGER, log_request
from gate.telemetry.metrics.record import HttpFacts
from gate.telemetry.propagation import RemoteContext, extract, remote_context, with_policy
from gate.telemetry.span_attributes import ServerFacts
from gate.telemetry.spans import AttemptSpan, RequestSpans
from gate.telemetry.view import view

if TYPE_CHECKING:
    from gate.telemetry.setup import WorkerTelemetry


class Scope:
    """`engine.ports.RequestScope`."""

    __slots__ = ("_attempts", "_http", "_remote", "_telemetry", "spans")

    def __init__(self, telemetry: "WorkerTelemetry", inbound: Inbound, trusted: bool) -> None:
        self._telemetry = telemetry
        self._remote: RemoteContext | None = extract(inbound.headers)
        self._http = HttpFacts(inbound.method, inbound.route, inbound.scheme)
        self._attempts: list[AttemptView] = []
        self.spans = RequestSpans(
            telemetry.tracer,
            _facts(inbound),
            remote=None if self._remote is None else remote_context(self._remote),
            trusted=trusted,
            sessions=telemetry.sessions,
            attempts=telemetry.attempt_table,
            start_ns=inbound.received_ns,
        )
        if not trusted:
            self._remote = None

    def decided(self, decision: RouteDecision, plan_started_ns: int, plan_ended_ns: int) -> None:
        self.spans.record_plan(decision, plan_started_ns, plan_ended_ns)
        self._telemetry.recorder.planned((plan_ended_ns - plan_started_ns) / 1e9)

    def attempt(
        self, decision: RouteDecision, planned: PlannedAttempt, index: int, relation: Relation, target: Target
    ) -> AttemptScope:
        address, port = address_of(target.base_url)
        span = self.spans.start_attempt(
            operation=decision.request.operation.value,
            provider=target.profile.gen_ai_name,
            model=planned.model,
            server_address=address,
            server_port=port,
        )
        return _Attempt(
            self._attempts, decision, span, target, with_policy(span.context, target.propagate, self._remote)
        )

    def headers(self, decision: RouteDecision, execution: Execution) -> Sequence[Header]:
        return response_headers(view(decision, execution, self._telemetry.view_settings), self.spans.server_context)

    def early_headers(self, decision: RouteDecision) -> Sequence[Header]:
        return early_headers(decision.id, self.spans.server_context)

    def error_headers(self) -> Sequence[Header]:
        return trace_headers(self.spans.server_context)

    def rejected(self, code: str | None, outcome: Outcome, status: int | None, duration_s: float) -> None:
        self.spans.rejected(status, code, outcome.value)
        trace_id, span_id = _hex(self.spans.server_context)
        exemplar = (trace_id, span_id) if self.spans.server_context.trace_flags.sampled else (None, None)
        self._telemetry.recorder.rejected(self._http, code, outcome.value, status, duration_s, *exemplar)
        if self._telemetry.log_requests:
            fields = {"outcome": outcome.value, "error_code": code, "status": status, "route": self._http.route}
            told = {name: value for name, value in {**fields, "duration_s": duration_s}.items() if value is not None}
            extra = {FIELDS: told, "trace_id": trace_id, "span_id": span_id}
            logging.getLogger(REQUEST_LOGGER).info("request", extra=extra)

    def finished(self, decision: RouteDecision, execution: Execution) -> None:
        telemetry = self._telemetry
        flat = view(decision, execution, telemetry.view_settings)
        self.spans.finish(flat)
        context = self.spans.server_context
        trace_id, span_id = _hex(context)
        exemplar = (trace_id, span_id) if context.trace_flags.sampled else (None, None)
        telemetry.recorder.record(flat, self._attempts, *exemplar, self._http)
        if telemetry.log_requests:
            log_request(flat, trace_id, span_id)


class _Attempt:
    """`engine.ports.AttemptScope`: the attempt's span, and the context in which its one call is made."""

    __slots__ = ("_decision", "_ended", "_span", "_target", "context")

    def __init__(
        self, ended: list[AttemptView], decision: RouteDecision, span: AttemptSpan, target: Target, context: Context
    ) -> None:
        self._ended = ended
        self._decision = decision
        self._span = span
        self._target = target
        self.context: Any = context

    def end(self, record: AttemptRecord) -> None:
        address, port = address_of(self._target.base_url)
        name = self._target.profile.gen_ai_name
        flat = attempt_view(self._decision, record, gen_ai_provider=name, server_address=address, server_port=port)
        self._ended.append(flat)
        self._span.end(flat)


_ADDRESSES: dict[str, tuple[str | None, int | None]] = {}


def address_of(base_url: str) -> tuple[str | None, int | None]:
    """Host and port of a provider; nothing for the simulated one. There are as many as providers: they are kept."""
    found = _ADDRESSES.get(base_url)
    if found is None:
        parts = urlsplit(base_url)
        port = None if parts.hostname is None else parts.port or (443 if parts.scheme == "https" else 80)
        found = _ADDRESSES[base_url] = parts.hostname, port
    return found


def _hex(context: SpanContext) -> tuple[str | None, str | None]:
    if not context.is_valid:
        return None, None
    return format_trace_id(context.trace_id), format_span_id(context.span_id)


def _facts(inbound: Inbound) -> ServerFacts:
    agent = host = None
    for name, value in inbound.headers:
        if name == b"user-agent":
            agent = value
        elif name == b"host":
            host = value
    address, port = _host(host, inbound)
    return ServerFacts(
        method=inbound.method,
        path=inbound.path,
        scheme=inbound.scheme,
        route=inbound.route,
        query=inbound.query.decode("latin-1"),
        http_version=inbound.http_version,
        user_agent=None if agent is None else agent.decode("latin-1"),
        client_address=None if inbound.peer is None else inbound.peer[0],
        server_address=address,
        server_port=port,
    )


def _host(host: bytes | None, inbound: Inbound) -> tuple[str | None, int | None]:
    if not host:
        return inbound.server if inbound.server is not None else (None, None)
    name, _, port = host.decode("latin-1").rpartition(":")
    if name and port.isdigit() and len(port) <= 5:
        return name, int(port)
    return host.decode("latin-1"), 443 if inbound.scheme == "https" else 80
