"""What is particular about a provider, as data. One `ProviderProfile` per file of `gate/providers/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gate.core.dialect import Dialect
from gate.core.route import RouteType


class Propagate(StrEnum):
    """Which trace headers a provider is sent: none, Gate's own traceparent, or traceparent + tracestate + baggage."""

    NONE = "none"
    TRACEPARENT = "traceparent"
    FULL = "full"


class AuthStyle(StrEnum):
    """How a key is sent: `Authorization: Bearer KEY`, `x-api-key: KEY`, `x-goog-api-key: KEY`, or not at all."""

    BEARER = "bearer"
    X_API_KEY = "x-api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how a provider speaks one dialect.

    path: appended to the base URL (which has no final slash and no `/v1`), e.g. `/v1/messages`.
    headers: sent unless the client sent one of that name (e.g. `anthropic-version`). source: the vendor's page.
    """

    path: str
    auth: AuthStyle = AuthStyle.BEARER
    headers: tuple[tuple[str, str], ...] = ()
    count_tokens_path: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """Names of a provider's rate-limit response headers (lower case), None where it has none."""

    requests_limit: str | None = None
    requests_remaining: str | None = None
    requests_reset: str | None = None
    tokens_limit: str | None = None
    tokens_remaining: str | None = None
    tokens_reset: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """One provider.

    name: its id in configuration and in route ids. gen_ai_name: value of `gen_ai.provider.name` (semantic conventions'
    well-known value where there is one). base_url: without a final slash; a base address given by the user is accepted
    with or without a final `/v1`. key_env / base_url_env: variables it is configured from. owns: the dialects whose
    own vendor it is (a client's own credential of that dialect is planned on this provider only). key_hint: where to
    get a key. sources: pages the facts were read on, with dates.
    """

    name: str
    title: str
    base_url: str
    endpoints: Mapping[Dialect, Endpoint]
    gen_ai_name: str
    key_env: str | None = None
    base_url_env: str | None = None
    route_type: RouteType = RouteType.DIRECT
    models_path: str | None = None
    owns: frozenset[Dialect] = frozenset()
    rate_limits: RateLimitHeaders = field(default_factory=RateLimitHeaders)
    propagate: Propagate = Propagate.NONE
    key_hint: str = ""
    sources: tuple[str, ...] = ()
