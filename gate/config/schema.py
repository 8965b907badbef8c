"""The configuration's shape. `gate schema` prints it as JSON Schema; the reference page is generated from it.

Every field has a default, so an empty file is a whole configuration. Unknown keys are refused.
"""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gate.admission.turns import SIGHTINGS
from gate.config.adapt import QuirksSection
from gate.config.clients import ClientRule
from gate.config.clouds import CloudSettings
from gate.config.objectives import Objective
from gate.config.routing_schema import RoutingSection
from gate.config.section import Section
from gate.config.state import StateSection
from gate.config.store import StoreSection
from gate.config.transformers import TransformerSection
from gate.core.dialect import Dialect
from gate.core.intent import OrderBy
from gate.core.lane import Cluster, Strategy
from gate.core.loss import Feature, Fidelity
from gate.core.profile import AuthStyle, Propagate
from gate.core.request import ClientProfile
from gate.core.route import Billing, RouteType

Seconds = Annotated[float, Field(gt=0, le=86_400)]
Positive = Annotated[int, Field(gt=0)]
Usd = Annotated[float, Field(ge=0)]


class Listen(Section):
    """Where Gate listens and how it stops."""

    host: str = Field(
        default="127.0.0.1", description="Address of the public listener; loopback unless told otherwise."
    )
    port: int = Field(default=4000, ge=0, le=65_535, description="Port of the public listener; 0 takes a free one.")
    admin: str | None = Field(
        default=None, description="HOST:PORT of a listener of its own for /metrics and /gate/v1/*."
    )
    path_prefix: str = Field(
        default="", pattern=r"^(/[^/]+)*$", description="Prefix that is stripped from request paths."
    )
    allow_anonymous: bool = Field(
        default=False, description="Serve clients without a key on an address that is not loopback."
    )
    workers: Positive = Field(default=1, description="Worker processes.")
    drain_timeout_s: Seconds = Field(default=30, description="On SIGTERM, streams may run on for so long.")


class Key(Section):
    """A key that Gate accepts. Give `hash` (from `gate key`), or `key` as ${VARIABLE} or file:PATH."""

    name: str = Field(min_length=1, max_length=64, description="Shown on spans; the key itself never is.")
    hash: str | None = Field(default=None, pattern=r"^sha256:[0-9a-f]{64}$", description="SHA-256 of the key.")
    key: str | None = Field(default=None, description="The key itself, only as ${VARIABLE} or file:PATH.")


class Keys(Section):
    """Who may use Gate."""

    clients: tuple[Key, ...] = Field(default=(), description="Keys of clients. Without any, only loopback is served.")
    admin: tuple[Key, ...] = Field(default=(), description="Keys for /metrics and /gate/v1/* on a public listener.")


class Pool(Section):
    """Connections to one provider from one worker."""

    max_connections: Positive | None = Field(default=1_000, description="null: no bound.")
    max_idle: Positive = 100
    idle_s: Seconds = 50


class Provider(CloudSettings):
    """One provider. A name Gate knows (`gate providers`) brings its address, dialects and key variable along."""

    kind: str | None = Field(
        default=None, description="A known provider's name, or `compatible`. Default: the entry's own name."
    )
    base_url: str | None = Field(default=None, pattern=r"^https?://", description="With or without a final /v1.")
    key: str | None = Field(
        default=None, description="As ${VARIABLE} or file:PATH. Default: the provider's usual variable."
    )
    dialects: tuple[Dialect, ...] | None = Field(default=None, description="Only these dialects of the provider.")
    paths: dict[Dialect, str] = Field(
        default={}, description="Where a dialect is, if not at its kind's path; {model} stands for the model's name."
    )
    auth: AuthStyle | None = Field(default=None, description="How the key is sent, if not as its kind does.")
    vendor: str | None = Field(
        default=None, description="Whose opaque reasoning tokens it takes back: anthropic, openai or google."
    )
    quirks: QuirksSection = QuirksSection()
    transformers: tuple[TransformerSection, ...] = Field(
        default=(), description="Change its requests and answers, in this order."
    )
    propagate: Propagate | None = Field(default=None, description="Trace headers it is sent.")
    headers: dict[str, str] = Field(default_factory=dict, description="Sent with every request.")
    ca_file: str | None = Field(default=None, description="PEM file with a private CA, beside the usual ones.")
    pool: Pool = Pool()
    catalog: bool = Field(default=True, description="Use the shipped catalog's models of this kind.")
    enabled: bool = True


def _called_price(value: object) -> object:
    return Strategy.PRICE if value == "cheapest" else value


class LaneSection(Section):
    """A class of interchangeable quality. Of a lane that the shipped catalog has, only what is to be different."""

    family: str = "custom"
    cluster: Cluster | None = Field(default=None, description="Needed for a lane that the catalog does not have.")
    degrade_to: tuple[str, ...] = ()
    upgrade_to: tuple[str, ...] = ()
    tool_use: bool | None = None
    strategy: Annotated[
        Strategy, BeforeValidator(_called_price, json_schema_input_type=Strategy | Literal["cheapest"])
    ] = Field(default=Strategy.PRICE, description="How its routes take turns; `cheapest` is another word for `price`.")


