"""Mistakes planted in what a real Gate sent: each is found, by the rule that is meant for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.conventions.capture import Captured
from tests.conventions.checker import Checker, Finding
from tests.conventions.seen import SeenMetric, SeenSpan

Capture = Callable[[str], Captured]
Change = Callable[[SeenSpan], SeenSpan]
pytestmark = pytest.mark.slow


def put(**attributes: Any) -> Change:
    """With these attributes, `__` for dots; None takes one away."""

    def change(span: SeenSpan) -> SeenSpan:
        given = {name.replace("__", "."): value for name, value in attributes.items()}
        merged = {**span.attributes, **given}
        return replace(span, attributes={name: value for name, value in merged.items() if value is not None})

    return change


def named(name: str) -> Change:
    return lambda span: replace(span, name=name)


def event(name: str, **attributes: Any) -> Change:
    return lambda span: replace(span, events=((name, attributes),))


# Kind of span, what is done to one of them, rule that finds it.
SPANS: tuple[tuple[str, Change, str], ...] = (
    ("inference", put(gen_ai__system="openai"), "deprecated-attribute"),
    ("inference", put(gen_ai__usage__prompt_tokens=3), "deprecated-attribute"),
    ("http-server", put(http__method="POST"), "deprecated-attribute"),
    ("inference", put(gen_ai__request__model__alias="auto"), "namespace"),
    ("route", put(gate__chosen__lane__why="cheap"), "namespace"),
    ("inference", put(gen_ai__cost__usd=0.1), "unknown-attribute"),
    ("route", put(gate__made_up=1), "unknown-attribute"),
    ("route", put(llm__model="x"), "unknown-attribute"),
    ("inference", put(gen_ai__provider__name=None), "required-attribute"),
    ("inference", put(gen_ai__operation__name=None), "unknown-span"),
    ("inference", put(server__port=None), "required-attribute"),
    ("inference", put(gen_ai__request__stream=False), "attribute-value"),
    ("inference", put(gen_ai__usage__input_tokens="12"), "attribute-type"),
    ("inference", put(gen_ai__response__finish_reasons="stop"), "attribute-type"),
    ("inference", named("chat"), "span-name"),
    ("inference", lambda span: replace(span, kind="internal"), "unknown-span"),
    ("inference", lambda span: replace(span, error=True, attributes={**span.attributes}), "required-attribute"),
    ("inference", put(error__type="timeout"), "error-type-without-error"),
    ("inference", event("gen_ai.choice"), "unknown-event"),
    ("inference", put(gate__decision__id="gd-0"), "misplaced-attribute"),
    ("http-client", named("POST /v1/messages"), "span-name"),
    ("http-client", put(url__full=None), "required-attribute"),
    ("http-client", put(server__address=None), "required-attribute"),
    ("http-client", put(http__response__status_code=429), "status"),
    ("http-server", put(url__path=None), "required-attribute"),
    ("http-server", put(http__request__method="BREW"), "attribute-value"),
    ("http-server", named("/v1/messages"), "span-name"),
    ("http-server", put(http__response__status_code=503), "status"),
    (
        "http-server",
        lambda span: put(http__response__status_code=404, error__type="404")(replace(span, error=True)),
        "status",
    ),
    ("route", named("decision"), "span-name"),
    ("route", put(gate__outcome=None), "required-attribute"),
    ("plan", event("gate.guess"), "unknown-event"),
    ("plan", event("gate.candidate", gate__secret=1), "unknown-attribute"),
    ("plan", lambda span: replace(span, scope=replace(span.scope, schema_url="")), "schema-url"),
    ("plan", lambda span: replace(span, scope=replace(span.scope, resource={})), "required-attribute"),
)


def healthy(sent: Captured, checker: Checker, kind: str) -> SeenSpan:
    return next(
        span
        for span in sent.spans
        if checker.kind_of(span) == kind and not span.error and span.attributes.get("http.request.method") != "_OTHER"
    )


@pytest.mark.parametrize("number", range(len(SPANS)))
def test_a_planted_span_is_found(captured: Capture, number: int) -> None:
    kind, change, rule = SPANS[number]
    checker, sent = Checker("1.41"), captured("1.41")
    wrong = change(healthy(sent, checker, kind))
    assert rule in {finding.rule for finding in checker.check([wrong], [])}


def relabelled(metric: SeenMetric, attribute: str, value: Any) -> SeenMetric:
    first, *rest = metric.points
    labels = {name: told for name, told in {**first.attributes, attribute: value}.items() if told is not None}
    return replace(metric, points=(replace(first, attributes=labels), *rest))


def rebucketed(metric: SeenMetric) -> SeenMetric:
    return replace(metric, points=tuple(replace(point, bounds=point.bounds[:-1]) for point in metric.points))


OPERATION = "gen_ai.client.operation.duration"
METRICS: tuple[tuple[str, Callable[[SeenMetric], SeenMetric], str], ...] = (
    ("gen_ai.client.token.usage", lambda metric: replace(metric, unit=""), "unit"),
    ("gen_ai.client.token.usage", lambda metric: replace(metric, instrument="counter"), "instrument"),
    ("gen_ai.client.token.usage", lambda metric: relabelled(metric, "gen_ai.token.type", None), "required-attribute"),
    ("gen_ai.client.token.usage", lambda metric: relabelled(metric, "gen_ai.token.type", "all"), "attribute-value"),
    (OPERATION, lambda metric: replace(metric, unit="ms"), "unit"),
    (OPERATION, rebucketed, "buckets"),
    (OPERATION, lambda metric: relabelled(metric, "gen_ai.provider.name", None), "required-attribute"),
    (OPERATION, lambda metric: relabelled(metric, "gen_ai.system", "openai"), "deprecated-attribute"),
    (OPERATION, lambda metric: relabelled(metric, "gate.lane", "x"), "attribute-of-metric"),
    (OPERATION, lambda metric: replace(metric, name="gen_ai.client.inference.duration"), "unknown-metric"),
    (OPERATION, lambda metric: replace(metric, name="llm.duration"), "unknown-metric"),
    ("http.server.request.duration", rebucketed, "buckets"),
    (
        "http.server.request.duration",
        lambda metric: relabelled(metric, "http.response.status_code", "200"),
        "attribute-type",
    ),
    ("gate.requests", lambda metric: replace(metric, name="gate.request_count"), "unknown-metric"),
    ("gate.requests", lambda metric: replace(metric, instrument="updown"), "instrument"),
    ("gate.requests", lambda metric: relabelled(metric, "gate.session.id", "s-1"), "attribute-of-metric"),
    ("gate.overhead", lambda metric: replace(metric, unit="1"), "unit"),
    ("gate.request.duration", rebucketed, "buckets"),
)


@pytest.mark.parametrize("number", range(len(METRICS)))
def test_a_planted_metric_is_found(captured: Capture, number: int) -> None:
    name, change, rule = METRICS[number]
    right = next(metric for metric in captured("1.41").metrics if metric.name == name)
    assert rule in {finding.rule for finding in Checker("1.41").check([], [change(right)])}


@pytest.mark.parametrize(("profile", "other"), [("1.41", "genai-next"), ("genai-next", "1.41")])
def test_one_profiles_telemetry_is_wrong_in_the_other(captured: Capture, profile: str, other: str) -> None:
    sent = captured(other)
    found = {finding.rule for finding in Checker(profile).check(sent.spans, sent.metrics)}
    assert {"unknown-attribute", "unknown-metric", "schema-url"} <= found


def test_an_inference_is_not_counted_twice_in_genai_next(captured: Capture) -> None:
    published = next(metric for metric in captured("1.41").metrics if metric.name == OPERATION)
    schema = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
    wrong = replace(published, scope=replace(published.scope, schema_url=schema))
    assert Checker("genai-next").check([], [wrong]) == [Finding("not-for-inference", OPERATION, "chat")]
