"""What is particular about a provider, as data. One `ProviderProfile` per file of `gate/providers/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import quote

from gate.core.allowance import AllowanceKind
from gate.core.dialect import Dialect
from gate.core.loss import Use
from gate.core.route import RouteType


class Propagate(StrEnum):
    """Which trace headers a provider is sent: none, Gate's own traceparent, or traceparent + tracestate + baggage."""

    NONE = "none"
    TRACEPARENT = "traceparent"
    FULL = "full"


class AuthStyle(StrEnum):
    """How a key is sent: `Authorization: Bearer KEY`, `x-api-key: KEY`, `x-goog-api-key: KEY`, `api-key: KEY`, or not
    at all. aws_sigv4: each request is signed with AWS credentials; google_oauth: an access token of Google's. Where a
    key is configured for one of these two it is sent as a bearer token instead."""

    BEARER = "bearer"
    X_API_KEY = "x-api-key"
    X_GOOG_API_KEY = "x-goog-api-key"
    API_KEY = "api-key"
    AWS_SIGV4 = "aws_sigv4"
    GOOGLE_OAUTH = "google_oauth"
    NONE = "none"

    @property
    def package(self) -> tuple[str, str] | None:
        """The module such credentials need and the extra of Gate's package that brings it; None where none is."""
        return _PACKAGES.get(self)


_PACKAGES = {AuthStyle.AWS_SIGV4: ("botocore", "bedrock"), AuthStyle.GOOGLE_OAUTH: ("google.auth", "vertex")}


class Framing(StrEnum):
    """What a streamed answer is cut into: server-sent events, or AWS's binary frames with an event in each."""

    SSE = "sse"
    AWS_EVENT_STREAM = "aws_event_stream"


@dataclass(frozen=True, slots=True)
class Envelope:
    """How the API of a host differs from the dialect of the vendor whose models it hosts. Everything else of a body
    passes byte for byte.

    drops: members of the body that the host does not take (they are in the path). adds: members it wants, as JSON text.
    count_drops: instead of `drops` where tokens are counted. header_drops: request headers (lower case) that mean
    nothing there; header_adds: put in their place. betas: the `anthropic-beta` values it is told of, as shell patterns;
    the others are left out, for hosts refuse a whole request for one they do not know. None: nothing is done about
    them. betas_in_body: they go into the body as `anthropic_beta`. query: whether the client's query string passes.
    framing: of streamed answers. wraps_count: the body for counting tokens is AWS's `CountTokens` request around the
    model's own, and so is the answer. rewords_errors: errors come in the host's shape and are put into the vendor's.
    """

    drops: frozenset[str] = frozenset()
    adds: tuple[tuple[str, str], ...] = ()
    count_drops: frozenset[str] = frozenset()
    header_drops: frozenset[str] = frozenset()
    header_adds: tuple[tuple[str, str], ...] = ()
    betas: tuple[str, ...] | None = None
    betas_in_body: bool = False
    query: bool = True
    framing: Framing = Framing.SSE
    wraps_count: bool = False
    rewords_errors: bool = False


PLAIN = Envelope()


@dataclass(frozen=True, slots=True)
class Quirks:
    """How a provider's spelling of a dialect differs from the dialect's own vendor; read by encoders and decoders of
    translated requests, never on the raw lane. The defaults are the vendor's own behaviour.

    cannot: uses the dialect could carry and this provider does not take. drops: names of wire members that are refused
    or ignored there and are left out, each a loss. max_tokens: the chat member for the output limit. system_role: the
    role for instructions in chat (`developer` or `system`). thinking_field: the chat member that holds a model's
    reasoning text in answers (`reasoning_content`, `reasoning`), None when it gives none. thinking_input: the same
    member is taken back in a request's history. effort: the chat and responses endpoints take a reasoning effort.
    efforts: the ones it takes, weakest first, in the dialect's words; the nearest is sent. Empty = all there are.
    stop_most: how many stop sequences are taken, None = no known bound. schema: which JSON Schema subset output formats
    and tools are held to (`full`, `openai_strict`, `gemini`). tool_id: pattern a tool call's id must match, None = any.
    reasoning_models: shell patterns of models that take no sampling parameters (matched in lower case).
    """

    cannot: frozenset[Use] = frozenset()
    drops: frozenset[str] = frozenset()
    max_tokens: str = "max_completion_tokens"
    system_role: str = "system"
    thinking_field: str | None = None
    thinking_input: bool = False
    effort: bool = True
    efforts: tuple[str, ...] = ()
    stop_most: int | None = None
    schema: str = "full"
    tool_id: str | None = None
    reasoning_models: tuple[str, ...] = ()