class PriceSection(Section):
    """USD per million tokens; what is left out is unknown, not zero."""

    input: Usd | None = None
    output: Usd | None = None
    cache_read: Usd | None = None
    cache_write_5m: Usd | None = None
    cache_write_1h: Usd | None = None


class CapabilitiesSection(Section):
    """What the model can do; what is left out is unknown and excludes nothing."""

    tools: bool | None = None
    images: bool | None = None
    thinking: bool | None = None
    streaming: bool | None = None
    json_schema: bool | None = None


class RouteSection(Section):
    """One way to reach a lane, beside those of the catalog (or instead of one, when the id is the same)."""

    provider: str
    model: str = Field(description="The name sent upstream.")
    lane: str
    id: str | None = Field(default=None, description="Default: PROVIDER/MODEL.")
    type: RouteType | None = None
    billing: Billing = Billing.METERED
    account: str = "default"
    region: str | None = None
    quota_group: str = Field(
        default="",
        description="Routes that name the same one share its rate limits and its quota. Default: the account's routes "
        "share a used-up quota; each has rate limits of its own.",
    )
    priority: int = Field(default=0, description="Lower first, in lanes whose strategy is `priority`.")
    weight: float = Field(
        default=1.0,
        ge=0,
        le=1_000_000,
        description="Its share, in lanes whose strategy is `weighted`; 0: only when the others are out.",
    )
    context_window: Positive | None = None
    max_output_tokens: Positive | None = None
    max_in_flight: Positive | None = None
    capabilities: CapabilitiesSection = CapabilitiesSection()
    price: PriceSection = PriceSection()
    transformers: tuple[TransformerSection, ...] = Field(default=(), description="Behind those of its provider.")


class IntentSection(Section):
    """A named wish: what is good enough, and where to go when none of it can serve."""

    start: tuple[str, ...] = Field(min_length=1, description="Lanes and clusters that are good enough.")
    degrade_to: tuple[str, ...] = ()
    upgrade_to: tuple[str, ...] = ()
    order_by: OrderBy = OrderBy.PRICE
    tool_use: bool = Field(default=False, description="Only lanes known for tool use.")
    premium: bool = Field(
        default=False, description="The intent asks for a premium lane, so that one is no escalation."
    )


class PolicySection(Section):
    """Weights of the score terms (lower wins) and bounds of a plan."""

    price: float = Field(default=1.0, ge=0, description="Per USD per million tokens, blended 3 input : 1 output.")
    latency: float = Field(default=0.001, ge=0, description="Per second of observed time to the first byte.")
    errors: float = Field(default=0.01, ge=0, description="Per unit of observed failure rate, 0 to 1.")
    headroom: float = Field(default=0.001, ge=0, description="Per unit of used headroom, 0 to 1.")
    allowance: float = Field(default=0.01, ge=0, description="Where little is left of an upstream's allowance.")
    unknown_price: float = Field(
        default=1_000.0, ge=0, description="USD per million assumed, for ordering, of unknown prices."
    )
    translation: float = Field(
        default=2_000.0,
        ge=0,
        description="For a route asked in another dialect: the default puts it behind all others, 0 goes by price.",
    )
    avoided_loss: float = Field(default=200.0, ge=0, description="For each feature lost that fidelity says to avoid.")
    max_attempts: int = Field(default=4, ge=1, le=16)
    stickiness_s: float = Field(
        default=18_000,
        ge=0,
        le=604_800,
        description="A session stays at the route that served it until it was idle for so long; 0: it does not.",
    )
    hedge_after_s: Seconds | None = Field(
        default=None,
        description="An attempt that is silent for so long gets the next one of its lane beside it; null: never.",
    )
    fidelity: dict[Feature, Fidelity] = Field(
        default_factory=dict[Feature, Fidelity],
        description="What becomes of routes that would lose a feature in translation: allow, avoid or exclude.",
    )


class TimeoutsSection(Section):
    """Seconds."""

    connect_s: Seconds = 10
    first_byte_s: Seconds = Field(default=120, description="Until the head of a streamed answer.")
    whole_s: Seconds = Field(default=600, description="Until the head of an answer that does not stream.")
    idle_s: Seconds = Field(default=180, description="Between two reads of an answer.")
    total_s: Seconds = Field(default=900, description="Until the first content, over all attempts.")
    client_stall_s: Seconds = Field(default=60, description="A client that does not read.")
    body_s: Seconds = Field(default=60, description="Until a request's body is there.")


class StreamSection(Section):
    """Streams: when the held head goes out without content, and pings."""

    head_after_s: Seconds = 10
    ping_every_s: Seconds = 10
    event_bytes: Positive = Field(default=8 << 20, description="The longest SSE event that is held to go out whole.")


