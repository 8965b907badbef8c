"""Active probes, decided: what a provider is asked, when it is asked again, and what its answer says of it.

A probe that costs nothing lists the provider's models, or counts the tokens of one word where it has no list; AWS and
Google take nothing for that (docs.aws.amazon.com/bedrock/latest/userguide/count-tokens.html and
docs.cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/count-tokens, read 2026-11-21). One that costs
money is a real request for the fewest tokens. Nothing here asks; `gate.upstream.probe` does.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gate.core.allowance import Allowance
from gate.core.dialect import Dialect
from gate.core.failure import Failure, FailureKind
from gate.core.profile import Endpoint, ProviderProfile
from gate.core.route import Route
from gate.health.sli import Readiness
from gate.health.traffic import OutcomeClass, class_of


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """free, paid: which probes are made; paid ones take the place of free ones. every_s: a provider is asked so often.
    timeout_s: for one probe. Off, because nobody asked for requests of Gate's own."""

    free: bool = False
    paid: bool = False
    every_s: float = 300.0
    timeout_s: float = 10.0


NO_PROBES = ProbeSettings()


class ProbeKind(StrEnum):
    """list: GET of what the provider lists (or of what tells of its key). count: tokens of one word are counted. call:
    a request for the fewest tokens, which costs money."""

    LIST = "list"
    COUNT = "count"
    CALL = "call"


@dataclass(frozen=True, slots=True)
class Probe:
    """What is asked. path: of a list. route, dialect: of a count or a call; the dialect also of the endpoint whose way
    of sending the key a list is asked with."""

    provider: str
    kind: ProbeKind
    dialect: Dialect
    path: str = ""
    route: Route | None = None


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """What came of it. took_s: until the whole answer, or until it failed. failure: None when the answer was as it
    should be. models: the ones listed, None when none was read. allowances: what the answer said is left."""

    probe: Probe
    took_s: float
    failure: Failure | None = None
    models: frozenset[str] | None = None
    allowances: tuple[Allowance, ...] = ()

    @property
    def provider(self) -> str:
        return self.probe.provider

    @property
    def route(self) -> str | None:
        """The id of the route it was about, None for a whole provider."""
        return None if self.probe.route is None else self.probe.route.id


def free_probe(profile: ProviderProfile, routes: Iterable[Route]) -> Probe | None:
    """What tells for nothing whether a provider answers and takes the key; None where nothing does. routes: the
    provider's."""
    path = profile.probe_path or profile.models_path
    if path is not None and profile.endpoints:
        return Probe(profile.name, ProbeKind.LIST, _beside(path, profile.endpoints), path)
    for route in sorted(routes, key=_cheapest):
        for dialect in _spoken(route, profile):
            if profile.endpoints[dialect].count_tokens_path is not None:
                return Probe(profile.name, ProbeKind.COUNT, dialect, route=route)
    return None


def paid_probe(profile: ProviderProfile, routes: Iterable[Route]) -> Probe | None:
    """A call of the cheapest of these routes of a provider; None when there is none it can be asked by."""
    for route in sorted(routes, key=_cheapest):
        probe = call_probe(profile, route)
        if probe is not None:
            return probe
    return None


def call_probe(profile: ProviderProfile, route: Route) -> Probe | None:
    """A call of one route, in a dialect that can be told to give one token; the responses dialect gives 16 at least."""
    spoken = sorted(_spoken(route, profile), key=lambda dialect: dialect is Dialect.OPENAI_RESPONSES)
    return Probe(profile.name, ProbeKind.CALL, spoken[0], route=route) if spoken else None


def probe_of(profile: ProviderProfile, routes: Sequence[Route], settings: ProbeSettings) -> Probe | None:
    """What a provider is asked by these settings, None for nothing."""
    if settings.paid:
        return paid_probe(profile, routes)
    return free_probe(profile, routes) if settings.free else None


def due(providers: Collection[str], last: Mapping[str, float], now: float, every_s: float) -> tuple[str, ...]:
    """The ones to be asked now: never asked, or longer ago than every_s. last: when each was asked. Seconds on one
    clock."""
    return tuple(name for name in providers if name not in last or now - last[name] >= every_s)


def outcome(result: ProbeResult) -> OutcomeClass:
    """What a result says of the provider's routes. A list that is not there, or not for this key, says nothing of where
    requests go, and a request for one token that was refused as such came past key, account and model."""
    if result.failure is None:
        return OutcomeClass.SERVED
    if result.probe.kind is not ProbeKind.CALL and _only_the_lists(result.failure):
        return OutcomeClass.NEUTRAL
    return OutcomeClass.SERVED if result.failure.rule.blame == "request" else class_of(result.failure.kind)


def _only_the_lists(failure: Failure) -> bool:
    said = class_of(failure.kind)
    return said in (OutcomeClass.ENDPOINT, OutcomeClass.MODEL) or failure.kind is FailureKind.PERMISSION_DENIED


_READINESS = {
    OutcomeClass.SERVED: Readiness.READY,
    OutcomeClass.RATE_LIMITED: Readiness.RATE_LIMITED,
    OutcomeClass.QUOTA: Readiness.QUOTA_LIMITED,
    OutcomeClass.AUTH: Readiness.INVALID_AUTH,
    OutcomeClass.MODEL: Readiness.MODEL_UNAVAILABLE,
    OutcomeClass.ENDPOINT: Readiness.ENDPOINT_MISMATCH,
    OutcomeClass.TRANSPORT: Readiness.TRANSPORT_ERROR,
    OutcomeClass.TIMEOUT: Readiness.TRANSPORT_ERROR,
}


def readiness(result: ProbeResult) -> Readiness | None:
    """What a person is told; None where the failure has no readiness of its own (a server error is one's own word)."""
    if outcome(result) is OutcomeClass.SERVED or result.failure is None:
        return Readiness.READY
    if result.probe.kind is not ProbeKind.CALL and result.failure.kind is FailureKind.PERMISSION_DENIED:
        return None  # the key is known, and may still be good for what matters
    return _READINESS.get(class_of(result.failure.kind))


def word(result: ProbeResult) -> str:
    """The readiness, or the kind of the failure: the `result` of the metric."""
    ready = readiness(result)
    if ready is not None:
        return ready.value
    return "" if result.failure is None else result.failure.kind.value


def _cheapest(route: Route) -> tuple[bool, int, str]:
    """By output price, unknown ones last."""
    price = route.prices.output
    return price is None, 0 if price is None else price.pico_per_token, route.id


def _spoken(route: Route, profile: ProviderProfile) -> list[Dialect]:
    return [dialect for dialect in profile.endpoints if dialect in route.dialects]


def _beside(path: str, endpoints: Mapping[Dialect, Endpoint]) -> Dialect:
    """The dialect under whose path another one lies: Google lists its models twice, with a key sent in two ways."""
    parts = path.split("/")

    def shared(dialect: Dialect) -> int:
        other = endpoints[dialect].path.split("/")
        return next((at for at, (a, b) in enumerate(zip(parts, other, strict=False)) if a != b), len(parts))

    return max(endpoints, key=shared)
