"""The telemetry registry as typed values.

`registry.yaml` is written by hand; `registry.json` is the same content, compiled by `gate.telemetry.generate` because
reading YAML costs 10 ms at every start and reading JSON 0.3 ms (a test keeps them equal). Everything that has a name on
a span, in a metric or in a header takes it from here.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

SOURCE = Path(__file__).with_name("registry.yaml")
COMPILED = Path(__file__).with_name("registry.json")

PROFILE_VARIABLE = "GATE_SEMCONV_PROFILE"
OPT_IN_VARIABLE = "OTEL_SEMCONV_STABILITY_OPT_IN"


class ProfileError(ValueError):
    """A profile of the semantic conventions that Gate does not have; its text says which ones there are."""


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One set of convention names. schema_url: goes into the exported scope. includes: it has what any of these has."""

    version: str
    schema_url: str
    help: str
    includes: tuple[str, ...] = ()


class Span(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of span. required: attributes that each has, but for an attempt that Gate did not live to end."""

    kind: Literal["server", "internal", "client"]
    name: str
    required: tuple[str, ...]
    help: str
    page: str | None = None


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """cap: at most so many on one span."""

    span: str
    cap: int
    help: str


class Attribute(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attribute. spans: those that may carry it. values: the closed list of its values, if it has one. profiles:
    only those have it. renamed: what the profiles without it call it."""

    type: Literal["string", "int", "double", "boolean", "string[]"]
    spans: tuple[str, ...]
    stability: Literal["stable", "development"] = "development"
    page: str | None = None
    help: str = ""
    values: tuple[str, ...] | None = None
    example: str | None = None
    profiles: tuple[str, ...] | None = None
    renamed: str | None = None


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many values a label may have: a closed list, names of the configuration, or the first so many seen."""

    closed: tuple[str, ...] | None = None
    config: str | None = None
    also: tuple[str, ...] = ()
    seen: int | None = None


class Metric(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One metric. labels: Prometheus label -> attribute, in the order in which children are asked for. profiles: only
    those have it."""

    type: Literal["counter", "gauge", "histogram", "info"]
    unit: str
    prometheus: str
    help: str
    labels: dict[str, str]
    buckets: str | None = None
    aggregation: Literal["sum", "max", "latest", "per-worker"] = "sum"
    exemplars: bool = False
    shared: bool = False
    max_series: int = 100
    stability: Literal["stable", "development"] = "development"
    page: str | None = None
    profiles: tuple[str, ...] | None = None


class ViewField(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where one field of a view is shown. span: route, server, serving (the attempt that served). only: shown on spans
    only when it has this value."""

    attribute: str | None = None
    span: Literal["route", "server", "serving"] = "route"
    header: str | None = None
    label: str | None = None
    metric: str | None = None
    only: bool | None = None


class Registry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    schema: int
    profiles: dict[str, Profile]
    default_profile: str
    latest_profile: str
    pages: dict[str, str]
    spans: dict[str, Span]
    events: dict[str, Event]
    links: dict[str, str]
    attributes: dict[str, Attribute]
    bounds: dict[str, Bound]
    buckets: dict[str, tuple[float, ...]]
    metrics: dict[str, Metric]
    view: dict[str, ViewField]
    attempt_view: dict[str, ViewField]
    headers: tuple[str, ...]

    def bound(self, attribute: str) -> Bound:
        """The bound of a label's values. Raises KeyError for an attribute that may not be a label."""
        values = self.attributes[attribute].values
        return self.bounds[attribute] if values is None else Bound(closed=values)

    def has(self, profile: str, entry: "Attribute | Metric") -> bool:
        """Whether a profile has an attribute or a metric."""
        parts = self.profiles[profile].includes or (profile,)
        return entry.profiles is None or not set(parts).isdisjoint(entry.profiles)

    def names_in(self, profile: str, attribute: str) -> tuple[str, ...]:
        """What an attribute of a view is called in a profile: one name, in a profile of several perhaps two."""
        renamed = self.attributes[attribute].renamed
        both = (attribute,) if renamed is None else (attribute, renamed)
        return tuple(name for name in both if self.has(profile, self.attributes[name]))

    def bounds_of(self, metric: Metric) -> tuple[float, ...]:
        """A histogram's upper bounds without the last, infinite one."""
        return self.buckets[metric.buckets or ""]


@lru_cache(maxsize=1)
def load() -> Registry:
    """The registry, read once per process."""
    return msgspec.json.decode(COMPILED.read_bytes(), type=Registry)


def chosen_profile(env: Mapping[str, str]) -> str:
    """The profile to use: GATE_SEMCONV_PROFILE, else the newest when OTEL_SEMCONV_STABILITY_OPT_IN asks for
    `gen_ai_latest_experimental`, else the default. Raises ProfileError for a name that is not in the registry."""
    registry = load()
    asked = env.get(PROFILE_VARIABLE, "").strip()
    if asked:
        if asked not in registry.profiles:
            known = ", ".join(sorted(registry.profiles))
            raise ProfileError(f"{PROFILE_VARIABLE}: there is no profile {asked[:60]!r}; Gate has: {known}")
        return asked
    opt_in = {word.strip() for word in env.get(OPT_IN_VARIABLE, "").split(",")}
    return registry.latest_profile if "gen_ai_latest_experimental" in opt_in else registry.default_profile


_SUFFIXES = {
    "counter": ("_total",),
    "gauge": ("",),
    "info": ("_info",),
    "histogram": ("", "_bucket", "_count", "_sum"),
}


@lru_cache(maxsize=1)
def _by_prometheus() -> dict[str, tuple[str, Metric]]:
    table: dict[str, tuple[str, Metric]] = {}
    for name, metric in load().metrics.items():
        suffixes = _SUFFIXES[metric.type]
        family = metric.prometheus.removesuffix(suffixes[0])
        for shown in (family, *(family + suffix for suffix in suffixes)):
            table[shown] = name, metric
    return table


def otlp_metric(prometheus: str) -> tuple[str, Metric] | None:
    """OpenTelemetry name and description of an exposed metric, by family or sample name (`gate_requests`,
    `gate_requests_total`); None for a metric that is not Gate's."""
    return _by_prometheus().get(prometheus)


def otlp_unit(prometheus: str) -> str:
    """Unit (UCUM) of an exposed metric, by family or sample name. Raises KeyError for a metric that is not Gate's."""
    found = otlp_metric(prometheus)
    if found is None:
        raise KeyError(prometheus)
    return found[1].unit


def otlp_value(attribute: str, value: str) -> str | int:
    """A label's value in the attribute's type: a status code is a number. What is no number (`other`) stays text."""
    known = load().attributes[attribute]
    return int(value) if known.type == "int" and value.isdecimal() else value


def otlp_name(prometheus: str) -> str:
    """`gate_requests_total` -> `gate.requests`. Raises KeyError for a metric that is not Gate's."""
    found = otlp_metric(prometheus)
    if found is None:
        raise KeyError(prometheus)
    return found[0]


def otlp_label(prometheus: str, label: str) -> str:
    """The attribute behind a label of a metric: (`gate_requests_total`, `lane`) -> `gate.lane`. Raises KeyError."""
    found = otlp_metric(prometheus)
    if found is None:
        raise KeyError(prometheus)
    return "gate.worker.index" if label == "worker" else found[1].labels[label]
