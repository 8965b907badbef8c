"""Counts what the views say. The one place where a number of `/metrics` is made from a request.

Everything here runs in the event loop's thread; `exported`, `dropped` and `queued` may be called from any. Label values
are bounded here, by the registry and the configuration in force.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from gate.core.allowance import AllowanceKind
from gate.core.failure import RULES, FailureKind
from gate.telemetry.attempt_view import AttemptView
from gate.telemetry.metrics.bounds import NONE, OTHER, Bounds
from gate.telemetry.metrics.genai import INFERENCE, counters_of
from gate.telemetry.metrics.instruments import Exemplar, Instruments
from gate.telemetry.view import DecisionView

ABSENT = ""
"""A convention attribute that is not there: an empty label is no label."""
EXPLICIT = "explicit"
_STATES = {"closed": 0.0, "half_open": 1.0, "open": 2.0}


@dataclass(frozen=True, slots=True)
class HttpFacts:
    """What the HTTP metric says of a request besides its view. route: the path template, None when no path matched."""

    method: str
    route: str | None
    scheme: str


class Recorder:
    """Turns views into numbers. One per worker. profile: of the semantic conventions, None for the default."""

    def __init__(self, instruments: Instruments, profile: str | None = None) -> None:
        self.bounds = Bounds(instruments.registry)
        self._i = instruments
        self._lane = self.bounds["gate.lane"]
        self._route = self.bounds["gate.route"]
        self._provider = self.bounds["gate.provider"]
        self._profile = self.bounds["gate.client.profile"]
        self._failure = self.bounds["error.type"]
        self._intents = self.bounds["gate.intent.name"]
        self._outcome = self.bounds["gate.outcome"]
        self._model = self.bounds["gen_ai.request.model"]
        self._response_model = self.bounds["gen_ai.response.model"]
        self._gen_ai_provider = self.bounds["gen_ai.provider.name"]
        self._requests = instruments.counter("gate.requests")
        self._duration = instruments.histogram("gate.request.duration")
        self._client_duration = instruments.histogram("gate.client_request.duration")
        self._http = instruments.histogram("http.server.request.duration")
        self._calls = counters_of(instruments, profile or instruments.registry.default_profile)
        self._attempts = instruments.counter("gate.attempts")
        self._attempt_duration = instruments.histogram("gate.attempt.duration")
        self._attempt_first = instruments.histogram("gate.attempt.first_chunk")
        self._tokens = instruments.counter("gate.tokens")
        self._priced = instruments.counter("gate.priced_attempts")
        self._spend = instruments.counter("gate.spend.usd")
        self._overhead = instruments.histogram("gate.overhead").labels()
        self._in_flight = instruments.gauge("gate.in_flight_requests").labels()
        self._plan = instruments.histogram("gate.plan.duration").labels()

    # -- one request ended

    def record(
        self,
        view: DecisionView,
        attempts: Sequence[AttemptView],
        trace_id: str | None,
        span_id: str | None,
        http: HttpFacts | None = None,
    ) -> None:
        """Count a request that got a decision. trace_id, span_id: hex, of a sampled trace (the exemplar), else None."""
        exemplar = Exemplar(trace_id, span_id) if trace_id and span_id else None
        intent, lane = self.intent_label(view), self._lane(view.serving_lane)
        outcome, relation = self._outcome(view.outcome), view.relation or NONE
        self._requests.labels(intent, lane, self._route(view.serving_route), relation, outcome).inc(1.0, exemplar)
        if view.duration_s is not None:
            self._duration.labels(intent, outcome).observe(view.duration_s, exemplar)
            self._client_duration.labels(self._profile(view.client_profile), outcome).observe(view.duration_s, exemplar)
            self._http_duration(http, view.status, view.outcome, view.duration_s, exemplar)
        if view.overhead_s is not None:
            self._overhead.observe(view.overhead_s, exemplar)
        if view.first_chunk_s is not None:
            self._i.histogram("gate.time_to_first_chunk").labels(intent, lane).observe(view.first_chunk_s, exemplar)
        if view.error_code is not None:
            self._error(view.error_code)
        if view.premium_escalation:
            escalations = self._i.counter("gate.premium_escalations")
            escalations.labels(intent, self._profile(view.client_profile)).inc(1.0, exemplar)
        self._adaptive(view, exemplar)
        before: AttemptView | None = None
        for attempt in attempts:
            self._attempt(attempt, view, exemplar)
            if attempt.relation != "primary":
                self._fallback(before, attempt, view, exemplar)
            before = attempt
        if view.outcome == "interrupted" and before is not None:
            interruptions = self._i.counter("gate.stream_interruptions")
            labels = self._provider(before.provider), self._failure(before.error_type or before.cancelled_by)
            interruptions.labels(*labels).inc(1.0, exemplar)

    def rejected(
        self,
        http: HttpFacts | None,
        code: str | None,
        outcome: str,
        status: int | None,
        duration_s: float,
        trace_id: str | None = None,
        span_id: str | None = None,
    ) -> None:
        """Count a request that ended without a decision."""
        exemplar = Exemplar(trace_id, span_id) if trace_id and span_id else None
        bounded = self._outcome(outcome)
        self._requests.labels(NONE, NONE, NONE, NONE, bounded).inc(1.0, exemplar)
        self._duration.labels(NONE, bounded).observe(duration_s, exemplar)
        self._client_duration.labels(NONE, bounded).observe(duration_s, exemplar)
        self._http_duration(http, status, outcome, duration_s, exemplar)
        if code is not None:
            self._error(code)

    def http(self, http: HttpFacts, status: int, duration_s: float) -> None:
        """Count an answer that is no model request (/healthz, /metrics, ...): only the HTTP metric has it."""
        self._http_duration(http, status, None, duration_s, None)

    def intent_label(self, view: DecisionView) -> str:
        """The configured intent; `explicit` for a lane or model asked for by name, `other` for an unknown one."""
        known = self._intents(view.intent)
        if known != OTHER:
            return known
        return OTHER if view.resolved_by == "not_found" else EXPLICIT

    def _attempt(self, attempt: AttemptView, view: DecisionView, exemplar: Exemplar | None) -> None:
        provider, route, lane = self._provider(attempt.provider), self._route(attempt.route), self._lane(attempt.lane)
        failure = self._failure(attempt.error_type or attempt.cancelled_by)
        self._attempts.labels(provider, route, failure).inc(1.0, exemplar)
        if attempt.dialect != view.dialect:
            translations = self._i.counter("gate.translations")
            translations.labels(view.dialect, attempt.dialect, provider, failure).inc(1.0, exemplar)
        if attempt.losses:
            self._losses(attempt, view, exemplar)
        if attempt.hedge:
            result = "won" if attempt.route == view.serving_route and attempt.error_type is None else "lost"
            self._i.counter("gate.hedges").labels(provider, result).inc(1.0, exemplar)
        if attempt.estimate_error is not None:
            self._i.histogram("gate.token_estimate.error").labels(provider, lane).observe(abs(attempt.estimate_error))
        self._attempt_duration.labels(provider, route).observe(attempt.duration_s, exemplar)
        if attempt.first_chunk_s is not None and attempt.stream:
            self._attempt_first.labels(provider, route).observe(attempt.first_chunk_s, exemplar)
        response_model = ABSENT if attempt.response_model is None else self._response_model(attempt.response_model)
        operation = attempt.operation
        common = operation, self._gen_ai_provider(attempt.gen_ai_provider), self._model(attempt.model), response_model
        error = ABSENT if attempt.error_type is None else failure
        for count in self._calls:
            count(attempt, common, error, exemplar)
        if operation == INFERENCE:
            self._count_tokens(attempt, provider, lane, self._profile(view.client_profile))
            if attempt.billable:
                self._cost(attempt, provider, lane, self._profile(view.client_profile), exemplar)

    def _adaptive(self, view: DecisionView, exemplar: Exemplar | None) -> None:
        """Rules, sessions and the candidate policy; of most requests there is nothing to say."""
        if view.rule is not None:
            self._i.counter("gate.rule_matches").labels(self.bounds["gate.rule.name"](view.rule)).inc(1.0, exemplar)
        if view.stickiness is not None and view.operation == INFERENCE:  # counting tokens leaves no session anywhere
            self._i.counter("gate.sticky_requests").labels(view.stickiness).inc(1.0, exemplar)
        if view.cache_loss_usd is not None:
            place = self._provider(view.serving_provider), self._lane(view.serving_lane)
            self._i.counter("gate.cache_loss.usd").labels(*place).inc(view.cache_loss_usd, exemplar)
        if view.shadow is not None:
            self._i.counter("gate.shadow_plans").labels(view.shadow).inc(1.0, exemplar)

    def _losses(self, attempt: AttemptView, view: DecisionView, exemplar: Exemplar | None) -> None:
        losses = self._i.counter("gate.losses")
        for feature, action in sorted({tuple(loss.split(":", 2)[:2]) for loss in attempt.losses}):
            losses.labels(view.dialect, attempt.dialect, feature, action).inc(1.0, exemplar)

    def _count_tokens(self, attempt: AttemptView, provider: str, lane: str, profile: str) -> None:
        for kind, tokens in (
            ("input", attempt.input_tokens),
            ("output", attempt.output_tokens),
            ("cache_read", attempt.cache_read_tokens),
            ("cache_write", attempt.cache_write_tokens),
            ("reasoning", attempt.reasoning_tokens),
        ):
            if tokens is not None:
                self._tokens.labels(provider, lane, profile, kind).inc(tokens)

    def _cost(self, attempt: AttemptView, provider: str, lane: str, profile: str, exemplar: Exemplar | None) -> None:
        self._priced.labels(provider, lane, attempt.cost_confidence).inc()
        if attempt.cost_usd is not None:
            source = attempt.cost_source_type or NONE
            self._spend.labels(provider, lane, profile, source, attempt.cost_confidence).inc(attempt.cost_usd, exemplar)

    def _fallback(
        self, before: AttemptView | None, attempt: AttemptView, view: DecisionView, exemplar: Exemplar | None
    ) -> None:
        left = view.first_lane if before is None else before.lane
        reason = attempt.downgrade_reason
        if reason is None and before is not None and before.error_type is not None:
            reason = RULES[FailureKind(before.error_type)].downgrade.value
        lanes = self._lane(left), self._lane(attempt.lane)
        self._i.counter("gate.fallbacks").labels(*lanes, attempt.relation, reason or NONE).inc(1.0, exemplar)

    def _http_duration(
        self, http: HttpFacts | None, status: int | None, outcome: str | None, seconds: float, exemplar: Exemplar | None
    ) -> None:
        if http is None:
            return
        bounds = self.bounds
        error = http_error(status, outcome)
        self._http.labels(
            bounds["http.request.method"](http.method).replace(OTHER, "_OTHER"),
            ABSENT if http.route is None else bounds["http.route"](http.route),
            bounds["url.scheme"](http.scheme),
            ABSENT if status is None else bounds["http.response.status_code"](str(status)),
            ABSENT if error is None else self._failure(error),
        ).observe(seconds, exemplar)

    def _error(self, code: str) -> None:
        self._i.counter("gate.errors").labels(self.bounds["gate.error.code"](code)).inc()

    # -- the worker itself

    def in_flight(self, change: int) -> None:
        self._in_flight.inc(change)

    def overload(self, reason: str) -> None:
        self._i.counter("gate.overload_rejections").labels(self.bounds["gate.overload.reason"](reason)).inc()

    def planned(self, seconds: float) -> None:
        self._plan.observe(seconds)

    def configured(self, version: str, names: Mapping[str, Iterable[str]]) -> None:
        """A configuration came into force. names: intents, lanes, families, routes, providers, models,
        quota_groups and rules it has."""
        self.bounds.configure(names)
        info = self._i.gauge("gate.config")
        info.remove_all()
        info.labels(version).set(1.0)
        for gauge in ("gate.route_readiness", "gate.breaker_state", "gate.quota.headroom", "gate.quota.pressure"):
            self._i.gauge(gauge).remove_all()

    def reloaded(self, result: Literal["applied", "refused"]) -> None:
        self._i.counter("gate.config_reloads").labels(result).inc()

    def build(self, version: str, python: str) -> None:
        self._i.gauge("gate.build").labels(version, python).set(1.0)

    def readiness(self, provider: str, lane: str, route: str, state: str) -> None:
        """The state a route is in now in this worker; it is in no other."""
        gauge = self._i.gauge("gate.route_readiness")
        place = self._provider(provider), self._lane(lane), self._route(route)
        for known in self._i.registry.attributes["gate.readiness.state"].values or ():
            gauge.labels(*place, known).set(1.0 if known == state else 0.0)

    def breaker(self, provider: str, route: str, state: Literal["closed", "half_open", "open"]) -> None:
        self._i.gauge("gate.breaker_state").labels(self._provider(provider), self._route(route)).set(_STATES[state])

    def headroom(self, provider: str, quota_group: str, kind: AllowanceKind, ratio: float) -> None:
        """ratio: remaining part of the limit, 0 to 1."""
        group = self.bounds["gate.quota.group"](quota_group)
        self._i.gauge("gate.quota.headroom").labels(self._provider(provider), group, kind.value).set(ratio)

    def pressure(self, provider: str, quota_group: str, *, cooling: bool, exhausted: bool, low: bool) -> None:
        """What a quota group is under now in this worker."""
        gauge, place = self._i.gauge("gate.quota.pressure"), self._provider(provider)
        group = self.bounds["gate.quota.group"](quota_group)
        for state, there in (("cooling", cooling), ("exhausted", exhausted), ("low", low)):
            gauge.labels(place, group, state).set(float(there))

    def repeated_turn(self, profile: str, action: Literal["counted", "slowed", "refused"]) -> None:
        self._i.counter("gate.repeated_turns").labels(self._profile(profile), action).inc()

    # -- beside requests

    def probed(self, provider: str, result: str, seconds: float) -> None:
        """result: a readiness, or the kind of the failure."""
        place = self._provider(provider)
        self._i.counter("gate.probes").labels(place, self.bounds["gate.probe.result"](result)).inc()
        self._i.histogram("gate.probe.duration").labels(place).observe(seconds)

    def state_up(self, up: bool) -> None:
        self._i.gauge("gate.state.up").labels().set(float(up))

    def state_error(self, operation: Literal["connect", "publish", "listen", "read", "write"]) -> None:
        self._i.counter("gate.state.errors").labels(operation).inc()

    def stored(self, result: Literal["written", "dropped", "failed"], count: int = 1) -> None:
        """May be called from any thread."""
        self._i.counter("gate.store.decisions").labels(result).inc(count)

    def store_size(self, decisions: int) -> None:
        """May be called from any thread."""
        self._i.gauge("gate.store.size").labels().set(float(decisions))

    # -- telemetry itself, any thread

    def exported(self, signal: Literal["traces", "metrics", "logs"], count: int) -> None:
        self._i.counter("gate.telemetry.exported").labels(signal).inc(count)

    def dropped(self, signal: Literal["traces", "metrics", "logs"], reason: str, count: int) -> None:
        """reason: one of gate.drop.reason."""
        bounded = self.bounds["gate.drop.reason"](reason)
        self._i.counter("gate.telemetry.dropped").labels(signal, bounded).inc(count)

    def queued(self, signal: Literal["traces", "metrics", "logs"], count: int) -> None:
        self._i.gauge("gate.telemetry.queued").labels(signal).set(count)


def http_error(status: int | None, outcome: str | None) -> str | None:
    """`error.type` of a SERVER span and of the HTTP metric; None for no server error (4xx, a client that left)."""
    if status is not None and status >= 500:
        return str(status)
    return outcome if outcome in ("interrupted", "drained", "internal_error") else None