class LimitsSection(Section):
    """Sizes in bytes, counts per worker."""

    body_bytes: Positive = 32 << 20
    answer_bytes: Positive = 64 << 20
    error_bytes: Positive = 1 << 20
    in_flight: Positive = 1_000
    queue: int = Field(default=100, ge=0)
    queue_wait_s: Seconds = 5
    retry_after_s: Seconds = 2
    retry_wait_cap_s: Seconds = Field(
        default=5, description="Retry-After up to here is waited for; beyond, the client is told."
    )


class GuardSection(Section):
    """Stops a client that sends one turn of its conversation over and over. Counts per worker, or shared (`state`)."""

    enabled: bool = Field(default=True, description="Recognise repeated turns; false: do not even count them.")
    turns: int = Field(
        default=8, ge=2, le=SIGHTINGS, description="So many equal turns of a session pass within window_s; more do not."
    )
    window_s: Seconds = 10
    retry_after_s: Seconds = Field(default=5, description="Told to the client whose turn is refused.")
    slow: bool = Field(
        default=False, description="Hold repeated turns back, so far apart that they stay below the limit."
    )


class ProbesSection(Section):
    """Requests of Gate's own that find out whether providers answer. Each worker makes them; both kinds are off unless
    asked for, because they go to somebody else's servers, and the paid ones cost money."""

    free: bool = Field(
        default=False,
        description="List a provider's models (or count the tokens of one word): is it there, does it take the key?",
    )
    paid: bool = Field(
        default=False, description="Instead, ask its cheapest route for one token: the whole way, at a price."
    )
    every_s: float = Field(default=300, ge=5, le=86_400, description="Each provider is asked so often.")
    timeout_s: Seconds = Field(default=10, description="A probe that takes longer has failed.")


class BreakerSection(Section):
    """When a route is left alone."""

    failures: Positive = Field(default=5, description="So many failures in a row open the breaker.")
    window_s: Seconds = Field(default=60, description="The window in which the failure rate is counted.")
    rate: float = Field(default=0.3, gt=0, le=1, description="This share of failures in the window opens it as well.")
    min_calls: Positive = Field(default=10, description="The rate only counts from so many calls in the window on.")
    open_s: Seconds = Field(default=10, description="So long it stays open; doubles each time it was closed too soon.")
    open_per_s: float = Field(
        default=10, ge=0, description="At least so long for each second that the failed attempt took."
    )
    open_max_s: Seconds = 300
    proofs: Positive = Field(
        default=10, description="A route that failed in part has to answer so often in a row before it is used again."
    )
    cooldown_max_s: Seconds = Field(default=300, description="The longest Retry-After that is believed.")
    rate_limit_s: Seconds = Field(
        default=5, description="After a rate limit that named no time; doubles while it is met again at once."
    )
    rate_limit_max_s: Seconds = 60
    quota_s: Seconds = Field(
        default=60,
        description="An account without quota, unpaid, or with a refused key is left alone so long; doubles likewise.",
    )
    quota_max_s: Seconds = 3_600


class TelemetrySection(Section):
    """Gate's own part; exporters follow the standard OTEL_* variables."""

    decisions_kept: Positive = Field(default=1_000, description="Latest decisions kept in each worker.")
    slow_s: Seconds = Field(default=30, description="From here on a trace carries gate.sampling.keep.")
    expensive_usd: Usd = Field(default=0.5, description="From here on a trace carries gate.sampling.keep.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_requests: bool = Field(default=True, description="One log line per request.")
    propagate: Propagate | None = Field(
        default=None, description="For providers that say nothing themselves; GATE_PROPAGATE wins over it."
    )


class Config(Section):
    """A whole configuration."""

    listen: Listen = Listen()
    keys: Keys = Keys()
    providers: dict[str, Provider] = Field(default_factory=dict)
    lanes: dict[str, LaneSection] = Field(default_factory=dict)
    routes: tuple[RouteSection, ...] = ()
    intents: dict[str, IntentSection] = Field(default_factory=dict)
    models: dict[str, str] = Field(
        default_factory=dict, description="Model name (with `*`) -> intent, lane:NAME or provider/model."
    )
    clients: dict[ClientProfile, tuple[ClientRule, ...]] = Field(
        default={}, description="Client profile -> rules that recognise it, tried before the built-in ones."
    )
    routing: RoutingSection = RoutingSection()
    policy: PolicySection = PolicySection()
    timeouts: TimeoutsSection = TimeoutsSection()
    stream: StreamSection = StreamSection()
    limits: LimitsSection = LimitsSection()
    guard: GuardSection = GuardSection()
    breaker: BreakerSection = BreakerSection()
    probes: ProbesSection = ProbesSection()
    telemetry: TelemetrySection = TelemetrySection()
    shadow: str | None = Field(
        default=None,
        description="File, from beside this one, of a candidate configuration: it plans every request and serves none.",
    )
    store: StoreSection = StoreSection()
    state: StateSection = StateSection()
    objectives: tuple[Objective, ...] = Field(
        default=(), description="Service level objectives; `gate slo rules` writes their Prometheus rules."
    )
