"""The standard OTEL_* variables as values: `otlp_settings(env)` is pure and total.

Promises: a value that cannot be understood is a `SettingsError` that names the variable and what it accepts, never a
silent default; header values and anything else that may be a credential are in no message and no repr.

Sources: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ and
https://opentelemetry.io/docs/specs/otel/protocol/exporter/ (durations are milliseconds there, also the timeouts).
Unlike the SDK, Gate exports nothing by default: traces go out when an endpoint is configured or
`OTEL_TRACES_EXPORTER=otlp` was said, metrics and logs only when their exporter variable says `otlp`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import unquote, urlsplit

from gate.telemetry.otlp.reading import SettingsError, choices, flag, milliseconds, one_of, ratio, text, whole


class Signal(StrEnum):
    """What is exported; the value is the path segment of OTLP over HTTP."""

    TRACES = "traces"
    METRICS = "metrics"
    LOGS = "logs"


class Protocol(StrEnum):
    HTTP = "http/protobuf"
    GRPC = "grpc"


@dataclass(frozen=True, slots=True)
class Target:
    """Where one signal goes. timeout_s: for one attempt. query: without `?`. headers: in the order given; neither
    of the two is ever shown."""

    signal: Signal
    protocol: Protocol
    secure: bool
    host: str
    port: int
    path: str
    query: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    timeout_s: float = 10.0
    gzip: bool = False
    certificate: str | None = None
    client_key: str | None = None
    client_certificate: str | None = None

    @property
    def address(self) -> str:
        """For people: `http://127.0.0.1:4318/v1/traces`, for gRPC without the path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "https" if self.secure else "http"
        return f"{scheme}://{host}:{self.port}{self.path if self.protocol is Protocol.HTTP else ''}"


@dataclass(frozen=True, slots=True)
class Batching:
    """queue: records that may wait. batch: records of one request. delay_s: a shorter batch waits so long for more.
    budget_s: a batch is given up after so long, all its attempts together."""

    queue: int = 2048
    batch: int = 512
    delay_s: float = 5.0
    budget_s: float = 30.0


@dataclass(frozen=True, slots=True)
class OtlpSettings:
    """traces, metrics, logs: None when that signal is not exported over OTLP. sampler: one of `SAMPLERS`;
    sampler_ratio: 0 to 1, used by the two ratio samplers."""

    disabled: bool = False
    traces: Target | None = None
    metrics: Target | None = None
    logs: Target | None = None
    traces_console: bool = False
    logs_console: bool = False
    spans: Batching = Batching()
    records: Batching = Batching(delay_s=1.0)
    metric_interval_s: float = 60.0
    metric_budget_s: float = 30.0
    sampler: str = "parentbased_always_on"
    sampler_ratio: float = 1.0


SAMPLERS = (
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
)
_TRACES, _METRICS, _LOGS = "OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER"


