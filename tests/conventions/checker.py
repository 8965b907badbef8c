"""Looks for breaches of the conventions in captured spans and metrics: the rules are in `rules.yaml`, the names in the
conventions' package and in Gate's registry. A finding names its rule, so that a test can ask for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gate.telemetry.registry import Registry, load
from tests.conventions import names
from tests.conventions.seen import GATE, Attributes, Scope, SeenMetric, SeenSpan
from tests.conventions.table import SpanRule, rules

PARTS = {"dup": ("1.41", "genai-next")}
PLACES = {"http-server": "server", "inference": "attempt", "route": "route", "plan": "plan"}
TYPES: dict[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "double": lambda value: isinstance(value, float),
    "boolean": lambda value: isinstance(value, bool),
    "string[]": lambda value: isinstance(value, tuple) and all(isinstance(item, str) for item in value),
}
INSTRUMENTS = {"histogram": "histogram", "counter": "counter", "gauge": "gauge", "info": "gauge"}


@dataclass(frozen=True, order=True)
class Finding:
    """rule: what was broken. where: the span or the metric. what: in words."""

    rule: str
    where: str
    what: str


class Checker:
    """Checks against one profile. Raises KeyError for a profile that has no names in the table."""

    def __init__(self, profile: str) -> None:
        self._profile = profile
        self._registry: Registry = load()
        self._table = rules()
        parts = PARTS.get(profile, (profile,))
        mine = [self._table.names[part] for part in parts]
        others = [part for name, part in self._table.names.items() if name not in parts]
        self._deprecated = names.attributes()
        self._attributes = {
            *(name for name, text in self._deprecated.items() if not text or self._table.moved in text),
        }
        self._attributes -= {name for other in others for name in other.attributes}
        self._attributes |= {name for one in mine for name in one.attributes}
        self._attributes |= {name for name in self._registry.attributes if name.startswith("gate.")}
        self._metrics = set(self._table.metrics) - {name for other in others for name in other.metrics}
        self.expected_metrics = frozenset(self._metrics)

    def check(self, spans: Iterable[SeenSpan], metrics: Iterable[SeenMetric]) -> list[Finding]:
        """Every different finding, sorted."""
        found: set[Finding] = set()
        for span in spans:
            found.update(self._span(span))
        for metric in metrics:
            found.update(self._metric(metric))
        return sorted(found)

    def kind_of(self, span: SeenSpan) -> str | None:
        """The rule that a span falls under."""
        for name, rule in self._table.spans.items():
            if rule.kind == span.kind and rule.has in span.attributes:
                return name
        return None

    # Spans.

    def _span(self, span: SeenSpan) -> Iterator[Finding]:
        name = self.kind_of(span)
        where = name or span.name
        yield from self._names_and_types(span.attributes, where)
        yield from self._scope(span.scope, where)
        for event, attributes in span.events:
            if event not in self._table.events and event not in self._registry.events:
                yield Finding("unknown-event", where, event)
            yield from self._names_and_types(attributes, f"{where}, event {event}")
        for attributes in span.links:
            yield from self._names_and_types(attributes, f"{where}, link")
        if span.attributes.get("error.type") is not None and not span.error:
            yield Finding("error-type-without-error", where, f"{span.attributes['error.type']}")
        if name is None:
            yield Finding("unknown-span", where, f"{span.kind} span {span.name!r} fits no rule")
            return
        rule = self._table.spans[name]
        wanted = _name(rule, span.attributes)
        if span.name != wanted:
            yield Finding("span-name", where, f"{span.name!r}, not {wanted!r}")
        for attribute, when in rule.needs.items():
            if attribute not in span.attributes and _needed(when, span):
                yield Finding("required-attribute", where, f"{attribute} ({when})")
        for attribute, value in rule.only.items():
            if span.attributes.get(attribute, value) != value:
                yield Finding("attribute-value", where, f"{attribute} is {span.attributes[attribute]!r}")
        own = self._registry.spans.get(PLACES.get(name, ""))
        for attribute in () if own is None else own.required:
            if attribute not in span.attributes:
                yield Finding("required-attribute", where, f"{attribute} (of Gate's own)")
        yield from _status(rule, span, where)
        for attribute in span.attributes:
            known = self._registry.attributes.get(attribute)
            if known is not None and name in PLACES and PLACES[name] not in known.spans:
                yield Finding("misplaced-attribute", where, attribute)

    # Metrics.

    def _metric(self, metric: SeenMetric) -> Iterator[Finding]:
        own = self._registry.metrics.get(metric.name) if metric.name.startswith("gate.") else None
        rule = self._table.metrics.get(metric.name) if metric.name in self._metrics else None
        yield from self._scope(metric.scope, metric.name)
        if own is not None:
            instrument, unit, labels = INSTRUMENTS[own.type], own.unit, set(own.labels.values())
            buckets = self._registry.bounds_of(own) if own.type == "histogram" else ()
            needs: tuple[str, ...] = ()
            if own.aggregation == "per-worker":
                labels.add("gate.worker.index")
        elif rule is not None:
            instrument, unit, needs = rule.instrument, rule.unit, rule.needs
            labels = {*rule.needs, *rule.may}
            buckets = self._table.buckets[rule.buckets] if rule.buckets else ()
        else:
            yield Finding("unknown-metric", metric.name, self._profile)
            return
        if metric.instrument != instrument:
            yield Finding("instrument", metric.name, f"{metric.instrument}, not {instrument}")
        if metric.unit != unit:
            yield Finding("unit", metric.name, f"{metric.unit!r}, not {unit!r}")
        for point in metric.points:
            yield from self._names_and_types(point.attributes, metric.name)
            for attribute in needs:
                if attribute not in point.attributes:
                    yield Finding("required-attribute", metric.name, attribute)
            for attribute in point.attributes.keys() - labels:
                yield Finding("attribute-of-metric", metric.name, attribute)
            if metric.instrument == "histogram" and point.bounds != tuple(float(bound) for bound in buckets):
                yield Finding("buckets", metric.name, f"{point.bounds}")
            alone = self._table.not_inference
            if (self._profile, metric.name) == (alone.profile, alone.metric):
                value = point.attributes.get(alone.attribute)
                if value in alone.values:
                    yield Finding("not-for-inference", metric.name, f"{value}")

    # Both.

    def _scope(self, scope: Scope, where: str) -> Iterator[Finding]:
        if scope.name == GATE and scope.schema_url != self._registry.profiles[self._profile].schema_url:
            yield Finding("schema-url", where, scope.schema_url)
        if not scope.resource.get("service.name"):
            yield Finding("required-attribute", "resource", "service.name")
        yield from self._names_and_types(scope.resource, "resource")

    def _names_and_types(self, attributes: Attributes, where: str) -> Iterator[Finding]:
        for name, value in attributes.items():
            if name not in self._attributes:
                text = self._deprecated.get(name, "")
                gone = bool(text) and self._table.moved not in text
                yield Finding("deprecated-attribute" if gone else "unknown-attribute", where, name)
            elif not self._typed(name, value):
                yield Finding("attribute-type", where, f"{name}={value!r}")
            allowed = self._table.values.get(name)
            if allowed is not None and value not in allowed:
                yield Finding("attribute-value", where, f"{name}={value!r}")
            if any(name.startswith(other + ".") for other in _namespaces(name) if other in self._attributes):
                yield Finding("namespace", where, name)

    def _typed(self, name: str, value: Any) -> bool:
        own = self._registry.attributes.get(name) if name.startswith("gate.") else None
        kind = self._table.type_of(name) if own is None else own.type
        return kind is None or TYPES[kind](value)


def _name(rule: SpanRule, attributes: Attributes) -> str:
    fields = re.findall(r"\{([^}]+)\}", rule.name)
    text = rule.name
    if rule.without is not None and any(field not in attributes for field in fields):
        text = rule.without
    method = attributes.get("http.request.method")
    values = {**attributes, "http.request.method": "HTTP" if method == "_OTHER" else method}
    return re.sub(r"\{([^}]+)\}", lambda found: str(values.get(found[1], f"<no {found[1]}>")), text)


def _needed(when: str, span: SeenSpan) -> bool:
    match when.split():
        case ["always"]:
            return True
        case ["error"]:
            return span.error
        case ["with", attribute]:
            return attribute in span.attributes
        case ["value", attribute, value]:
            return span.attributes.get(attribute) == value
    raise ValueError(f"no such condition: {when}")


def _status(rule: SpanRule, span: SeenSpan, where: str) -> Iterator[Finding]:
    code = span.attributes.get("http.response.status_code")
    if rule.status is None or not isinstance(code, int):
        return
    if code >= rule.status and not span.error:
        yield Finding("status", where, f"{code} is an error")
    if 400 <= code < rule.status and span.error:
        yield Finding("status", where, f"{code} is no error here")


def _namespaces(name: str) -> Iterator[str]:
    """`a.b.c` -> `a`, `a.b`."""
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts)))
