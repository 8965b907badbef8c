"""All renderings of a request say the same; and the comparer notices when one does not."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gate.core.decision import RouteDecision
from gate.core.execution import Execution
from gate.telemetry import span_attributes
from gate.telemetry.attempt_view import AttemptView, attempt_view
from gate.telemetry.headers import response_headers
from gate.telemetry.logs import decision_line
from gate.telemetry.metrics.expose import collect, expose
from gate.telemetry.metrics.instruments import Instruments
from gate.telemetry.metrics.record import Recorder
from gate.telemetry.metrics.store import MetricsStore
from gate.telemetry.registry import load
from gate.telemetry.span_attributes import ServerFacts
from gate.telemetry.spans import RequestSpans
from gate.telemetry.view import DecisionView, as_dict, view
from tests.telemetry import samples
from tests.telemetry.agreement import (
    Disagreement,
    Samples,
    SpanData,
    compare_attempts,
    compare_flat,
    compare_headers,
    compare_log,
    compare_metrics,
    compare_spans,
    samples_of,
)

FACTS = ServerFacts("POST", "/v1/messages", "http", "/v1/messages")
STATUS = ("unset", "ok", "error")


def as_data(span: ReadableSpan) -> SpanData:
    context, parent = span.get_span_context(), span.parent
    assert context is not None
    return SpanData(
        name=span.name,
        kind=span.kind.name.lower(),
        span_id=f"{context.span_id:016x}",
        parent_id=None if parent is None else f"{parent.span_id:016x}",
        attributes=dict(span.attributes or {}),
        status=STATUS[span.status.status_code.value],
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
    )


def flatten(pair: tuple[RouteDecision, Execution]) -> tuple[DecisionView, list[AttemptView]]:
    chosen, execution = pair
    attempts = [attempt_view(chosen, record, server_address="up", server_port=443) for record in execution.attempts]
    return view(chosen, execution), attempts


def spans_of(chosen: RouteDecision, flat: DecisionView, attempts: list[AttemptView]) -> list[SpanData]:
    """The request's spans as the SDK would export them."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    spans = RequestSpans(provider.get_tracer("gate"), FACTS)
    spans.record_plan(chosen, 1, 2)
    for one in attempts:
        spans.start_attempt(
            operation=one.operation,
            provider=one.gen_ai_provider,
            model=one.model,
            server_address=one.server_address,
            server_port=one.server_port,
        ).end(one)
    spans.finish(flat)
    return [as_data(span) for span in exporter.get_finished_spans()]


def headers_of(flat: DecisionView) -> dict[str, str]:
    return {name.decode(): value.decode("ascii") for name, value in response_headers(flat, None)}


