"""One configuration, compiled for the engine: immutable, swapped whole on a reload, held by every request for its
life."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gate.admission.keys import KeyRing
from gate.admission.limits import RoomLimits
from gate.admission.profiles import DEFAULT_PROFILES, Profiles
from gate.admission.turns import DEFAULT_GUARD, GuardSettings
from gate.core.profile import Propagate, ProviderProfile
from gate.core.request import RequestFeatures
from gate.core.route import Route
from gate.core.secret import Secret
from gate.engine.matching import NO_MATCHING, Matching
from gate.health.breaker import BreakerSettings
from gate.health.probing import NO_PROBES, ProbeSettings
from gate.planner.inputs import World
from gate.protocols.transformers.chain import NO_CHAINS, Chains


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds. first_byte: until the head of a streamed answer. whole: until the head of an answer that does not stream
    (models answer those only when they have finished). total: until commit, over all attempts. client_stall: a client
    that does not read."""

    connect_s: float = 10.0
    first_byte_s: float = 120.0
    whole_s: float = 600.0
    idle_s: float = 180.0
    total_s: float = 900.0
    client_stall_s: float = 60.0
    body_s: float = 60.0


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """head_after_s: the response head is held for the first content event or so long (protocols.md, 7). ping_every_s:
    a silent stream gets a ping so often. event_bytes: the longest SSE event that is held to be forwarded whole."""

    head_after_s: float = 10.0
    ping_every_s: float = 10.0
    event_bytes: int = 8 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """body_bytes: largest request body, decoded. answer_bytes: largest answer that is read whole. in_flight: requests
    at once per worker; queue: more may wait up to queue_wait_s; beyond that an overload answer with retry_after_s."""

    body_bytes: int = 32 << 20
    answer_bytes: int = 64 << 20
    error_bytes: int = 1 << 20
    in_flight: int = 1_000
    queue: int = 100
    queue_wait_s: float = 5.0
    retry_after_s: float = 2.0

    @property
    def room(self) -> RoomLimits:
        return RoomLimits(self.in_flight, self.queue)


@dataclass(frozen=True, slots=True)
class PoolSettings:
    """Connections to one provider from one worker. max_connections: None = no bound."""

    max_connections: int | None = 1_000
    max_idle: int = 100
    idle_s: float = 50.0


@dataclass(frozen=True, slots=True)
class CloudAccount:
    """Whose credentials a cloud is asked with. region: requests are signed for it. profile: of the AWS configuration
    files, None = AWS's default chain. credentials_file: a Google credentials file, None = Google's default ones."""

    region: str = ""
    profile: str | None = None
    credentials_file: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """How one configured provider is reached. base_url: without final slash and without a final `/v1`.

    key: None for providers that need none and for those only a client's own credential reaches. account: for
    providers that are authorized otherwise than by a key.
    """

    profile: ProviderProfile
    base_url: str
    key: Secret | None = None
    propagate: Propagate = Propagate.NONE
    headers: tuple[tuple[str, str], ...] = ()
    ca_file: str | None = None
    pool: PoolSettings = field(default_factory=PoolSettings)
    simulated: bool = False
    account: CloudAccount = CloudAccount()


@dataclass(frozen=True, slots=True)
class TelemetrySettings:
    """decisions_kept: size of each worker's ring. slow_s, expensive_usd: from here on a trace carries the keep hint."""

    decisions_kept: int = 1_000
    slow_s: float = 30.0
    expensive_usd: float = 0.5
    log_level: str = "INFO"
    log_requests: bool = True


@dataclass(frozen=True, slots=True)
class StateSettings:
    """The Redis through which replicas share. url: may hold a password. place: the address as it may be shown.
    database: its number there. prefix: begins all names. user: of the access control list. password: wherever it was
    given. ca_file: PEM file with a private CA."""

    url: Secret
    place: str
    database: int = 0
    prefix: str = "gate"
    user: str | None = None
    password: Secret | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where decisions are kept beside memory. path: the SQLite file, None for memory only. by_default: nobody named
    it, so that memory will do where it cannot be written or there is no home. keep_days, keep_decisions, max_bytes:
    beyond any of them the oldest are removed."""

    path: Path | None = None
    by_default: bool = False
    keep_days: float = 30.0
    keep_decisions: int = 50_000
    max_bytes: int = 512 << 20


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a request needs to know of the configuration.

    version: short hash of the configuration's meaning, on every span. client_keys / admin_keys: empty rings mean no key
    is asked for. routes: the world's, by id. allow_anonymous: no client key needed on a public listener. path_prefix:
    stripped from request paths. profiles: how clients are recognised. matching: what routing rules ask of texts and
    headers. publish: model ids that `GET /v1/models` lists -> display name. state: what replicas share goes there,
    None where nothing is shared. shadow: a candidate configuration that plans along, from `shadow_file`.
    """

    version: str
    world: World
    simulated: World | None
    routes: Mapping[str, Route]
    targets: Mapping[str, Target]
    timeouts: Timeouts
    stream: StreamSettings
    limits: Limits
    breaker: BreakerSettings
    telemetry: TelemetrySettings
    client_keys: KeyRing
    admin_keys: KeyRing
    allow_anonymous: bool = False
    path_prefix: str = ""
    publish: Mapping[str, str] = field(default_factory=dict[str, str])
    retry_wait_cap_s: float = 5.0
    profiles: Profiles = DEFAULT_PROFILES
    matching: Matching = NO_MATCHING
    transformers: Chains = NO_CHAINS
    store: StoreSettings = StoreSettings()
    guard: GuardSettings = DEFAULT_GUARD
    state: StateSettings | None = None
    shadow: "Snapshot | None" = None
    shadow_file: Path | None = None
    probes: ProbeSettings = NO_PROBES

    def world_for(self, features: RequestFeatures) -> World:
        """What a request is planned in: the simulated provider's world where there is no key at all, unless the client
        brought a credential of its own."""
        return self.world if self.simulated is None or features.own_credential else self.simulated