NO_QUIRKS = Quirks()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where and how a provider speaks one dialect.

    path: appended to the base URL (which has no final slash and no `/v1`), e.g. `/v1/messages`; `{model}` in it stands
    for the model's name, `{region}` and `{project}` for what is configured. stream_path: where streams are asked for,
    when that is another path; may carry a query. headers: sent unless the client sent one of that name (e.g.
    `anthropic-version`). source: the vendor's page. envelope: see there.
    """

    path: str
    auth: AuthStyle = AuthStyle.BEARER
    headers: tuple[tuple[str, str], ...] = ()
    count_tokens_path: str | None = None
    source: str = ""
    stream_path: str | None = None
    quirks: Quirks = NO_QUIRKS
    envelope: Envelope = PLAIN

    def path_for(self, model: str, *, stream: bool, counting: bool = False) -> str:
        """The path, and query if it has one, of one request. The model's name is percent-encoded as one segment, as
        the AWS SDKs do (`:` and `/` stand in their ids); `@`, which Google's ids have, stays."""
        path = self.stream_path if stream and self.stream_path is not None else self.path
        if counting and self.count_tokens_path is not None:
            path = self.count_tokens_path
        return path.replace("{model}", quote(model, safe="@")) if "{model}" in path else path


class ResetFormat(StrEnum):
    """How a provider writes when a limit is whole again. rfc3339: a time (`2026-11-21T12:41:00Z`). duration: in words
    (`6m0s`, `7.66s`, `17ms`). seconds: from now, with a fraction or without. epoch_s, epoch_ms: since 1970."""

    RFC3339 = "rfc3339"
    DURATION = "duration"
    SECONDS = "seconds"
    EPOCH_S = "epoch_s"
    EPOCH_MS = "epoch_ms"


@dataclass(frozen=True, slots=True)
class RateLimitHeaders:
    """Names of a provider's rate-limit response headers (lower case), None where it has none. tokens: input and output
    together. reset: how the resets are written."""

    requests_limit: str | None = None
    requests_remaining: str | None = None
    requests_reset: str | None = None
    tokens_limit: str | None = None
    tokens_remaining: str | None = None
    tokens_reset: str | None = None
    input_tokens_limit: str | None = None
    input_tokens_remaining: str | None = None
    input_tokens_reset: str | None = None
    output_tokens_limit: str | None = None
    output_tokens_remaining: str | None = None
    output_tokens_reset: str | None = None
    reset: ResetFormat = ResetFormat.SECONDS

    def rows(self) -> tuple[tuple[AllowanceKind, str | None, str | None, str | None], ...]:
        """What is limited, and the names for limit, remaining and reset."""
        return (
            (AllowanceKind.REQUESTS, self.requests_limit, self.requests_remaining, self.requests_reset),
            (AllowanceKind.TOKENS, self.tokens_limit, self.tokens_remaining, self.tokens_reset),
            (AllowanceKind.INPUT_TOKENS, self.input_tokens_limit, self.input_tokens_remaining, self.input_tokens_reset),
            (
                AllowanceKind.OUTPUT_TOKENS,
                self.output_tokens_limit,
                self.output_tokens_remaining,
                self.output_tokens_reset,
            ),
        )


NO_RATE_LIMITS = RateLimitHeaders()


@dataclass(frozen=True, slots=True)
class ProviderProfile:
    """One provider.

    name: its id in configuration and in route ids. gen_ai_name: value of `gen_ai.provider.name` (semantic conventions'
    well-known value where there is one). base_url: without a final slash; a base address given by the user is accepted
    with or without a final `/v1`; `{region}` and `{resource}` in it stand for what is configured. regions: other
    addresses for certain regions. signing_name: the service that requests are signed for (AWS). key_env /
    base_url_env: variables it is configured from. owns: the dialects whose own vendor it is (a client's own credential
    of that dialect is planned on this provider only). models_path: where it lists its models. probe_path: where a GET
    that costs nothing tells whether the key is good, None where the list of models does. key_hint: where to get a key.
    vendor: who made the models and reads back their opaque reasoning tokens (`anthropic`, `openai`, `google`), empty
    for the provider's own name. names: shell patterns (lower case) of the names of its own models, for those the
    catalog does not list. sources: pages the facts were read on, with dates.
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
    probe_path: str | None = None
    owns: frozenset[Dialect] = frozenset()
    rate_limits: RateLimitHeaders = NO_RATE_LIMITS
    propagate: Propagate = Propagate.NONE
    key_hint: str = ""
    vendor: str = ""
    names: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict[str, str])
    signing_name: str = ""
