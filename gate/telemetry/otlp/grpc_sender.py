"""OTLP over gRPC. grpcio is imported when this is chosen, and not before: it costs 20 MB and a tenth of a second.

The requests are encoded already, so the call takes and gives bytes. Codes that may be tried again:
https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response
"""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from gate import __version__
from gate.telemetry.otlp.reading import SettingsError
from gate.telemetry.otlp.sending import Result, Verdict, rejected_records, retry_delay
from gate.telemetry.otlp.settings import Signal, Target
from gate.telemetry.otlp.tls import pem_files

_METHODS = {
    Signal.TRACES: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    Signal.METRICS: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    Signal.LOGS: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
}
_RETRYABLE = frozenset({"CANCELLED", "DEADLINE_EXCEEDED", "ABORTED", "OUT_OF_RANGE", "UNAVAILABLE", "DATA_LOSS"})
_OPTIONS = [
    # Its own pauses between connection attempts grow to two minutes: a restarted collector would wait as long.
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5000),
    ("grpc.primary_user_agent", f"otelgate/{__version__}"),
]


class GrpcSender:
    """`sending.Sender`. Raises SettingsError when grpcio is missing and for TLS files that cannot be used.

    The channel is made in the thread that sends: gRPC does not survive a fork.
    """

    def __init__(self, target: Target) -> None:
        if find_spec("grpc") is None:
            raise SettingsError(
                "OTEL_EXPORTER_OTLP_PROTOCOL", "grpc needs the package grpcio: pip install 'otelgate[grpc]'"
            )
        self._target = target
        self._pem = pem_files(target) if target.secure else (None, None, None)
        self._metadata = target.headers
        self._channel: Any = None
        self._call: Any = None
        self._errors: type[Exception] = Exception
        self._aborted = False

    @property
    def address(self) -> str:
        return self._target.address

    def send(self, body: bytes, timeout_s: float) -> Result:
        if self._aborted:
            return Result(Verdict.FAILED, "ending")
        try:
            call = self._call or self._open()
            answer = call(body, timeout=timeout_s, metadata=self._metadata)
        except self._errors as error:
            return _judge(error)
        return Result(Verdict.SENT, rejected=rejected_records(answer))

    def abort(self) -> None:
        self._aborted = True
        channel, self._channel = self._channel, None
        if channel is not None:
            channel.close()

    def reset(self) -> None:
        self._channel = self._call = None

    def _open(self) -> Any:
        grpc: Any = import_module("grpc")
        target = self._target
        host = f"[{target.host}]" if ":" in target.host else target.host
        place = f"{host}:{target.port}"
        compression = grpc.Compression.Gzip if target.gzip else grpc.Compression.NoCompression
        if target.secure:
            roots, key, chain = self._pem
            credentials = grpc.ssl_channel_credentials(roots, key, chain)
            channel = grpc.secure_channel(place, credentials, _OPTIONS, compression)
        else:
            channel = grpc.insecure_channel(place, _OPTIONS, compression)
        # No serializers: bytes in, bytes out.
        self._call = channel.unary_unary(_METHODS[target.signal])
        self._errors = grpc.RpcError
        self._channel = channel
        return self._call


def _judge(error: Any) -> Result:
    """Of a `grpc.RpcError` that is also the finished call; anything else is a failure of its own kind."""
    status = getattr(error, "code", None)
    if status is None:
        return Result(Verdict.FAILED, type(error).__name__)
    code = str(status().name)
    delay = None
    for name, value in error.trailing_metadata() or ():
        if name == "grpc-status-details-bin":
            delay = retry_delay(value)
    why = f"grpc_{code.lower()}"
    # Out of resources is for ever, unless the collector says when to come again: it is also what a message beyond the
    # receiver's limit gets.
    if code in _RETRYABLE or (code == "RESOURCE_EXHAUSTED" and delay is not None):
        return Result(Verdict.RETRY, why, retry_after_s=delay, unreachable=code == "UNAVAILABLE")
    return Result(Verdict.REFUSED, why, too_large=code == "RESOURCE_EXHAUSTED")