def otlp_settings(env: Mapping[str, str]) -> OtlpSettings:
    """What the variables ask for. Raises SettingsError. With `OTEL_SDK_DISABLED=true` nothing else is read."""
    if flag(env, "OTEL_SDK_DISABLED"):
        return OtlpSettings(disabled=True)
    traces = choices(env, _TRACES, ("otlp", "none", "console"))
    metrics = choices(env, _METRICS, ("otlp", "none", "prometheus"))
    logs = choices(env, _LOGS, ("otlp", "none", "console"))
    if not traces and (text(env, "OTEL_EXPORTER_OTLP_ENDPOINT") or text(env, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        traces = frozenset({"otlp"})
    sampler = one_of(env, "OTEL_TRACES_SAMPLER", SAMPLERS, "parentbased_always_on")
    wanted = {Signal.TRACES: traces, Signal.METRICS: metrics, Signal.LOGS: logs}
    targets = {signal: _target(env, signal) for signal, names in wanted.items() if "otlp" in names}
    return OtlpSettings(
        traces=targets.get(Signal.TRACES),
        metrics=targets.get(Signal.METRICS),
        logs=targets.get(Signal.LOGS),
        traces_console="console" in traces,
        logs_console="console" in logs,
        spans=_batching(env, "OTEL_BSP", Batching()),
        records=_batching(env, "OTEL_BLRP", Batching(delay_s=1.0)),
        metric_interval_s=milliseconds(env, "OTEL_METRIC_EXPORT_INTERVAL", 60.0),
        metric_budget_s=milliseconds(env, "OTEL_METRIC_EXPORT_TIMEOUT", 30.0),
        sampler=sampler,
        sampler_ratio=ratio(env, "OTEL_TRACES_SAMPLER_ARG", 1.0) if sampler.endswith("ratio") else 1.0,
    )


def _batching(env: Mapping[str, str], prefix: str, default: Batching) -> Batching:
    queue_variable, batch_variable = f"{prefix}_MAX_QUEUE_SIZE", f"{prefix}_MAX_EXPORT_BATCH_SIZE"
    queue = whole(env, queue_variable, default.queue)
    batch = whole(env, batch_variable, min(default.batch, queue))
    if batch > queue:
        raise SettingsError(batch_variable, f"must not be larger than {queue_variable}, which is {queue}")
    return Batching(
        queue,
        batch,
        milliseconds(env, f"{prefix}_SCHEDULE_DELAY", default.delay_s),
        milliseconds(env, f"{prefix}_EXPORT_TIMEOUT", default.budget_s),
    )


def _target(env: Mapping[str, str], signal: Signal) -> Target:
    """The signal's own variable wins over the general one."""

    def variable(suffix: str) -> str:
        own = f"OTEL_EXPORTER_OTLP_{signal.upper()}_{suffix}"
        return own if text(env, own) else f"OTEL_EXPORTER_OTLP_{suffix}"

    protocol = Protocol(one_of(env, variable("PROTOCOL"), tuple(Protocol), Protocol.HTTP))
    endpoint = variable("ENDPOINT")
    grpc = protocol is Protocol.GRPC
    insecure = flag(env, variable("INSECURE"))
    secure, host, port, path, query = _endpoint(endpoint, text(env, endpoint), grpc=grpc, insecure=insecure)
    if not grpc and endpoint == "OTEL_EXPORTER_OTLP_ENDPOINT":
        if query:
            raise SettingsError(endpoint, "cannot end in ?..., because the signal's path is appended")
        path = f"{path.rstrip('/')}/v1/{signal}"
    return Target(
        signal=signal,
        protocol=protocol,
        secure=secure,
        host=host,
        port=port,
        path=path or "/",
        query=query,
        headers=_headers(variable("HEADERS"), text(env, variable("HEADERS")), lower=grpc),
        timeout_s=milliseconds(env, variable("TIMEOUT"), 10.0),
        gzip=one_of(env, variable("COMPRESSION"), ("gzip", "none"), "none") == "gzip",
        certificate=text(env, variable("CERTIFICATE")) or None,
        client_key=text(env, variable("CLIENT_KEY")) or None,
        client_certificate=text(env, variable("CLIENT_CERTIFICATE")) or None,
    )


def _endpoint(variable: str, value: str, *, grpc: bool, insecure: bool) -> tuple[bool, str, int, str, str]:
    """Whether TLS, host, port, path, query. The value is in no message: it may hold a credential."""
    accepted = "an address such as " + ("http://localhost:4317" if grpc else "http://localhost:4318")
    if not value:
        return False, "localhost", 4317 if grpc else 4318, "", ""
    if "://" not in value:
        if not grpc:
            raise SettingsError(variable, f"takes {accepted}, with http:// or https://")
        value = ("http://" if insecure else "https://") + value
    try:
        parts = urlsplit(value)
        port = parts.port
        host = parts.hostname
    except ValueError:
        raise SettingsError(variable, f"takes {accepted}; its port or host cannot be read") from None
    if parts.scheme not in ("http", "https") or not host:
        raise SettingsError(variable, f"takes {accepted}, with http:// or https:// and a host")
    if parts.username is not None or parts.password is not None:
        raise SettingsError(variable, "takes no user or password; put credentials in OTEL_EXPORTER_OTLP_HEADERS")
    if any(character <= " " or character >= "\x7f" for character in parts.path + parts.query):
        raise SettingsError(variable, f"takes {accepted}; characters beyond ASCII and spaces must be percent-encoded")
    secure = parts.scheme == "https"
    if port is None:
        port = 4317 if grpc else (443 if secure else 80)
    return secure, host, port, parts.path, parts.query


_TOKEN = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def _headers(variable: str, value: str, *, lower: bool) -> tuple[tuple[str, str], ...]:
    """`name=value,name2=value2`, values percent-decoded."""
    headers: list[tuple[str, str]] = []
    for number, member in enumerate(value.split(","), 1):
        if not member.strip():
            continue
        name, equals, content = member.partition("=")
        name, content = unquote(name.strip()), unquote(content.strip())
        if not equals or not name or not _TOKEN.issuperset(name):
            raise SettingsError(variable, f"takes name=value pairs between commas; pair {number} is none")
        if not content.isprintable() or not content.isascii():
            raise SettingsError(variable, f"pair {number} holds a character that a header may not")
        headers.append((name.lower() if lower else name, content))
    return tuple(headers)