class Metrics:
    """One worker's metrics, as the difference a request makes."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.recorder = Recorder(Instruments(load(), MetricsStore(directory, 0, 0)))
        self.recorder.configured("c0ffee12", samples.NAMES)

    def samples(self) -> Samples:
        return samples_of(expose(collect(self._directory), "")[1].decode())

    def change(self, flat: DecisionView, attempts: list[AttemptView]) -> tuple[Samples, Samples]:
        before = self.samples()
        self.recorder.record(flat, attempts, "a" * 32, "b" * 16)
        return before, self.samples()


@given(samples.pairs())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_spans_headers_log_and_api_agree(pair: tuple[RouteDecision, Execution]) -> None:
    flat, attempts = flatten(pair)
    assert compare_spans(flat, attempts, spans_of(pair[0], flat, attempts)) == []
    assert compare_headers(flat, headers_of(flat)) == []
    assert compare_log(flat, decision_line(flat)) == []
    assert compare_flat(flat, as_dict(flat), "api") == []
    assert compare_attempts(attempts, [as_dict(one) for one in attempts]) == []


@given(samples.pairs())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_metrics_agree(tmp_path_factory: pytest.TempPathFactory, pair: tuple[RouteDecision, Execution]) -> None:
    metrics = Metrics(tmp_path_factory.mktemp("metrics"))
    flat, attempts = flatten(pair)
    intent = metrics.recorder.intent_label(flat)
    assert compare_metrics(flat, attempts, *metrics.change(flat, attempts), intent) == []


# Fields every rendering but the metrics shows, changed one at a time in one rendering: each must be noticed.
CHANGED: dict[str, Any] = {"keep": False, "premium_escalation": True, "stream": False, "losses": ("x",)}
VIEW_FIELDS = sorted(load().view)


def changed(flat: DecisionView, name: str) -> DecisionView:
    value = getattr(flat, name)
    other: Any = CHANGED.get(name, "other")
    if name not in CHANGED and isinstance(value, (int, float)):
        other = value + 1
    elif isinstance(value, tuple) and name not in CHANGED:
        other = ("other",)
    return replace(flat, **{name: other})


@pytest.mark.parametrize("name", VIEW_FIELDS)
def test_a_changed_field_is_noticed_in_every_rendering(name: str) -> None:
    pair = samples.downgraded()
    flat, attempts = flatten(pair)
    flat = replace(flat, error_code="internal_error", session_id="s", cache_write_tokens=5, reasoning_tokens=3)
    wrong = changed(flat, name)
    row = load().view[name]

    def noticed(found: list[Disagreement]) -> bool:
        return name in {problem.field for problem in found}

    if row.attribute is not None and row.span != "serving" and name != "decision_id":
        spans = spans_of(pair[0], wrong, attempts)
        assert noticed(compare_spans(flat, attempts, spans))
    if row.header is not None:
        assert noticed(compare_headers(flat, headers_of(wrong)))
    assert noticed(compare_log(flat, decision_line(wrong)))
    assert noticed(compare_flat(flat, as_dict(wrong), "api"))
    shown = as_dict(flat)
    del shown[name]
    assert noticed(compare_flat(flat, shown, "cli"))


@pytest.mark.parametrize("name", [name for name, row in load().attempt_view.items() if row.attribute is not None])
def test_a_changed_field_of_an_attempt_is_noticed(name: str) -> None:
    pair = samples.downgraded()
    flat, attempts = flatten(pair)
    value = getattr(attempts[-1], name)
    other: Any = not value if isinstance(value, bool) else value + 1 if isinstance(value, int | float) else "other"
    wrong = replace(attempts[-1], **{name: ("other",) if isinstance(value, tuple) else other})
    found = compare_spans(flat, attempts, spans_of(pair[0], flat, [*attempts[:-1], wrong]))
    assert name in {problem.field for problem in found} or name == "index"
    assert found


def _drop(attribute: str) -> Callable[..., dict[str, Any]]:
    original = span_attributes._render  # pyright: ignore[reportPrivateUsage]

    def render(*args: Any) -> dict[str, Any]:
        return {name: value for name, value in original(*args).items() if name != attribute}

    return render


def test_a_broken_span_renderer_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    pair = samples.downgraded()
    flat, attempts = flatten(pair)
    monkeypatch.setattr(span_attributes, "_render", _drop("gate.downgrade.reason"))
    found = compare_spans(flat, attempts, spans_of(pair[0], flat, attempts))
    assert {problem.field for problem in found} == {"downgrade_reason"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"outcome": "interrupted"}, "outcome"),
        ({"serving_lane": samples.LANES[1]}, "serving_lane"),
        ({"serving_route": samples.ROUTES[1]}, "serving_route"),
        ({"relation": "primary"}, "relation"),
        ({"intent": "eco"}, "intent"),
        ({"duration_s": 99.0}, "duration_s"),
        ({"overhead_s": 9.0}, "overhead_s"),
        ({"first_chunk_s": 9.0}, "first_chunk_s"),
    ],
)
def test_broken_metrics_are_noticed(tmp_path: Path, wrong: dict[str, Any], field: str) -> None:
    flat, attempts = flatten(samples.downgraded())
    before, after = Metrics(tmp_path).change(replace(flat, **wrong), attempts)
    assert field in {problem.field for problem in compare_metrics(flat, attempts, before, after)}


def test_wrong_totals_are_noticed(tmp_path: Path) -> None:
    flat, attempts = flatten(samples.downgraded())
    wrong = replace(attempts[-1], cost_usd=1.0, input_tokens=1)
    before, after = Metrics(tmp_path).change(flat, [*attempts[1:-1], wrong])
    found = {problem.field for problem in compare_metrics(flat, attempts, before, after)}
    assert {"attempts", "cost_usd", "input_tokens"} <= found
